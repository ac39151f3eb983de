// 待办: what waits for this party, the next deadline first.

import { readFresh } from "./api.mjs";
import { Line, Sender, ask, button, pastList } from "./ask.mjs";
import { nameOf, travellers } from "./people.mjs";
import { isLate, isOpen, pastSignals } from "./work.mjs";
import { dayTime, el, number, say, span, t, word } from "./words.mjs";

/** A deadline: when, and how long until then or since. */
export function deadline(moment, now) {
  const late = isLate(moment, now);
  const length = span(Math.abs(new Date(moment) - new Date(now)));
  return el("span", { className: late ? "when late" : "when" },
    el("time", { text: dayTime(moment, now), attributes: { datetime: moment } }),
    el("span", { text: t(late ? "todo.late" : "todo.left", { span: length }) }));
}

/** One thing to do: all of it is the link. */
function item({ href, name, about, tags = [], when, data = {} }) {
  return el("li", {}, el("a", { className: "item", attributes: { href, ...data } },
    el("span", { className: "item-text" },
      el("strong", { text: name, attributes: { lang: "zh-CN" } }), el("small", { text: about })),
    el("span", { className: "item-tags" }, ...tags.map(([state, text]) => el("span", {
      className: "state", text, attributes: { "data-state": state },
    }))),
    ...(when ? [when] : [])));
}

export function signalItem(signal, desk) {
  const late = isOpen(signal) && isLate(signal.respondBy, desk.now);
  const elsewhere = signal.point === desk.me.party ? "" : signal.pointName;
  return item({
    href: `#/signals/${encodeURIComponent(signal.id)}`,
    name: [signal.enterpriseName, signal.title].filter(Boolean).join(" · "),
    about: [elsewhere, t("todo.signal", { n: number(signal.quota), m: number(signal.committed) }),
      signal.neededBy && t("vacancy.neededBy", { date: signal.neededBy })].filter(Boolean).join(" · "),
    tags: [[signal.state, word("signalState", signal.state)], ...(late ? [["overdue", t("signals.overdue")]] : [])],
    when: isOpen(signal) ? deadline(signal.respondBy, desk.now) : undefined,
    data: { "data-signal": signal.id },
  });
}

export function dispatchItem(dispatch, desk) {
  const step = desk.work.step(dispatch);
  return item({
    href: `#/travel/${encodeURIComponent(dispatch.id)}`,
    name: dispatch.pointName || dispatch.point,
    about: [word("mode", dispatch.mode), dispatch.vehicle?.plate,
      t("dispatches.count", { n: number(dispatch.manifest.length) })].filter(Boolean).join(" · "),
    tags: [step ? ["waits", t(`step.${step}`)] : [dispatch.state, word("dispatchState", dispatch.state)]],
    when: dispatch.departsAt && (dispatch.state === "opened" || dispatch.state === "accepted")
      ? deadline(dispatch.departsAt, desk.now) : undefined,
    data: { "data-dispatch": dispatch.id },
  });
}

export class Todo {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.todo";
    this.heading = el("h1", { text: t("tab.todo"), attributes: { tabindex: "-1" } });
    this.counts = el("ul", { className: "counts" });
    this.next = el("div", { className: "next" });
    this.sections = el("div", { className: "sections" });
    this.rest = pastList(t("todo.over"), t("signals.none"), async () => (await pastSignals()).map((one) => signalItem(one, desk)));
    this.rest.hidden = !desk.work.isPoint;
    this.status = el("p", { className: "notice", text: t("list.loading") });
    this.root = el("section", { className: "todo" },
      el("header", { className: "view-head" }, this.heading), this.counts, this.next, this.status, this.sections, this.rest);
    this.drawn = "";
    if (desk.work.readAt) this.draw();
  }

  async refresh(city) {
    await this.desk.work.refresh(city);
    this.draw();
  }

  draw() {
    const { desk } = this;
    const { work } = desk;
    // Why the minute: how long is left changes although the log stands still.
    const drawn = JSON.stringify([work.position, desk.now.slice(0, 16)]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const parts = work.isPoint ? this.ofPoint() : this.ofEnterprise();
    const focused = document.activeElement?.closest?.("[data-signal], [data-dispatch]");
    this.drawCounts(parts);
    this.drawNext();
    this.sections.replaceChildren(...parts.filter((part) => part.rows.length).map((part) => this.section(part)));
    for (const name of ["data-signal", "data-dispatch"]) {
      const id = focused?.getAttribute(name);
      if (id) this.sections.querySelector(`[${name}="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
    }
    this.status.hidden = work.waiting() > 0;
    say(this.status, t("todo.none"));
  }

  ofPoint() {
    const { desk } = this;
    const { work } = desk;
    const signals = work.openSignals();
    const late = signals.filter((one) => isLate(one.respondBy, desk.now)).length;
    return [
      { key: "signals", n: signals.length, late, rows: signals.map((one) => signalItem(one, desk)) },
      { key: "questions", n: work.questions().length, rows: work.questions().map((one) => questionItem(one, desk)) },
      {
        key: "travel", n: work.loose.length + work.waitingDispatches().length,
        rows: [...work.loose.map((one) => looseItem(one, desk)), ...work.waitingDispatches().map((one) => dispatchItem(one, desk))],
      },
      {
        key: "visits", n: work.visits().length + work.grievances().length, href: "#/visits",
        rows: visitItems(work, desk),
      },
    ];
  }

  ofEnterprise() {
    const { desk } = this;
    const { work } = desk;
    return [
      { key: "questions", n: work.questions().length, rows: work.questions().map((one) => questionItem(one, desk)) },
      { key: "travel", n: work.waitingDispatches().length, rows: work.waitingDispatches().map((one) => dispatchItem(one, desk)) },
    ];
  }

  drawCounts(parts) {
    this.counts.replaceChildren(...parts.map(({ key, n, late }) => el("li", {
      className: n ? "" : "none", attributes: { "data-count": key },
    },
    el("b", { text: number(n) }), el("span", { text: t(`todo.${key}`) }),
    ...(late ? [el("em", { text: t("todo.lateCount", { n: number(late) }) })] : []))));
  }

  /** What is due next, whatever it is. */
  drawNext() {
    const { work, now } = this.desk;
    const due = [
      ...work.openSignals().map((one) => ({
        at: one.respondBy, href: `#/signals/${encodeURIComponent(one.id)}`,
        text: t("todo.next.signal", { title: one.title, n: number(Math.max(0, one.quota - one.committed)) }),
      })),
      ...work.waitingDispatches().filter((one) => one.departsAt && one.state === "accepted").map((one) => ({
        at: one.departsAt, href: `#/travel/${encodeURIComponent(one.id)}`,
        text: t("todo.next.dispatch", { n: number(one.manifest.length) }),
      })),
    ].sort((a, b) => a.at.localeCompare(b.at));
    const [first] = due;
    this.next.hidden = !first;
    if (!first) return;
    this.next.replaceChildren(el("a", { attributes: { href: first.href } },
      el("span", { className: "next-label", text: t("todo.next") }),
      el("strong", { text: first.text }), deadline(first.at, now)));
  }

  section({ key, rows }) {
    const id = `todo-${key}`;
    return el("section", { attributes: { "aria-labelledby": id } },
      el("h2", { text: t(`todo.${key}`), attributes: { id } }),
      el("ul", { className: "items" }, ...rows));
  }
}

export function looseItem(group, desk) {
  return item({
    href: `#/travel/new/${encodeURIComponent(group.vacancy)}`,
    name: [group.enterpriseName, group.title].filter(Boolean).join(" · "),
    about: t("todo.loose", { n: number(group.n) }),
    tags: [["waits", t("step.coach")]],
    when: group.expiresAt ? deadline(group.expiresAt, desk.now) : undefined,
    data: { "data-loose": group.vacancy },
  });
}

function visitItems(work, desk) {
  const [visits, grievances] = [work.visits(), work.grievances()];
  const row = (rows, key) => (rows.length ? [item({
    href: "#/visits", name: t(`todo.${key}`, { n: number(rows.length) }),
    about: t("todo.since", { time: dayTime(rows[0].openedAt, desk.now) }),
  })] : []);
  return [...row(visits, "visitsDue"), ...row(grievances, "grievances")];
}

/** A transfer, a correction or an erasure: answered where it stands. */
function questionItem(one, desk) {
  const line = new Line();
  const reply = async (agreed) => {
    // Why only now: reading names is recorded, and nobody reads them in passing.
    const names = await line.run(() => whom(one, desk), { said: () => "", again: () => reply(agreed) });
    if (!names) return;
    const yes = answerOf(one, agreed);
    const sender = new Sender(`/v1/cases/${encodeURIComponent(one.id)}/events`);
    const done = await ask({
      title: yes, yes,
      body: [el("p", { text: questionText(one) }),
        el("ul", { className: "names", attributes: { lang: "zh-CN" } }, ...names.map((text) => el("li", { text })))],
      act: () => sender.send({ reply: { agreed } }),
    });
    if (!done) return;
    desk.work.outdate();
    desk.announce(t("line.saved"));
    desk.look();
  };
  return el("li", { className: "item question", attributes: { "data-case": one.id } },
    el("span", { className: "item-text" },
      el("strong", { text: word("caseKind", one.kind) }), el("small", { text: questionText(one) }), line.root),
    ...(desk.readsOnly ? [] : [el("span", { className: "pair" },
      button(answerOf(one, true), "main", () => reply(true)),
      // Why: an erasure is carried out, and no question.
      ...(one.erasure ? [] : [button(answerOf(one, false), "quiet", () => reply(false))]))]));
}

function answerOf(one, agreed) {
  if (one.erasure) return t("question.erased");
  return t(agreed ? "question.yes" : "question.no");
}

/** The people whom a question is about. */
async function whom(one, desk) {
  if (one.erasure) return [nameOf({ card: one.card })];
  if (one.transfer) return [nameOf(await readFresh(`/v1/cases/${encodeURIComponent(one.id)}`))];
  const { dispatch } = one.correction;
  const named = await travellers(desk, dispatch, desk.work.dispatches.find(({ id }) => id === dispatch)?.state ?? "closed");
  return one.correction.cards.map((card) => nameOf({ ...named.get(card), card }));
}

function questionText(one) {
  if (one.transfer) {
    return t("question.transfer", { who: nameOf({ card: one.card }), point: one.transfer.toName || one.transfer.to });
  }
  if (one.erasure) {
    const { dispatches, outside, firm = "" } = one.erasure;
    const who = nameOf({ card: one.card });
    if (outside) return t("question.erasureOutside", { who, firm: `${word("recipientKind", outside)} ${firm}`.trim() });
    return t("question.erasure", { who, n: number(dispatches.length) });
  }
  const { cards, to, reason } = one.correction;
  return [one.enterpriseName, t("question.correction", {
    who: t("dispatches.count", { n: number(cards.length) }),
    person: word("personState", to.toLowerCase()), reason: word("correctionReason", reason),
  })].filter(Boolean).join(" · ");
}
