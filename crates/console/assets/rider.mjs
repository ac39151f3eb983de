// One person of a group: what can be recorded about them now.

import { Line, Sender, button } from "./ask.mjs";
import { flag, phone } from "./caller.mjs";
import { nameOf } from "./people.mjs";
import { el, t, word } from "./words.mjs";

// What a tap records, by who looks and how far the group is, and what it rests
// on; null: the enterprise says it in the field above.
const TAPS = {
  "SERVICE_POINT.accepted.held": [["BOARDED", "ROLL_CALL"], ["NO_SHOW", "ROLL_CALL"], ["DECLINED", "WORKER_CALL"]],
  "SERVICE_POINT.opened.held": [["DECLINED", "WORKER_CALL"]],
  "SERVICE_POINT.departed.boarded": [["LEFT_EN_ROUTE", "ATTENDANT"]],
  "SERVICE_POINT.arrived.arrived": [["ONBOARDED", "WORKER_CALL"], ["DECLINED", "WORKER_CALL"]],
  "ENTERPRISE.arrived.arrived": [["ONBOARDED", null], ["NOT_HIRED", "ENTERPRISE_NOTICE"], ["DECLINED", "ENTERPRISE_NOTICE"]],
};

// Who travels alone arrives alone, and is confirmed one by one.
const ALONE = { "ENTERPRISE.departed.boarded": [["ARRIVED", "HANDOVER"]] };

export class Rider {
  /** `trip`: the view it stands in. */
  constructor(one, trip) {
    this.one = one;
    this.trip = trip;
    this.name = nameOf(one);
    this.line = new Line();
    this.sender = new Sender(trip.events);
    const id = `rider-${one.card}`;
    this.state = el("span", { className: "state" });
    this.taps = el("div", { className: "outcomes taps", attributes: { role: "group", "aria-label": t("trip.tap", { name: this.name }) } });
    this.root = el("li", { className: "person", attributes: { "data-card": one.card, "aria-labelledby": id } },
      el("div", { className: "person-head" },
        el("p", { className: "person-name" }, el("strong", { text: this.name, attributes: { id, lang: "zh-CN" } }),
          ...(one.minor ? [flag("minor", t("flag.minor"))] : []), this.state),
        ...(one.phone ? [phone(one.phone, this.name)] : [])),
      ...(trip.mixed ? [el("p", { className: "reasons" }, el("span", { text: one.pointName ?? one.point }))] : []),
      this.taps, this.line.root);
    this.draw();
  }

  update(one) {
    this.one = one;
    this.draw();
  }

  draw() {
    const { one, trip } = this;
    this.root.dataset.state = one.state;
    this.state.dataset.state = one.state;
    this.state.textContent = word("personState", one.state);
    const step = `${trip.desk.me.kind}.${trip.dispatch.state}.${one.state}`;
    const taps = trip.mayAct(one) ? TAPS[step] ?? (trip.isAlone ? ALONE[step] : undefined) ?? [] : [];
    const fix = trip.mayCorrect(one) ? [button(t("trip.correct"), "quiet", () => trip.correct(this), { "data-act": "correct" })] : [];
    const drawn = JSON.stringify([taps, fix.length]);
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    const focused = this.taps.contains(document.activeElement);
    this.taps.replaceChildren(...taps.map(([to, evidence]) => button(word("personState", to.toLowerCase()), "tap",
      () => this.move(to, evidence ?? trip.evidence()), { "data-to": to })), ...fix);
    this.taps.hidden = !this.taps.children.length;
    // Why: whoever taps by keyboard stays at this person.
    if (focused) (this.taps.querySelector("button") ?? trip.heading).focus({ preventScroll: true });
  }

  async move(to, evidence) {
    const body = { people: { cards: [this.one.card], to, ...(evidence && { evidence }) } };
    const receipt = await this.line.run(() => this.sender.send(body), {
      said: () => t("line.saved"), again: () => this.move(to, evidence),
    });
    if (!receipt) return;
    this.trip.moved([this.one.card], to.toLowerCase());
  }
}
