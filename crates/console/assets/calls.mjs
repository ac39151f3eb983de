// A call list (用工任务): whom a point might send, what each said on the
// phone, and the answer to the bureau.

import { Refused, read, readFresh } from "./api.mjs";
import { Sender, ask, box, button, choice, why } from "./ask.mjs";
import { excludedPart, forwardPart, standbyPart } from "./beside.mjs";
import { CallRow, OUTCOMES } from "./caller.mjs";
import { offer } from "./offer.mjs";
import { findPerson } from "./people.mjs";
import { deadline } from "./todo.mjs";
import { isLate, isOpen } from "./work.mjs";
import { el, number, say, t, word } from "./words.mjs";

const DECLINES = ["NOBODY_WILLING", "AWAY", "PAY", "SHIFT", "OTHER"];

export class CallList {
  constructor(desk, id) {
    this.desk = desk;
    this.id = id;
    this.path = `/v1/signals/${encodeURIComponent(id)}`;
    this.title = "calls.title";
    this.signal = null;
    this.rows = new Map();
    this.filter = "ALL";
    this.sender = new Sender(`${this.path}/answer`);
    this.build();
  }

  build() {
    this.heading = el("h1", { text: t("list.loading"), attributes: { tabindex: "-1" } });
    this.about = el("p", { className: "facts" });
    this.state = el("p", { className: "tags" });
    this.stale = el("p", { className: "notice slim", attributes: { role: "status" } });
    this.stale.hidden = true;
    this.late = el("p", { className: "notice slim" });
    this.late.hidden = true;
    this.done = el("div", { className: "result", attributes: { role: "status" } });
    this.done.hidden = true;
    this.terms = el("details", { className: "fold" });
    this.forward = el("details", { className: "fold" });
    this.filters = el("div", { className: "filters", attributes: { role: "group", "aria-label": t("calls.filter") } });
    this.list = el("ol", { className: "people" });
    this.none = el("p", { className: "notice" });
    this.standby = el("section", { attributes: { "aria-labelledby": "standby-title" } },
      el("h2", { attributes: { id: "standby-title" } }), el("ol", { className: "people" }));
    this.excluded = el("details", { className: "fold" });
    this.walkIn = el("p", { className: "walk-in" });
    this.tally = el("p", { className: "tally" });
    this.commitButton = button("", "main", () => this.commit(), { "data-act": "commit" });
    this.declineButton = button(t("calls.decline"), "quiet", () => this.decline(), { "data-act": "decline" });
    this.bar = el("div", { className: "action-bar" }, this.tally,
      el("div", { className: "actions" }, this.declineButton, this.commitButton));
    this.body = el("div", { className: "calls-body" },
      el("div", { className: "side" }, this.terms, this.forward),
      el("div", { className: "calls-main" }, this.filters, this.list, this.none, this.walkIn, this.standby, this.excluded));
    this.body.hidden = true;
    this.bar.hidden = true;
    this.root = el("section", { className: "calls" },
      el("p", {}, el("a", { className: "back", text: t("tab.todo"), attributes: { href: "#/todo" } })),
      el("header", { className: "view-head" }, el("div", {}, this.heading, this.about), this.state),
      this.late, this.stale, this.done, this.body, this.bar);
  }

  /** Reads the list once, with its names; afterwards only whether it has changed. */
  async refresh(city) {
    if (this.signal === undefined) return;
    if (!this.signal) await this.load();
    else if (this.position !== city.position) await this.compare(city);
    if (this.signal) this.drawHead();
  }

  async load() {
    try {
      const signal = await readFresh(this.path);
      this.vacancy = await readFresh(`/v1/vacancies/${encodeURIComponent(signal.vacancy)}`).catch((refused) => {
        if (refused instanceof Refused && refused.closed) return null;
        throw refused;
      });
      this.take(signal);
    } catch (refused) {
      if (!(refused instanceof Refused) || !refused.closed) throw refused;
      say(this.heading, refused.message);
      this.signal = undefined; // Not there: asking again would not help.
    }
  }

  /** Why not the list itself: each reading of names is recorded, and a page must not pile up records. */
  async compare(city) {
    const page = await read(`/v1/signals?vacancy=${encodeURIComponent(this.signal.vacancy)}&point=${encodeURIComponent(this.signal.point)}`);
    this.position = city.position;
    const now = page.items.find((one) => one.id === this.signal.id);
    if (!now) return;
    const same = ["quota", "committed", "state", "respondBy"].every((name) => now[name] === this.signal[name]);
    if (same) return;
    Object.assign(this.signal, { quota: now.quota, committed: now.committed, state: now.state, respondBy: now.respondBy });
    this.stale.hidden = false;
    this.stale.replaceChildren(el("span", { text: t("calls.changed") }),
      button(t("calls.reload"), "quiet", () => this.reload()));
    this.drawBar();
  }

  async reload() {
    try {
      await this.load();
    } catch (refused) {
      this.stale.hidden = false;
      this.stale.replaceChildren(el("span", { text: why(refused) }), button(t("line.retry"), "quiet", () => this.reload()));
    }
  }

  take(signal) {
    this.signal = signal;
    this.position = signal.position;
    this.stale.hidden = true;
    say(this.heading, signal.title);
    this.heading.lang = "zh-CN";
    const focused = document.activeElement?.closest?.("[data-card]")?.dataset.card;
    const before = this.rows;
    this.rows = new Map();
    for (const one of signal.candidates ?? []) this.addRow(one, before.get(one.card));
    for (const one of signal.walkIn ?? []) this.addRow({ ...one, walkIn: true }, before.get(one.card));
    this.list.replaceChildren(...[...this.rows.values()].map((row) => row.root));
    if (focused) this.rows.get(focused)?.root.querySelector("button, a")?.focus({ preventScroll: true });
    this.drawFolds();
    this.drawWalkIn();
    this.body.hidden = false;
    this.bar.hidden = false;
    this.drawHead();
    this.draw();
  }

  /** `before`: the row that the person had; what was not saved in it stays. */
  addRow(one, before) {
    const row = before?.unsaved ? before : new CallRow(one, {
      rank: one.walkIn ? 0 : this.rows.size + 1, path: `${this.path}/answer`, frozen: this.frozen,
      onSaid: () => this.draw(),
    });
    this.rows.set(one.card, row);
    return row;
  }

  /** Whether nothing can be said any more: a late answer still counts while the vacancy stands. */
  get frozen() {
    return this.desk.readsOnly || ["withdrawn", "lapsed"].includes(this.vacancy?.state);
  }

  // ---- What it shows ----

  drawHead() {
    const { signal, desk } = this;
    const elsewhere = signal.point === desk.me.party ? "" : t("calls.for", { point: signal.pointName });
    const other = signal.answeredBy && signal.answeredBy !== desk.me.party ? t("calls.answeredBy") : "";
    say(this.about, [signal.enterpriseName, elsewhere, other,
      t("calls.asked", { n: number(signal.quota) }), signal.neededBy && t("vacancy.neededBy", { date: signal.neededBy })]
      .filter(Boolean).join(" · "));
    const late = isOpen(signal) && isLate(signal.respondBy, desk.now);
    const drawn = JSON.stringify([signal.state, signal.respondBy, late, desk.now.slice(0, 16)]);
    if (this.state.dataset.drawn === drawn) return;
    this.state.dataset.drawn = drawn;
    this.late.hidden = isOpen(signal) || this.frozen || signal.state === "answered";
    say(this.late, t("calls.late", { state: word("signalState", signal.state) }));
    this.state.replaceChildren(
      el("span", { className: "state", text: word("signalState", signal.state), attributes: { "data-state": signal.state } }),
      ...(isOpen(signal) ? [deadline(signal.respondBy, desk.now)] : []));
  }

  drawFolds() {
    const { signal, vacancy } = this;
    this.terms.hidden = !vacancy;
    if (vacancy) {
      this.terms.replaceChildren(el("summary", { text: t("calls.terms") }), offer(vacancy.terms));
      // Why: beside the list where there is room, folded on a telephone.
      this.terms.open = matchMedia("(min-width: 900px)").matches;
    }
    this.forward.hidden = !signal.forwardText;
    if (signal.forwardText) this.forward.replaceChildren(...forwardPart(signal.forwardText));
    this.forward.open = this.terms.open;
    this.excluded.hidden = Object.keys(signal.excludedBy ?? {}).length === 0 && !signal.alsoFitting;
    this.excluded.replaceChildren(...excludedPart(signal, () => this.nameExcluded()));
    const { standby = [] } = signal;
    const [heading, list] = this.standby.children;
    this.standby.hidden = standby.length === 0;
    say(heading, t("calls.standby", { n: number(standby.length) }));
    list.replaceChildren(...standbyPart(standby, {
      path: `${this.path}/answer`, frozen: this.frozen, onLeft: () => this.reload(),
    }));
  }

  /** Also the names of those who are not on the list, with a record of their own. */
  async nameExcluded() {
    try {
      const { excluded } = await readFresh(`${this.path}?excluded_names=true`);
      Object.assign(this.signal, { excluded });
      this.excluded.replaceChildren(...excludedPart(this.signal, () => this.nameExcluded()));
      this.excluded.querySelector("summary").focus();
    } catch (refused) {
      this.desk.announce(why(refused));
    }
  }

  drawWalkIn() {
    if (this.frozen) return this.walkIn.replaceChildren();
    const add = button(t("calls.walkIn"), "quiet", () => this.addWalkIn(), { "data-act": "walk-in" });
    return this.walkIn.replaceChildren(add, el("small", { text: t("calls.walkIn.hint") }));
  }

  /** Counts, filters and the bar, after somebody said something. */
  draw() {
    const rows = [...this.rows.values()];
    const by = (outcome) => rows.filter((row) => !row.held && row.outcome === outcome).length;
    const chips = [["ALL", rows.length], ["", by("")], ...OUTCOMES.map((one) => [one, by(one)]), ["HELD", rows.filter((row) => row.held).length]];
    if (!chips.some(([name, n]) => name === this.filter && n)) this.filter = "ALL";
    const focused = this.filters.contains(document.activeElement) && document.activeElement.dataset.filter;
    this.filters.replaceChildren(...chips.filter(([name, n]) => n || name === "ALL").map(([name, n]) => button(
      t("calls.chip", { what: chipWord(name), n: number(n) }), "chip", () => {
        this.filter = name;
        this.draw();
      }, { "aria-pressed": String(name === this.filter), "data-filter": name })));
    if (focused !== false) this.filters.querySelector(`[data-filter="${focused}"]`)?.focus({ preventScroll: true });
    for (const row of rows) row.root.hidden = !this.shows(row);
    this.none.hidden = rows.length > 0;
    say(this.none, t("calls.nobody"));
    this.drawBar();
  }

  shows(row) {
    if (this.filter === "ALL") return true;
    if (this.filter === "HELD") return row.held;
    return !row.held && row.outcome === this.filter;
  }

  willing() {
    const waiting = new Set(this.signal.standby?.map((one) => one.card));
    return [...this.rows.values()].filter((row) => row.outcome === "WILLING" && !row.held && !waiting.has(row.card));
  }

  drawBar() {
    const { signal } = this;
    const n = this.willing().length;
    say(this.tally, t("calls.tally", { m: number(signal.committed), n: number(signal.quota) }));
    say(this.commitButton, n ? t("calls.commit", { n: number(n) }) : t("calls.commit.none"));
    this.commitButton.disabled = this.frozen || n === 0;
    this.declineButton.hidden = !isOpen(signal) || this.frozen;
    this.commitButton.hidden = this.desk.readsOnly;
  }

  // ---- What it does ----

  async commit() {
    const rows = this.willing();
    const n = rows.length;
    const seats = await this.freeSeats();
    const beyond = seats === null ? 0 : Math.max(0, n - seats);
    const receipt = await ask({
      title: t("calls.commit", { n: number(n) }),
      body: [
        el("ul", { className: "names", attributes: { lang: "zh-CN" } }, ...rows.map((row) => el("li", { text: row.name }))),
        ...(seats === null ? [] : [el("p", { text: t("calls.seats", { n: number(seats) }) })]),
        ...(beyond ? [el("p", { className: "warn", text: t("calls.beyond", { n: number(beyond) }) })] : []),
        el("p", { text: t("calls.commit.means") }),
        box(t("calls.complete"), "complete"),
      ],
      yes: t("calls.commit.yes"),
      act: ({ complete }) => this.sender.send({
        commit: { cards: rows.map((row) => row.card), ...(complete && { complete: true }) },
      }),
    });
    if (receipt) await this.answered(receipt, "commit");
  }

  /** Seats that nobody holds; null where the key may not know. */
  async freeSeats() {
    try {
      return (await readFresh(`/v1/vacancies/${encodeURIComponent(this.signal.vacancy)}`)).freeSeats;
    } catch (refused) {
      if (refused instanceof Refused) return null;
      throw refused;
    }
  }

  async decline() {
    const receipt = await ask({
      title: t("calls.decline.title"),
      body: [choice(t("calls.decline.why"), "reason", DECLINES.map((one) => [one, word("declineReason", one)]), "NOBODY_WILLING"),
        el("p", { text: t("calls.decline.means") })],
      yes: t("calls.decline"),
      act: ({ reason }) => this.sender.send({ decline: { reason } }),
    });
    if (receipt) await this.answered(receipt, "decline");
  }

  /** Says what came of an answer, and what comes next. */
  async answered(receipt, what) {
    this.desk.work.outdate();
    const committed = receipt.committed ?? 0;
    const standby = receipt.standby ?? 0;
    const said = what === "decline" ? t("calls.said.declined") : [
      t("calls.said.committed", { n: number(committed) }),
      ...(standby ? [t("calls.said.standby", { n: number(standby) })] : []),
    ].join(" ");
    this.done.hidden = false;
    this.done.replaceChildren(el("p", { text: said }),
      ...(committed ? [el("a", {
        className: "main", text: t("calls.toCoach"),
        attributes: { href: `#/travel/new/${encodeURIComponent(this.signal.vacancy)}` },
      })] : [el("a", { className: "quiet", text: t("tab.todo"), attributes: { href: "#/todo" } })]));
    await this.reload();
    this.done.scrollIntoView({ block: "nearest" });
  }

  async addWalkIn() {
    const person = await findPerson(this.desk, this.signal.point, [...this.rows.keys()]);
    if (!person) return;
    const row = this.addRow({ ...person, walkIn: true, reasons: [] });
    this.list.append(row.root);
    this.filter = "ALL";
    await row.say("WILLING");
    row.root.querySelector("[aria-pressed]")?.focus();
  }
}

function chipWord(name) {
  if (name === "ALL") return t("calls.all");
  if (name === "HELD") return t("calls.held");
  return name ? word("callOutcome", name) : t("calls.notCalled");
}
