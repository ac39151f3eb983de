// What waits for this party: its signals, the people without a coach, its
// dispatches and its cases. Read for the to-do, and for the number beside it.

import { readFresh, readList } from "./api.mjs";

// The log of a city moves all the time; a desk's own lists need not.
const EVERY_MS = 5000;
const COUNT_EVERY_MS = 30000;
// Years of a township's signals and journeys.
const MANY_PAGES = 40;
const UNDER_WAY = "opened,accepted,departed,arrived";
const OVER = "closed,declined,cancelled";

const all = async (path) => (await readList(path, readFresh)).items;

/** What is over, the last first; read when somebody opens it. */
const past = async (path) => (await readList(path, readFresh, MANY_PAGES)).items.reverse();
export const pastSignals = () => past("/v1/signals?state=answered,declined,escalated,recalled");
export const pastDispatches = () => past(`/v1/dispatches?state=${OVER}`);

/** Whether an answer is still taken, and none of it is missing. */
export const isOpen = (signal) => signal.state === "open" || signal.state === "partly";

/** Whether the deadline has passed. `now`: the exchange's clock. */
export const isLate = (moment, now) => Boolean(moment && now) && moment < now;

/** Whether `desk` acts for the people of `point`: its own, or a village of its township (GB/T 2260 and the statistical codes: the last three digits are the village). */
export function serves(desk, point) {
  return desk === point || (desk.length === 12 && desk.endsWith("000") && !desk.endsWith("000000") && point.startsWith(desk.slice(0, 9)));
}

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
      this.isPoint ? all("/v1/signals?state=open,partly") : [],
      this.isPoint ? all("/v1/placements?state=held") : [],
      all(`/v1/dispatches?state=${UNDER_WAY}`),
      all("/v1/cases?state=open&with=me"),
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
    for (const { vacancy, title, enterpriseName, expiresAt, dispatch } of placements) {
      if (dispatch) continue;
      const group = groups.get(vacancy) ?? { vacancy, title, enterpriseName, expiresAt, n: 0 };
      group.n += 1;
      if (expiresAt < group.expiresAt) group.expiresAt = expiresAt;
      groups.set(vacancy, group);
    }
    return [...groups.values()].sort((a, b) => (a.expiresAt ?? "").localeCompare(b.expiresAt ?? ""));
  }

  // ---- What waits ----

  openSignals() {
    return [...this.signals].sort((a, b) => a.respondBy.localeCompare(b.respondBy));
  }

  /** Whether this desk speaks for the whole group. */
  leads(dispatch) {
    return this.isPoint && serves(this.me.party, dispatch.point);
  }

  /** Groups of this party; not those with which its people merely could travel. */
  ownDispatches(dispatches = this.dispatches) {
    return dispatches.filter((one) => !this.isPoint || this.leads(one)
      || one.manifest.some(({ point }) => serves(this.me.party, point)));
  }

  /** Groups of others to the same post that people of this desk could join. */
  joinable(vacancy) {
    const own = this.ownDispatches();
    return this.dispatches.filter((one) => one.vacancy === vacancy && !own.includes(one)
      && ["opened", "accepted"].includes(one.state) && (one.seatsLeft ?? 1) > 0);
  }

  /** Groups on which this party must do something next. */
  waitingDispatches() {
    return this.ownDispatches().filter((one) => this.step(one)).sort((a, b) => (a.departsAt ?? "").localeCompare(b.departsAt ?? ""));
  }

  /** The step of a group that waits for this party: a key of the words, or "". */
  step(dispatch) {
    const { state, manifest } = dispatch;
    const has = (person) => manifest.some((one) => one.state === person);
    if (this.isPoint) {
      if (dispatch.mayMergeInto?.length && this.leads(dispatch)) return "merge";
      if (state !== "accepted") return "";
      // Why: who leads calls the roll of all; another desk, of its own people.
      if (this.leads(dispatch)) return has("held") ? "board" : "depart";
      return manifest.some((one) => one.state === "held" && serves(this.me.party, one.point)) ? "board" : "";
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

  /** Transfers, corrections and erasures that wait for this party's word. */
  questions() {
    return [...this.mine("TRANSFER"), ...this.mine("CORRECTION"), ...this.mine("ERASURE")];
  }

  mine(kind) {
    return this.cases.filter((one) => one.kind === kind);
  }


  /** How many things wait. */
  waiting() {
    return this.openSignals().length + this.loose.length + this.waitingDispatches().length
      + this.questions().length + this.visits().length + this.grievances().length;
  }
}
