// One group on the way (派遣): the roll at the coach door for the point, the
// handover for the enterprise.

import { Refused, readFresh, save } from "./api.mjs";
import { Line, Sender, ask, button, choice, select } from "./ask.mjs";
import { openEvents } from "./events.mjs";
import { NAMED, findPerson, nameOf, travellers } from "./people.mjs";
import { Rider } from "./rider.mjs";
import { deadline } from "./todo.mjs";
import { serves } from "./work.mjs";
import { dayTime, el, number, say, t, word } from "./words.mjs";

const WAY = ["opened", "accepted", "departed", "arrived", "closed"];
const OVER = ["closed", "declined", "cancelled"];
const REFUSALS = ["NO_ID", "UNKNOWN", "NO_SEAT", "UNFIT", "OTHER"];
const CORRECTIONS = ["MISCLICK", "WRONG_PERSON", "LATE_NEWS", "OTHER"];
const ONBOARDING = ["ENTERPRISE_LIST", "INSURANCE_RECORD"];
const HANDOVER = ["HANDOVER", "ENTERPRISE_LIST"];
// For whom a point hands the manifest on.
const RECIPIENTS = ["carrier", "insurer", "enterprise"];
// What a record may be corrected to, by what it is; the rules stand in the gate.
const INSTEAD = {
  no_show: ["BOARDED", "HELD"], boarded: ["NO_SHOW", "HELD"], declined: ["BOARDED", "HELD", "NO_SHOW"],
  left_en_route: ["BOARDED", "ARRIVED"], arrived: ["LEFT_EN_ROUTE", "NO_SHOW"],
  onboarded: ["NOT_HIRED", "DECLINED", "ARRIVED"], not_hired: ["ONBOARDED", "DECLINED", "ARRIVED"],
};
// In this order people stand on the page: who must be looked at comes first.
const ORDER = ["held", "boarded", "arrived", "onboarded", "no_show", "declined", "not_hired", "left_en_route", "substituted", "returned", "transferred", "ended", "released"];

export class Trip {
  constructor(desk, id) {
    this.desk = desk;
    this.path = `/v1/dispatches/${encodeURIComponent(id)}`;
    this.events = `${this.path}/events`;
    this.title = "trip.title";
    this.dispatch = null;
    this.riders = new Map();
    this.sender = new Sender(this.events);
    this.line = new Line();
    this.build();
  }

  build() {
    this.heading = el("h1", { text: t("list.loading"), attributes: { tabindex: "-1" } });
    this.about = el("p", { className: "facts" });
    this.state = el("p", { className: "tags" });
    this.way = el("ol", { className: "steps", attributes: { "aria-label": t("trip.way") } });
    this.notes = el("ul", { className: "notes" });
    this.tools = el("div", { className: "tools-row" });
    this.manifests = el("details", { className: "fold" }, el("summary", { text: t("trip.manifests") }),
      el("p", { className: "tools-row" }, ...RECIPIENTS.map((one) => button(t(`manifest.${one}`), "quiet", () => this.download(one), { "data-manifest": one }))));
    this.manifests.hidden = true;
    this.tallies = el("p", { className: "tally", attributes: { role: "status" } });
    this.list = el("ol", { className: "people" });
    this.act = el("div", { className: "actions" });
    this.bar = el("div", { className: "action-bar" }, this.tallies, this.line.root, this.act);
    this.body = el("div", {}, this.way, this.notes, this.tools, this.list, this.manifests);
    this.body.hidden = true;
    this.bar.hidden = true;
    this.root = el("section", { className: "trip" },
      el("p", {}, el("a", { className: "back", text: t("tab.travel"), attributes: { href: "#/travel" } })),
      el("header", { className: "view-head" }, el("div", {}, this.heading, this.about), this.state),
      this.body, this.bar);
  }

  get isPoint() {
    return this.desk.me.kind === "SERVICE_POINT";
  }

  get isSettingOut() {
    return ["opened", "accepted"].includes(this.dispatch.state);
  }

  get isAlone() {
    return this.dispatch.mode === "ALONE";
  }

  /** Whether this desk speaks for the whole group. */
  get leads() {
    return this.desk.work.leads(this.dispatch);
  }

  async refresh(city) {
    if (this.dispatch === undefined) return;
    if (!this.dispatch) return this.load(city);
    if (this.position === city.position) return undefined;
    const now = await readFresh(this.path);
    this.position = city.position;
    // Why: reading names is recorded; who travels rarely changes. An
    // enterprise learns names with the acceptance.
    const strangers = now.manifest.some((one) => !this.riders.has(one.card));
    const accepted = !this.isPoint && now.state === "accepted" && this.dispatch.state === "opened";
    if (strangers || accepted) return this.load(city);
    if (now.sequence !== this.dispatch.sequence) this.take(now);
    else this.drawHead();
    return undefined;
  }

  async load(city) {
    try {
      const dispatch = await readFresh(this.path);
      this.named = await travellers(this.desk, dispatch.id, dispatch.state);
      // Why: it knows the groups with which this one could travel.
      await this.desk.work.refresh(city);
      this.position = city.position;
      this.take(dispatch);
    } catch (refused) {
      if (!(refused instanceof Refused) || !refused.closed) throw refused;
      say(this.heading, refused.message);
      this.dispatch = undefined;
    }
  }

  take(dispatch) {
    this.dispatch = dispatch;
    this.mixed = new Set(dispatch.manifest.map((one) => one.point)).size > 1;
    const place = (one) => ORDER.indexOf(one.state);
    const people = dispatch.manifest.map((one) => ({ ...this.named.get(one.card), ...one }));
    const fresh = people.filter((one) => !this.riders.has(one.card));
    for (const one of people) {
      if (this.riders.has(one.card)) this.riders.get(one.card).update(one);
      else this.riders.set(one.card, new Rider(one, this));
    }
    // Why only then: nobody should jump away under the finger of whoever calls the roll.
    if (fresh.length) {
      const sorted = [...this.riders.values()].sort((a, b) => place(a.one) - place(b.one)
        || a.one.point.localeCompare(b.one.point) || a.name.localeCompare(b.name, "zh-CN"));
      this.list.replaceChildren(...sorted.map((rider) => rider.root));
    }
    this.body.hidden = false;
    this.bar.hidden = false;
    this.draw();
  }

  /** Somebody was recorded here: shown at once, and read again with the next tick. */
  moved(cards, state) {
    this.desk.work.outdate();
    for (const one of this.dispatch.manifest) if (cards.includes(one.card)) one.state = state;
    for (const card of cards) {
      const rider = this.riders.get(card);
      rider?.update({ ...rider.one, state });
    }
    this.draw();
  }

  // ---- What may be done ----

  /** Whether this party records something about this person at all. */
  mayAct(one) {
    if (this.desk.readsOnly) return false;
    return !this.isPoint || this.leads || serves(this.desk.me.party, one.point);
  }

  mayCorrect(one) {
    if (this.desk.readsOnly || !INSTEAD[one.state]) return false;
    const ours = ["onboarded", "not_hired"].includes(one.state) ? !this.isPoint : this.isPoint;
    return ours && this.mayAct(one);
  }

  /** What the onboarding rests on, as the enterprise chose above. */
  evidence() {
    return this.tools.querySelector("select")?.value ?? ONBOARDING[0];
  }

  count(state) {
    return this.dispatch.manifest.filter((one) => one.state === state).length;
  }

  /** People in a state whom this party may record. */
  mine(state) {
    return this.dispatch.manifest.filter((one) => one.state === state && this.mayAct(one));
  }

  // ---- What it shows ----

  draw() {
    this.drawHead();
    this.drawWay();
    this.drawNotes();
    this.drawTools();
    this.drawBar();
  }

  drawHead() {
    const { dispatch, desk } = this;
    say(this.heading, dispatch.pointName || dispatch.point);
    this.heading.lang = "zh-CN";
    const { vehicle } = dispatch;
    say(this.about, [
      word("mode", dispatch.mode), vehicle?.plate, vehicle?.seats && t("trip.seats", { n: number(vehicle.seats) }),
      vehicle?.carrier, dispatch.departsAt && t("dispatches.departs", { time: dayTime(dispatch.departsAt, desk.now) }),
      dispatch.arrivesAt && t("trip.arrives", { time: dayTime(dispatch.arrivesAt, desk.now) }),
    ].filter(Boolean).join(" · "));
    const waits = dispatch.departsAt && this.isSettingOut;
    this.state.replaceChildren(
      el("button", {
        className: "state", text: word("dispatchState", dispatch.state),
        attributes: { type: "button", "data-state": dispatch.state, "aria-label": t("dispatches.history", { state: word("dispatchState", dispatch.state) }) },
        on: { click: () => openEvents({ url: `${this.path}/story`, title: t("dispatches.title.one", { point: dispatch.pointName }), about: this.about.textContent }) },
      }),
      ...(waits ? [deadline(dispatch.departsAt, desk.now)] : []));
  }

  drawWay() {
    const { state } = this.dispatch;
    const at = WAY.indexOf(state);
    this.way.hidden = at < 0;
    this.way.replaceChildren(...WAY.map((step, i) => el("li", {
      text: word("dispatchState", step), className: i < at ? "past" : "",
      attributes: i === at ? { "aria-current": "step" } : {},
    })));
  }

  /** Stops, warnings, people without an end, and groups to travel with. */
  drawNotes() {
    const { dispatch, desk } = this;
    const stops = dispatch.stops.length > 1 || dispatch.stops[0]?.serves?.length
      ? dispatch.stops.map((stop) => t("trip.stop", {
        time: stop.at ? dayTime(stop.at, desk.now) : "—",
        point: [this.pointName(stop.point), ...(stop.serves ?? []).map((one) => this.pointName(one))].join("、"),
      })) : [];
    this.notes.replaceChildren(
      ...stops.map((text) => el("li", { text, className: "stop" })),
      // What was to be looked at before the coach left is past.
      ...(this.isSettingOut ? dispatch.warnings ?? [] : []).map((one) => el("li", { text: word("travelWarning", one), className: "warn" })),
      ...(dispatch.chasedAt && dispatch.missing ? [el("li", { className: "warn", text: t("trip.missing", { n: number(dispatch.missing) }) })] : []),
      ...(dispatch.vacancyOver ? [el("li", { className: "warn", text: t("trip.vacancyOver") })] : []),
      ...(dispatch.proposed?.length ? [el("li", { text: t("trip.mayCome", { n: number(dispatch.proposed.length) }) })] : []),
      ...(dispatch.mayMergeInto ?? []).map((host) => this.proposal(host)),
      ...(dispatch.mergedInto ? [el("li", {}, el("a", {
        text: t("trip.mergedInto"), attributes: { href: `#/travel/${encodeURIComponent(dispatch.mergedInto)}` },
      }))] : []));
    this.notes.hidden = !this.notes.children.length;
  }

  pointName(point) {
    if (point === this.dispatch.point) return this.dispatch.pointName;
    const one = [...this.riders.values()].find((rider) => rider.one.point === point)?.one;
    return one?.pointName ?? point;
  }

  /** Another group with which this one could travel: its desk decides. */
  proposal(id) {
    const host = this.desk.work.dispatches.find((one) => one.id === id);
    const point = host?.pointName ?? "";
    const at = host?.departsAt ? dayTime(host.departsAt, this.desk.now) : "";
    const merge = async () => {
      const receipt = await ask({
        title: t("trip.merge"), body: [el("p", { text: t("trip.merge.means", { point }) })],
        yes: t("trip.merge"), act: () => this.sender.send({ merge: { into: id } }),
      });
      if (receipt) this.goOn(id);
    };
    return el("li", { className: "proposal", attributes: { "data-host": id } },
      el("span", { text: t("trip.proposal", { point, at, n: number((host?.riding ?? 0) + this.dispatch.riding) }) }),
      ...(this.desk.readsOnly || !this.leads ? [] : [button(t("trip.merge"), "main", merge, { "data-act": "merge" })]));
  }

  goOn(id) {
    this.desk.work.outdate();
    this.desk.go(`#/travel/${encodeURIComponent(id)}`);
  }

  drawTools() {
    const { state } = this.dispatch;
    const tools = [];
    if (!this.desk.readsOnly && this.isPoint && state === "accepted" && !this.isAlone) {
      if (this.mine("held").length > 1) tools.push(["board-all", button(t("trip.boardAll", { n: number(this.mine("held").length) }), "quiet", () => this.boardAll(), { "data-act": "board-all" })]);
      tools.push(["walk-in", button(t("trip.walkIn"), "quiet", () => this.walkIn(), { "data-act": "walk-in" })]);
      tools.push(["refuse", button(t("trip.refuse"), "quiet", () => this.refuse(), { "data-act": "refuse" })]);
    }
    if (!this.desk.readsOnly && !this.isPoint && state === "arrived" && this.count("arrived")) {
      tools.push(["evidence", select(t("trip.evidence"), "evidence", ONBOARDING.map((one) => [one, word("evidence", one)]), this.evidence())]);
      if (this.count("arrived") > 1) tools.push(["onboard-all", button(t("trip.onboardAll", { n: number(this.count("arrived")) }), "quiet", () => this.onboardAll(), { "data-act": "onboard-all" })]);
    }
    this.manifests.hidden = !this.leads || !NAMED.includes(state);
    const drawn = JSON.stringify([tools.map(([name]) => name), this.count("held"), this.count("arrived")]);
    if (this.tools.dataset.drawn === drawn) return;
    this.tools.dataset.drawn = drawn;
    this.tools.replaceChildren(...tools.map(([, tool]) => tool));
    this.tools.hidden = tools.length === 0;
  }

  drawBar() {
    const { dispatch } = this;
    const counts = new Map();
    for (const one of dispatch.manifest) counts.set(one.state, (counts.get(one.state) ?? 0) + 1);
    const told = [...counts].sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
      .map(([state, n]) => `${state === "held" && dispatch.state === "accepted" ? t("trip.toCall") : word("personState", state)} ${number(n)}`);
    if (dispatch.refused) told.push(`${t("trip.refused")} ${number(dispatch.refused)}`);
    say(this.tallies, told.join(" · "));
    const actions = this.steps();
    const drawn = JSON.stringify(actions.map(({ name, text, off }) => [name, text, off]));
    if (this.act.dataset.drawn === drawn) return;
    this.act.dataset.drawn = drawn;
    this.act.replaceChildren(...actions.map(({ name, text, kind, off, act }) => {
      const one = button(text, kind, act, { "data-act": name });
      one.disabled = Boolean(off);
      return one;
    }));
    this.bar.hidden = OVER.includes(dispatch.state) && !told.length;
  }

  /** The steps of the whole group that this party may take now. */
  steps() {
    const { state } = this.dispatch;
    if (this.desk.readsOnly) return [];
    if (this.isPoint) return this.leads ? this.stepsOfLead(state) : [];
    if (state === "opened") {
      return [
        { name: "refuse-group", text: t("trip.declineGroup"), kind: "quiet", act: () => this.move("DECLINED", t("trip.declineGroup"), t("trip.declineGroup.means")) },
        { name: "accept", text: t("trip.accept"), kind: "main", act: () => this.move("ACCEPTED", t("trip.accept"), t("trip.accept.means", { n: number(this.count("held")) })) },
      ];
    }
    if (state === "departed") return [{ name: "arrive", text: t("trip.arrive"), kind: "main", act: () => this.arrive() }];
    if (state === "arrived") return [{ name: "close", text: t("trip.close"), kind: "main", off: this.count("arrived") + this.count("boarded") + this.count("held") > 0, act: () => this.move("CLOSED", t("trip.close"), t("trip.close.means")) }];
    return [];
  }

  stepsOfLead(state) {
    const cancel = { name: "cancel", text: t("trip.cancel"), kind: "quiet", act: () => this.move("CANCELLED", t("trip.cancel"), t("trip.cancel.means")) };
    if (state === "opened") return [cancel];
    if (state !== "accepted") return [];
    // Why: who travels alone is not seen off.
    const held = this.isAlone ? 0 : this.count("held");
    const text = held ? t("trip.depart.wait", { n: number(held) }) : t("trip.depart");
    const nobody = !this.count("boarded") && !this.isAlone;
    return [cancel, { name: "depart", text, kind: "main", off: held > 0 || nobody, act: () => this.move("DEPARTED", t("trip.depart"), this.leaving()) }];
  }

  /** Who goes and who stays, before the coach leaves. */
  leaving() {
    const stays = ["no_show", "declined"].map((state) => [state, this.count(state)]).filter(([, n]) => n);
    return t("trip.depart.means", {
      n: number(this.count("boarded") + (this.isAlone ? this.count("held") : 0)),
      rest: stays.map(([state, n]) => `${word("personState", state)} ${number(n)}`).join(" · ") || t("trip.depart.all"),
    });
  }

  // ---- What it does ----

  async move(to, title, means, more = {}) {
    const receipt = await ask({
      title, body: [el("p", { text: means })], yes: title, act: () => this.sender.send({ move: to, ...more }),
    });
    if (receipt) this.after(receipt, title);
  }

  async arrive() {
    const receipt = await ask({
      title: t("trip.arrive"),
      body: [el("p", { text: t("trip.arrive.means", { n: number(this.count("boarded")) }) }),
        select(t("trip.evidence"), "evidence", HANDOVER.map((one) => [one, word("evidence", one)]), HANDOVER[0])],
      yes: t("trip.arrive"), act: ({ evidence }) => this.sender.send({ move: "ARRIVED", evidence }),
    });
    if (receipt) this.after(receipt, t("trip.arrive"));
  }

  /** What came of a step is said, and read. */
  after(receipt, what) {
    const warnings = (receipt.warnings ?? []).map((one) => word("travelWarning", one));
    this.desk.work.outdate();
    this.position = -1;
    this.line.say("saved", [receipt.waitsFor ? t("trip.waitsFor") : `${what}：${t("line.saved")}`, ...warnings].join(" · "));
    this.heading.focus({ preventScroll: true });
    this.desk.look();
  }

  /** All who were not called yet are on board. */
  async boardAll() {
    await this.everybody("held", "BOARDED", "ROLL_CALL", "trip.boardAll");
  }

  async onboardAll() {
    await this.everybody("arrived", "ONBOARDED", this.evidence(), "trip.onboardAll");
  }

  async everybody(from, to, evidence, key) {
    const rows = this.mine(from);
    const text = t(key, { n: number(rows.length) });
    const cards = rows.map((one) => one.card);
    const receipt = await ask({
      title: text, yes: text,
      body: [el("ul", { className: "names", attributes: { lang: "zh-CN" } }, ...rows.map((one) => el("li", { text: nameOf({ ...this.named.get(one.card), ...one }) })))],
      act: () => this.sender.send({ people: { cards, to, evidence } }),
    });
    if (receipt) this.moved(cards, to.toLowerCase());
  }

  /** The manifest for one recipient, as a workbook. */
  async download(recipient) {
    await this.line.run(() => save(`${this.path}/manifest?for=${recipient}&format=xlsx`, `${t(`manifest.${recipient}`)}.xlsx`), {
      said: () => t("manifest.saved"), again: () => this.download(recipient),
    });
  }

  /** Somebody who was not on the list gets on. */
  async walkIn() {
    const person = await findPerson(this.desk, this.desk.me.party, [...this.riders.keys()], {
      title: t("trip.walkIn"), yes: t("find.next"),
    });
    if (!person) return;
    const receipt = await this.line.run(() => this.sender.send({ walkIn: { cards: [person.card] } }), {
      said: () => t("trip.walkIn.said"),
    });
    if (receipt) this.after(receipt, t("trip.walkIn"));
  }

  async refuse() {
    const people = this.mine("held").map((one) => [one.card, nameOf({ ...this.named.get(one.card), ...one })]);
    const receipt = await ask({
      title: t("trip.refuse"),
      body: [choice(t("trip.refuse.why"), "reason", REFUSALS.map((one) => [one, word("boardingRefusal", one)]), "NO_ID"),
        select(t("trip.refuse.who"), "card", [["", t("trip.refuse.stranger")], ...people])],
      yes: t("trip.refuse"),
      act: ({ reason, card }) => this.sender.send({ refuseBoarding: { reason, ...(card && { card }) } }),
    });
    if (receipt) this.after(receipt, t("trip.refuse"));
  }

  async correct(rider) {
    const { one } = rider;
    const receipt = await ask({
      title: t("trip.correct.title", { name: rider.name, state: word("personState", one.state) }),
      body: [
        choice(t("trip.correct.to"), "to", INSTEAD[one.state].map((to) => [to, to === "HELD" ? t("trip.toCall") : word("personState", to.toLowerCase())]), INSTEAD[one.state][0]),
        choice(t("trip.correct.why"), "reason", CORRECTIONS.map((why) => [why, word("correctionReason", why)]), "MISCLICK"),
        el("p", { text: t("trip.correct.means") }),
      ],
      yes: t("trip.correct"),
      act: ({ to, reason }) => this.sender.send({ correct: { cards: [one.card], to, reason } }),
    });
    if (receipt) this.after(receipt, t("trip.correct"));
  }
}
