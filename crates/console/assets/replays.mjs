// 重放: what happened, once more. Orders replays and shows how far they are. For
// the bureau.

import { read, save, send } from "./api.mjs";
import { Line, button, field, select, values } from "./ask.mjs";
import { el, number, t, time, word } from "./words.mjs";

const AGAIN_MS = 1000;
const PURPOSES = ["AUDIT", "REBUILD", "TEST"];
const TARGETS = ["FILE", "SUBJECT"];
// What can be done about a replay in each of its states.
const ACTS = {
  waiting: ["approve", "cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
};

export class Replays {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.replays";
    this.heading = el("h1", { text: t("tab.replays"), attributes: { tabindex: "-1" } });
    this.line = new Line();
    this.list = el("div", { attributes: { "aria-live": "polite" } });
    this.form = el("form", {
      className: "past", on: { submit: (event) => { event.preventDefault(); this.order(); } },
    },
    field(t("replays.from"), { name: "from", value: "-2h", hint: t("past.hint") }),
    field(t("replays.until"), { name: "until", value: "", hint: t("replays.until.hint") }),
    field(t("replays.dispatch"), { name: "dispatch", value: "" }),
    select(t("replays.purpose"), "purpose", PURPOSES.map((one) => [one, word("replayPurpose", one)]), "AUDIT"),
    select(t("replays.target"), "target", TARGETS.map((one) => [one, word("replayTarget", one)]), "FILE"),
    button(t("replays.plan"), "quiet", () => this.plan()),
    el("button", { className: "main", text: t("replays.start"), attributes: { type: "submit" } }));
    const form = desk.readsOnly ? [] : [this.form];
    this.root = el("section", {}, el("header", { className: "view-head" }, this.heading), ...form, this.line.root, this.list);
    this.look();
  }

  refresh() {
    this.look();
  }

  ask() {
    const { from, until, dispatch, purpose, target } = values(this.form);
    const filter = dispatch.trim() ? { dispatches: [dispatch.trim()] } : undefined;
    return { from: from.trim(), until: until.trim(), purpose, target, filter };
  }

  order() {
    return this.line.run(() => send("/v1/replays", this.ask()), { said: (job) => t("replays.started", { id: job.id }) })
      .then(() => this.look());
  }

  plan() {
    return this.line.run(() => send("/v1/replays/plan", this.ask()), {
      said: (plan) => t("replays.planned", { n: number(plan.events), bytes: number(plan.bytes) }),
    });
  }

  async look() {
    clearTimeout(this.timer);
    const jobs = await read("/v1/replays").catch(() => null);
    if (jobs) this.list.replaceChildren(this.table(jobs));
    const moves = jobs?.some((job) => job.state === "running") ?? true;
    if (moves) this.timer = setTimeout(() => this.root.isConnected && this.look(), AGAIN_MS);
  }

  table(jobs) {
    if (!jobs.length) return el("p", { className: "notice", text: t("replays.none") });
    const headings = ["replays.when", "replays.state", "replays.target", "replays.events", "replays.done", "replays.acts"];
    return el("table", {},
      el("thead", {}, el("tr", {}, ...headings.map((one) => el("th", { text: t(one), attributes: { scope: "col" } })))),
      el("tbody", {}, ...jobs.map((job) => this.row(job))));
  }

  row(job) {
    const { progress } = job;
    const done = `${Math.round(progress.share * 100)}%`;
    const cells = [
      time(job.acts[0].at), word("replayState", job.state), word("replayTarget", job.target),
      number(progress.events), progress.trouble ? `${done} · ${progress.trouble}` : done,
    ];
    return el("tr", { attributes: { "data-replay": job.id, "data-state": job.state, title: job.id } },
      ...cells.map((text) => el("td", { text })), el("td", {}, ...this.acts(job)));
  }

  acts(job) {
    const path = `/v1/replays/${encodeURIComponent(job.id)}`;
    const act = (verb) => this.line.run(() => send(`${path}/${verb}`, null), { said: () => t("line.saved") }).then(() => this.look());
    const verbs = this.desk.readsOnly ? [] : ACTS[job.state] ?? [];
    const acts = verbs.map((verb) => button(t(`replays.${verb}`), verb === "cancel" ? "danger" : "quiet", () => act(verb)));
    if (!job.file) return acts;
    const name = `${job.id}.${job.format === "PROTOBUF" ? "pb" : "jsonl"}`;
    return [...acts, button(t("replays.save"), "quiet", () => this.line.run(() => save(job.file, name), { said: () => name }))];
  }
}
