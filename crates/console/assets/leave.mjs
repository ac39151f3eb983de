// A group is put together: who travels, how, when, and where people get on.

import { Refused, readFresh, readList } from "./api.mjs";
import { Line, Sender, box, choice, field, values } from "./ask.mjs";
import { flag } from "./caller.mjs";
import { nameOf } from "./people.mjs";
import { dayTime, el, fromBeijing, number, say, t, toBeijing, word } from "./words.mjs";

const MODES = ["COACH", "ENTERPRISE_PICKUP", "TRAIN", "ALONE"];
const DRIVERS = 2;
const MORNING = "08:00";
// What stands for a vehicle of one's own among the groups that may be joined.
const OWN = "";

export class NewTrip {
  constructor(desk, vacancy) {
    this.desk = desk;
    this.vacancy = vacancy;
    this.title = "leave.title";
    this.line = new Line();
    this.people = null;
    this.heading = el("h1", { text: t("leave.title"), attributes: { tabindex: "-1" } });
    this.about = el("p", { className: "facts" });
    this.status = el("p", { className: "notice", text: t("list.loading") });
    this.form = el("form", { className: "sheet", attributes: { autocomplete: "off" }, on: {
      submit: (event) => {
        event.preventDefault();
        this.open();
      },
      change: () => this.draw(),
    } });
    this.form.hidden = true;
    this.root = el("section", {},
      el("p", {}, el("a", { className: "back", text: t("tab.travel"), attributes: { href: "#/travel" } })),
      el("header", { className: "view-head" }, el("div", {}, this.heading, this.about)), this.status, this.form);
  }

  /** Goes on with what was filled in. */
  adopt(before) {
    if (!before.people?.length) return;
    Object.assign(this, { people: before.people, hosts: before.hosts });
    say(this.about, before.about.textContent);
    this.build();
    const fields = [...this.form.elements];
    for (const old of before.form.elements) {
      const ticked = old.type === "radio" || old.type === "checkbox";
      const one = fields.find(({ name, value }) => name && name === old.name && (!ticked || value === old.value));
      if (one && ticked) one.checked = old.checked;
      else if (one) one.value = old.value;
    }
    this.draw();
  }

  /** Reads once: what somebody is filling in must stay. */
  async refresh(city) {
    if (this.people) return;
    const path = `/v1/vacancies/${encodeURIComponent(this.vacancy)}`;
    try {
      const [vacancy, people] = await Promise.all([readFresh(path), readList(`${path}/people`, readFresh), this.desk.work.refresh(city)]);
      this.people = people.items.filter((one) => one.state === "held" && !one.dispatch);
      this.hosts = this.desk.work.joinable(this.vacancy);
      say(this.about, [vacancy.enterpriseName, vacancy.terms.title,
        vacancy.terms.neededBy && t("vacancy.neededBy", { date: vacancy.terms.neededBy })].filter(Boolean).join(" · "));
      this.build();
    } catch (refused) {
      if (!(refused instanceof Refused) || !refused.closed) throw refused;
      this.people = [];
      say(this.status, refused.message);
    }
  }

  build() {
    this.status.hidden = this.people.length > 0;
    say(this.status, t("leave.nobody"));
    this.form.hidden = this.people.length === 0;
    this.count = el("strong", { attributes: { role: "status" } });
    this.vehicle = el("div", { className: "grid" },
      field(t("leave.plate"), { name: "plate", maxlength: "20" }),
      field(t("leave.seats"), { name: "seats", type: "number", min: "1", max: "2000", inputmode: "numeric" }),
      field(t("leave.carrier"), { name: "carrier", maxlength: "120" }));
    this.stops = el("div", { className: "grid" });
    this.own = el("div", { className: "sheet-part" },
      choice(t("leave.mode"), "mode", MODES.map((one) => [one, word("mode", one)]), "COACH", { required: "" }),
      this.vehicle,
      el("div", { className: "grid" },
        field(t("leave.departs"), { name: "departsAt", type: "datetime-local", required: "", value: this.tomorrow() }),
        field(t("leave.arrives"), { name: "arrivesAt", type: "datetime-local", hint: t("leave.arrives.hint") })),
      this.stops,
      this.crew());
    this.along = el("div", { className: "grid" }, field(t("leave.getOn"), {
      name: "getOnAt", type: "datetime-local", hint: t("leave.getOn.hint"), value: toBeijing(this.hosts[0]?.departsAt),
    }));
    this.submit = el("button", { className: "main", attributes: { type: "submit", "data-act": "open" } });
    this.form.replaceChildren(
      el("fieldset", { className: "part" }, el("legend", {}, el("span", { text: t("leave.people") }), this.count),
        el("div", { className: "checks" }, ...this.people.map((one) => this.person(one)))),
      ...(this.hosts.length ? [this.with()] : []),
      this.own, this.along,
      el("div", { className: "action-bar" }, this.line.root, el("div", { className: "actions" }, this.submit)));
    this.draw();
  }

  /** Tomorrow morning, as most coaches leave. */
  tomorrow() {
    const next = new Date(new Date(this.desk.now).getTime() + 86400000).toISOString();
    return `${toBeijing(next).slice(0, 10)}T${MORNING}`;
  }

  /** With a vehicle of their own, or along with another desk's group. */
  with() {
    const { now } = this.desk;
    return choice(t("leave.with"), "host", [[OWN, t("leave.own")], ...this.hosts.map((one) => [one.id, t("leave.host", {
      point: one.pointName || one.point, at: one.departsAt ? dayTime(one.departsAt, now) : "", n: one.seatsLeft === undefined ? "—" : number(one.seatsLeft),
    })])], OWN);
  }

  person(one) {
    const row = box(nameOf(one), "cards[]", { value: one.card, checked: "" });
    row.lastChild.lang = "zh-CN";
    if (one.minor) row.append(flag("minor", t("flag.minor")));
    if (one.point !== this.desk.me.party) row.append(el("small", { text: one.pointName ?? one.point }));
    return row;
  }

  /** Drivers and who travels along: named to the carrier and the insurer, sealed. */
  crew() {
    const person = (label, name) => el("div", { className: "grid" },
      field(t("leave.name", { who: label }), { name: `${name}Name`, maxlength: "40" }),
      field(t("leave.phone", { who: label }), { name: `${name}Phone`, type: "tel", maxlength: "20" }));
    this.crewFold = el("details", { className: "fold" }, el("summary", { text: t("leave.crew") }),
      ...Array.from({ length: DRIVERS }, (_, i) => person(t("leave.driver", { n: number(i + 1) }), `driver${i}`)),
      person(t("leave.attendant"), "attendant"));
    return this.crewFold;
  }

  /** What depends on what was chosen. */
  draw() {
    const { cards = [], mode, host = OWN } = values(this.form);
    const alone = mode === "ALONE";
    this.along.hidden = host === OWN;
    this.own.hidden = host !== OWN;
    this.form.elements.departsAt.required = host === OWN;
    say(this.count, t("dispatches.count", { n: number(cards.length) }));
    this.vehicle.hidden = alone;
    const [plate, seats] = this.vehicle.querySelectorAll("input");
    plate.required = host === OWN && ["COACH", "TRAIN"].includes(mode);
    seats.required = host === OWN && mode === "COACH";
    seats.min = String(seats.required ? Math.max(1, cards.length) : 1);
    this.crewFold.hidden = alone;
    say(this.submit, t(host === OWN ? "leave.open" : "leave.join", { n: number(cards.length) }));
    this.submit.disabled = cards.length === 0;
    this.drawStops(cards);
  }

  /** A time for each other point whose people travel; without one they get on here. */
  drawStops(cards) {
    const others = new Map();
    for (const one of this.people) {
      if (cards.includes(one.card) && one.point !== this.desk.me.party) others.set(one.point, one.pointName ?? one.point);
    }
    for (const old of [...this.stops.children]) if (!others.has(old.dataset.point)) old.remove();
    for (const [point, name] of others) {
      if (this.stops.querySelector(`[data-point="${CSS.escape(point)}"]`)) continue;
      const stop = field(t("leave.stop", { point: name }), { name: `stop-${point}`, type: "datetime-local", hint: t("leave.stop.hint") });
      stop.dataset.point = point;
      this.stops.append(stop);
    }
  }

  /** Where it goes and what it says. */
  request() {
    const held = values(this.form);
    if (!held.host) return { path: "/v1/dispatches", body: this.body(held) };
    const at = fromBeijing(held.getOnAt);
    const join = { cards: held.cards, ...(at && { stop: { point: this.desk.me.party, at } }) };
    return { path: `/v1/dispatches/${encodeURIComponent(held.host)}/events`, body: { join } };
  }

  body(held) {
    const own = { point: this.desk.me.party, at: fromBeijing(held.departsAt) };
    const stops = [own];
    for (const { dataset } of this.stops.children) {
      const at = fromBeijing(held[`stop-${dataset.point}`]);
      if (at) stops.push({ point: dataset.point, at });
      else (own.serves ??= []).push(dataset.point);
    }
    const member = (name) => {
      const one = { name: held[`${name}Name`]?.trim(), phone: held[`${name}Phone`]?.trim() };
      return one.name || one.phone ? one : undefined;
    };
    const drivers = Array.from({ length: DRIVERS }, (_, i) => member(`driver${i}`)).filter(Boolean);
    const attendant = member("attendant");
    const vehicle = { plate: held.plate?.trim(), seats: Number(held.seats) || undefined, carrier: held.carrier?.trim() };
    return {
      vacancy: this.vacancy, mode: held.mode, manifest: held.cards, stops, departsAt: own.at,
      ...(held.arrivesAt && { arrivesAt: fromBeijing(held.arrivesAt) }),
      ...(held.mode !== "ALONE" && (vehicle.plate || vehicle.seats) && { vehicle }),
      ...(held.mode !== "ALONE" && (drivers.length || attendant) && { crew: { drivers, attendant } }),
    };
  }

  async open() {
    this.submit.disabled = true;
    const { path, body } = this.request();
    if (this.sender?.path !== path) this.sender = new Sender(path);
    const receipt = await this.line.run(() => this.sender.send(body), { again: () => this.form.requestSubmit() });
    this.submit.disabled = false;
    if (!receipt) return;
    this.desk.work.outdate();
    this.desk.go(`#/travel/${encodeURIComponent(receipt.id)}`);
  }
}
