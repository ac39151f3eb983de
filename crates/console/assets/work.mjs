// What waits for this party: its signals, the people without a coach, its
// dispatches and its cases. Read for the to-do, and for the number beside it.

import { readFresh, readList } from "./api.mjs";

// The log of a city moves all the time; a desk's own lists need not.
const EVERY_MS = 3000;
const COUNT_EVERY_MS = 20000;

const all = async (path) => (await readList(path, readFresh)).items;

/** Whether an answer is still taken, and none of it is missing. */
export const isOpen = (signal) => signal.state === "open" || signal.state === "partly";

/** Whether the deadline has passed. `now`: the exchange's clock. */
export const isLate = (moment, now) => Boolean(moment && now) && moment < now;

export class Work {
  constructor(me) {
    this.me = me;
    this.readAt = 0;
    this.position = -1;
    this.signals = [];
    this.loose = [];
    this.dispatches = [];
    this.cases = [];
  }

  get isPoint() {
    return this.me.kind === "SERVICE_POINT";
  }

  /** Reads the lists if the log has moved, not too often. Whether it read. */
  async refresh(city, every = EVERY_MS) {
    const now = performance.now();
    if (this.position === city.position || (this.readAt && now - this.readAt < every)) return false;
    const [signals, placements, dispatches, cases] = await Promise.all([
      this.isPoint ? all("/v1/signals") : [],
      this.isPoint ? all("/v1/placements?state=held") : [],
      all("/v1/dispatches"),
      all("/v1/cases?state=open"),
    ]);
    Object.assign(this, { signals, dispatches, cases, position: city.position, readAt: now });
    this.loose = this.withoutCoach(placements);
    return true;
  }

  /** As refresh, for the number beside the tab. */
  keepCount(city) {
    return this.refresh(city, COUNT_EVERY_MS);
  }

  /** The next refresh reads, whatever was read before. */
  outdate() {
    this.position = -1;
    this.readAt = 0;
  }

  /** People promised who travel with no group yet, by vacancy. */
  withoutCoach(placements) {
    const groups = new Map();
    for (const one of placements) {
      if (one.dispatch) continue;
      if (!groups.has(one.vacancy)) groups.set(one.vacancy, { vacancy: one.vacancy, title: one.title, enterpriseName: one.enterpriseName, expiresAt: one.expiresAt, n: 0 });
      const group = groups.get(one.vacancy);
      group.n += 1;
      if (one.expiresAt && one.expiresAt < group.expiresAt) group.expiresAt = one.expiresAt;
    }
    return [...groups.values()].sort((a, b) => (a.expiresAt ?? "").localeCompare(b.expiresAt ?? ""));
  }

  // ---- What waits ----

  openSignals() {
    return this.signals.filter(isOpen).sort((a, b) => a.respondBy.localeCompare(b.respondBy));
  }

  otherSignals() {
    return this.signals.filter((one) => !isOpen(one)).sort((a, b) => b.raisedAt.localeCompare(a.raisedAt));
  }

  /** Groups on which this party must do something next. */
  waitingDispatches() {
    return this.dispatches.filter((one) => this.step(one)).sort((a, b) => (a.departsAt ?? "").localeCompare(b.departsAt ?? ""));
  }

  /** The step of a group that waits for this party: a key of the words, or "". */
  step(dispatch) {
    const { state, manifest } = dispatch;
    const has = (person) => manifest.some((one) => one.state === person);
    if (this.isPoint) {
      if (dispatch.proposed?.length && (state === "opened" || state === "accepted")) return "merge";
      if (state === "accepted" && dispatch.point === this.me.party) return has("held") ? "board" : "depart";
      return "";
    }
    if (state === "opened") return "accept";
    if (state === "departed") return "arrive";
    if (state === "arrived") return has("arrived") ? "onboard" : "close";
    return "";
  }

  visits() {
    return this.mine("FOLLOW_UP").sort((a, b) => a.openedAt.localeCompare(b.openedAt));
  }

  grievances() {
    return this.mine("GRIEVANCE");
  }

  /** Transfers and corrections that wait for this party's word. */
  questions() {
    return [...this.mine("TRANSFER"), ...this.mine("CORRECTION")];
  }

  mine(kind) {
    return this.cases.filter((one) => one.kind === kind && one.with === this.me.party);
  }

  /** How many things wait. */
  waiting() {
    return this.openSignals().length + this.loose.length + this.waitingDispatches().length
      + this.questions().length + this.visits().length + this.grievances().length;
  }
}
