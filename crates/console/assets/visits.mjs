// 回访: people to be visited after they began work, and rights cases.

import { Line, Sender, ask, button, choice, field, select, values } from "./ask.mjs";
import { phone } from "./caller.mjs";
import { nameOf } from "./people.mjs";
import { deadline } from "./todo.mjs";
import { dayTime, el, number, say, t, word } from "./words.mjs";

const METHODS = ["PHONE", "VISIT", "OTHER"];
const OUTCOMES = ["REACHED", "NO_ANSWER", "WRONG_NUMBER", "REFUSED"];
const QUESTIONS = { atWork: "visits.atWork", paidOnTime: "visits.paidOnTime", insured: "visits.insured" };
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
    this.fill(this.due, work.visits(), (one) => new VisitRow(one, this));
    this.fill(this.grievances, work.grievances(), (one) => new GrievanceRow(one, this));
    this.status.hidden = this.rows.size > 0;
    say(this.status, t("visits.none"));
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
    for (const [id, row] of this.rows) if (!row.root.isConnected && !rows.includes(row) && list.contains(row.root)) this.rows.delete(id);
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

/** Who it is about, and where that person works. */
function head(one, desk, tags) {
  const name = nameOf(one);
  return [
    el("div", { className: "person-head" },
      el("p", { className: "person-name" }, el("strong", { text: name, attributes: { lang: "zh-CN" } }),
        ...tags.map(([state, text]) => el("span", { className: "state", text, attributes: { "data-state": state } }))),
      ...(one.phone ? [phone(one.phone, name)] : [])),
    el("p", { className: "reasons" }, el("span", {
      text: [one.enterpriseName, one.title].filter(Boolean).join(" · "), attributes: { lang: "zh-CN" },
    }), ...(one.dueBy ? [deadline(one.dueBy, desk.now)] : [el("span", { text: dayTime(one.openedAt, desk.now) })])),
  ];
}

class VisitRow {
  constructor(one, view) {
    this.one = one;
    this.view = view;
    this.sender = new Sender(eventsOf(one));
    this.line = new Line();
    const tags = [["waits", t("visits.day", { n: number(one.day) })],
      ...(one.attempts ? [["open", t("visits.attempts", { n: number(one.attempts) })]] : [])];
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
    this.root = el("li", { className: "person", attributes: { "data-case": one.id } }, ...head(one, view.desk, tags),
      ...(view.desk.readsOnly ? [] : [this.fold]));
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
    if (receipt) this.view.settled(t("visits.saved"));
  }

  async grieve() {
    const sender = new Sender("/v1/cases");
    const receipt = await ask({
      title: t("visits.grievance"), yes: t("visits.grievance.yes"),
      body: [select(t("visits.kind"), "kind", options("grievanceKind", KINDS), "WAGES"),
        field(t("visits.note"), { tag: "textarea", name: "note", rows: "3", maxlength: "500" })],
      act: ({ kind, note }) => sender.send({
        grievance: { card: this.one.card, kind, ...(note.trim() && { note: note.trim() }) },
      }),
    });
    if (receipt) this.view.settled(t("visits.grievance.said"));
  }
}

class GrievanceRow {
  constructor(one, view) {
    this.one = one;
    this.view = view;
    const tags = [["urgent", word("grievanceKind", one.grievance ?? one.subject ?? "")]];
    this.root = el("li", { className: "person", attributes: { "data-case": one.id } }, ...head(one, view.desk, tags),
      ...(one.note ? [el("p", { className: "note", text: one.note, attributes: { lang: "zh-CN" } })] : []),
      ...(view.desk.readsOnly ? [] : [el("p", { className: "actions" },
        button(t("visits.handOn"), "quiet", () => this.handOn(), { "data-act": "hand-on" }),
        button(t("visits.close"), "main", () => this.close(), { "data-act": "close" }))]));
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
