// 回溯: what was known at a moment, or changed between two. For the bureau.

import { Refused, read } from "./api.mjs";
import { field, select, values, why } from "./ask.mjs";
import { el, number, say, t, time, word } from "./words.mjs";

const KINDS = ["city", "vacancy", "dispatch", "point", "agreement"];

export class Past {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.past";
    this.heading = el("h1", { text: t("tab.past"), attributes: { tabindex: "-1" } });
    this.problem = el("p", { className: "problem", attributes: { role: "alert" } });
    this.shown = el("div", { attributes: { "aria-live": "polite" } });
    this.form = el("form", {
      className: "past", on: { submit: (event) => { event.preventDefault(); this.look(); } },
    },
    field(t("past.at"), { name: "at", value: "-2h", required: "", hint: t("past.hint") }),
    field(t("past.until"), { name: "until", value: "", hint: t("past.until.hint") }),
    select(t("past.kind"), "kind", KINDS.map((one) => [one, t(`pastKind.${one}`)]), "city"),
    field(t("past.id"), { name: "id", value: "" }),
    el("button", { className: "main", text: t("past.look"), attributes: { type: "submit" } }));
    this.root = el("section", {}, el("header", { className: "view-head" }, this.heading), this.form, this.problem, this.shown);
  }

  /** What is past stays as it was read. */
  refresh() {}

  async look() {
    const { at, until, kind, id } = values(this.form);
    const of = kind === "city" ? "" : `&of=${encodeURIComponent(`${kind}/${id.trim()}`)}`;
    const one = encodeURIComponent(at.trim());
    say(this.problem, "");
    this.shown.replaceChildren(el("p", { className: "notice", text: t("list.loading") }));
    try {
      const found = until.trim()
        ? drawDiff(await read(`/v1/state/diff?from=${one}&until=${encodeURIComponent(until.trim())}${of}`))
        : drawState(await read(`/v1/state?at=${one}${of}`), kind);
      this.shown.replaceChildren(...found);
    } catch (refused) {
      this.shown.replaceChildren();
      if (!(refused instanceof Refused)) throw refused;
      say(this.problem, why(refused));
    }
  }
}

function drawState(state, kind) {
  return [place(state), ...unknown(state.notUnderstoodCount),
    table([t("past.what"), t("past.value")], leaves(state[kind]).map(([path, value]) => [path, value]))];
}

function drawDiff(diff) {
  const events = diff.events.map((one) => [one.sequence, one.recordedAt ? time(one.recordedAt) : "", word("event", one.kind), one.party ?? ""]);
  const more = diff.eventsCount - diff.events.length;
  return [place(diff.from), place(diff.until), ...unknown(diff.notUnderstoodCount),
    table([t("past.what"), t("past.before"), t("past.after"), t("past.by")],
      diff.changes.map((one) => [one.path, one.before ?? "—", one.after ?? "—", (one.by ?? []).join(" ")])),
    table([t("past.sequence"), t("past.when"), t("past.event"), t("past.who")], events),
    ...(more > 0 ? [el("p", { text: t("past.more", { n: number(more) }) })] : [])];
}

function place(one) {
  const at = (text) => (text ? time(text) : "—");
  const text = t("past.place", { position: number(one.position), at: at(one.recordedAt), next: at(one.nextAt) });
  const moved = one.movedFrom === undefined ? [] : [el("small", { text: ` ${t("past.moved", { n: number(one.movedFrom) })}` })];
  return el("p", { className: "facts", attributes: { "data-position": one.position } }, el("span", { text }), ...moved);
}

function unknown(n) {
  return n ? [el("p", { className: "warn", text: t("past.unknown", { n: number(n) }) })] : [];
}

/** Every value at which nothing stands below, with its path. */
function leaves(value, path = "") {
  if (value === null || typeof value !== "object" || !Object.keys(value).length) return value === undefined ? [] : [[path, value]];
  return Object.entries(value).flatMap(([name, one]) => leaves(one, `${path}/${name}`));
}

function table(headings, rows) {
  if (!rows.length) return el("p", { className: "notice", text: t("past.nothing") });
  const said = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return el("table", {},
    el("thead", {}, el("tr", {}, ...headings.map((text) => el("th", { text, attributes: { scope: "col" } })))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((value) => el("td", { text: said(value) }))))));
}
