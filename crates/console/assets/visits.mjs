// 回访: people to be visited after they began work, and rights cases.

import { Refused, readFresh } from "./api.mjs";
import { Line, Sender, ask, button, choice, field, select, values, why } from "./ask.mjs";
import { phone } from "./caller.mjs";
import { nameOf } from "./people.mjs";
import { dayTime, el, number, say, t, word } from "./words.mjs";

const METHODS = ["PHONE", "VISIT", "OTHER"];
const OUTCOMES = ["REACHED", "NO_ANSWER", "WRONG_NUMBER", "REFUSED"];
const QUESTIONS = { atWork: "visits.atWork", paidOnTime: "visits.paidOnTime", insured: "visits.insured" };
// What a visit finds wrong, and the kind of case that it is.
const QUESTIONS_WRONG = [["paidOnTime", "WAGES"], ["atWork", "CONTRACT"], ["insured", "INSURANCE"]];
const KINDS = ["WAGES", "CONTRACT", "INJURY", "HOURS", "LIVING", "INSURANCE", "OTHER"];
const ENDS = ["SETTLED", "WITHDRAWN", "ARBITRATION", "UNFOUNDED"];

const eventsOf = (one) => `/v1/cases/${encodeURIComponent(one.id)}/events`;
const options = (kind, names) => names.map((name) => [name, word(kind, name)]);

export class Visits {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.visits";
    this.rows = new Map();
    this.heading = el("h1", { text: t("tab.visits"), attributes: { tabindex: "-1" } });
    this.status = el("p", { className: "notice", text: t("list.loading") });
    this.due = part("visits.due");
    this.grievances = part("visits.grievances");
    this.root = el("section", {}, el("header", { className: "view-head" }, this.heading), this.status,
      el("div", { className: "sections" }, this.due.root, this.grievances.root));
  }

  async refresh(city) {
    await this.desk.work.refresh(city);
    if (this.readAt === this.desk.work.readAt) return;
    this.readAt = this.desk.work.readAt;
    this.draw();
  }

  /** Rows stay as they are while their case does: somebody may be writing in one. */
  draw() {
    const { work } = this.desk;
    const open = new Set(work.cases.map((one) => one.id));
    for (const id of this.rows.keys()) if (!open.has(id)) this.rows.delete(id);
    this.fill(this.due, work.visits(), (one) => new VisitRow(one, this));
    this.fill(this.grievances, work.grievances(), (one) => new GrievanceRow(one, this));
    this.status.hidden = this.due.list.children.length + this.grievances.list.children.length > 0;
    say(this.status, t("visits.none"));
    this.readNames();
  }

  /** Names and numbers, a few at a time, of those who stand on the page. */
  async readNames() {
    if (this.reading) return;
    this.reading = true;
    try {
      for (const row of this.rows.values()) {
        if (row.named || !row.root.isConnected) continue;
        const full = await row.head.read();
        row.named = true;
        row.read?.(full);
      }
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      this.desk.announce(why(refused));
    } finally {
      this.reading = false;
    }
  }

  fill({ root, list }, cases, make) {
    const rows = cases.map((one) => {
      const kept = this.rows.get(one.id);
      if (kept && kept.one.updatedAt === one.updatedAt) return kept;
      const row = make(one);
      this.rows.set(one.id, row);
      return row;
    });
    root.hidden = rows.length === 0;
    const same = rows.length === list.children.length && rows.every((row, i) => row.root === list.children[i]);
    if (!same) list.replaceChildren(...rows.map((row) => row.root));
  }

  settled(text) {
    this.desk.work.outdate();
    this.desk.announce(text);
    this.heading.focus({ preventScroll: true });
    this.desk.look();
  }
}

function part(title) {
  const id = title.replace(".", "-");
  const list = el("ul", { className: "people" });
  const root = el("section", { attributes: { "aria-labelledby": id } }, el("h2", { text: t(title), attributes: { id } }), list);
  root.hidden = true;
  return { root, list };
}

/** Who it is about, and where that person works; the name comes when it is read. */
class Head {
  constructor(one, desk, tags) {
    this.one = one;
    const post = desk.work.post(one);
    this.name = el("strong", { text: nameOf(one), attributes: { lang: "zh-CN", id: `case-${one.id}` } });
    this.head = el("div", { className: "person-head" },
      el("p", { className: "person-name" }, this.name,
        ...tags.map(([state, text]) => el("span", { className: "state", text, attributes: { "data-state": state } }))));
    this.about = el("p", { className: "reasons" },
      el("span", { text: [post.enterpriseName, post.title].filter(Boolean).join(" · "), attributes: { lang: "zh-CN" } }),
      el("span", { text: t("visits.since", { time: dayTime(one.openedAt, desk.now) }) }));
  }

  /** Reads name, number and what was written, once; with a record. */
  async read() {
    const full = await readFresh(`/v1/cases/${encodeURIComponent(this.one.id)}`);
    say(this.name, nameOf(full));
    if (full.phone && !this.head.querySelector(".phone")) this.head.append(phone(full.phone, nameOf(full)));
    return full;
  }
}

class VisitRow {
  constructor(one, view) {
    this.one = one;
    this.view = view;
    this.sender = new Sender(eventsOf(one));
    this.line = new Line();
    const { day, attempts } = one.followUp;
    this.head = new Head(one, view.desk, [["waits", t("visits.day", { n: number(day) })],
      ...(attempts ? [["open", t("visits.attempts", { n: number(attempts) })]] : [])]);
    this.form = el("form", {
      className: "visit", attributes: { autocomplete: "off" },
      on: {
        submit: (event) => {
          event.preventDefault();
          this.save();
        },
        change: () => this.draw(),
      },
    });
    this.fold = el("details", { className: "fold" }, el("summary", { text: t("visits.record") }), this.form);
    // Why only then: fields of a hundred people would be in the way of everybody.
    this.fold.addEventListener("toggle", () => this.fold.open && this.build(), { once: true });
    this.root = el("li", { className: "person", attributes: { "data-case": one.id, "aria-labelledby": `case-${one.id}` } },
      this.head.head, this.head.about, ...(view.desk.readsOnly ? [] : [this.fold]));
  }

  build() {
    this.answers = el("div", { className: "grid" }, ...Object.entries(QUESTIONS).map(([name, key]) => choice(t(key), name,
      [["YES", t("visits.yes")], ["NO", t("visits.no")], ["", t("visits.unsaid")]], "")));
    this.form.replaceChildren(
      choice(t("visits.method"), "method", options("visitMethod", METHODS), "PHONE"),
      choice(t("visits.outcome"), "outcome", options("visitOutcome", OUTCOMES), "REACHED"),
      this.answers,
      field(t("visits.note"), { tag: "textarea", name: "note", rows: "2", maxlength: "500" }),
      this.line.root,
      el("p", { className: "actions" },
        button(t("visits.grievance"), "quiet", () => this.grieve(), { "data-act": "grievance" }),
        el("button", { className: "main", text: t("visits.save"), attributes: { type: "submit" } })));
    this.draw();
  }

  draw() {
    this.answers.hidden = values(this.form).outcome !== "REACHED";
  }

  async save() {
    const held = values(this.form);
    const reached = held.outcome === "REACHED";
    const answers = Object.fromEntries(Object.keys(QUESTIONS).filter((name) => reached && held[name]).map((name) => [name, held[name]]));
    const note = held.note.trim();
    const receipt = await this.line.run(() => this.sender.send({
      attempt: { method: held.method, outcome: held.outcome, ...answers }, ...(note && { note }),
    }), { again: () => this.form.requestSubmit() });
    if (!receipt) return;
    // What is wrong at work is worth a case of its own, if the person wants it.
    const wrong = QUESTIONS_WRONG.find(([name]) => answers[name] === "NO")?.[1];
    if (wrong) await this.grieve(wrong, t("visits.grievance.offer"));
    this.view.settled(t("visits.saved"));
  }

  async grieve(kind = "WAGES", means = "") {
    const sender = new Sender("/v1/cases");
    const receipt = await ask({
      title: t("visits.grievance"), yes: t("visits.grievance.yes"),
      body: [...(means ? [el("p", { text: means })] : []), select(t("visits.kind"), "kind", options("grievanceKind", KINDS), kind),
        field(t("visits.note"), { tag: "textarea", name: "note", rows: "3", maxlength: "500" })],
      act: ({ kind: about, note }) => sender.send({
        grievance: { card: this.one.card, kind: about, ...(note.trim() && { note: note.trim() }) },
      }),
    });
    if (receipt && !means) this.view.settled(t("visits.grievance.said"));
  }
}

class GrievanceRow {
  constructor(one, view) {
    this.one = one;
    this.view = view;
    this.head = new Head(one, view.desk, [["urgent", word("grievanceKind", one.grievance.about)]]);
    this.notes = el("ul", { className: "case-notes", attributes: { lang: "zh-CN" } });
    this.root = el("li", { className: "person", attributes: { "data-case": one.id, "aria-labelledby": `case-${one.id}` } },
      this.head.head, this.head.about, this.notes,
      ...(view.desk.readsOnly ? [] : [el("p", { className: "actions" },
        button(t("visits.handOn"), "quiet", () => this.handOn(), { "data-act": "hand-on" }),
        button(t("visits.close"), "main", () => this.close(), { "data-act": "close" }))]));
  }

  /** What was written, with the day. */
  read(full) {
    const written = full.history.filter((step) => step.note);
    this.notes.replaceChildren(...written.map((step) => el("li", {},
      el("small", { text: dayTime(step.recordedAt, this.view.desk.now) }), el("span", { text: step.note }))));
  }

  async handOn() {
    const sender = new Sender(eventsOf(this.one));
    const receipt = await ask({
      title: t("visits.handOn"), yes: t("visits.handOn"),
      body: [el("p", { text: t("visits.handOn.means") }), noteField()],
      act: ({ note }) => sender.send({ handOn: { to: "operator" }, ...(note.trim() && { note: note.trim() }) }),
    });
    if (receipt) this.view.settled(t("line.saved"));
  }

  async close() {
    const sender = new Sender(eventsOf(this.one));
    const receipt = await ask({
      title: t("visits.close"), yes: t("visits.close"),
      body: [choice(t("visits.end"), "end", options("grievanceEnd", ENDS), "SETTLED"), noteField()],
      act: ({ end, note }) => sender.send({ close: { end }, ...(note.trim() && { note: note.trim() }) }),
    });
    if (receipt) this.view.settled(t("line.saved"));
  }
}

const noteField = () => field(t("visits.note"), { tag: "textarea", name: "note", rows: "3", maxlength: "500" });
