// The two lists of a vacancy: signals per service point, and dispatches.

import { readList } from "./api.mjs";
import { learnName, openEvents } from "./events.mjs";
import { el, number, say, shortTime, t, word } from "./words.mjs";

// Most urgent first: what still waits for somebody.
const SIGNAL_ORDER = ["open", "partly", "escalated", "answered", "declined", "recalled"];
const DISPATCH_ORDER = ["opened", "accepted", "departed", "arrived", "closed", "declined", "cancelled"];

const rank = (order, state) => {
  const at = order.indexOf(state);
  return at < 0 ? order.length : at;
};

function tally(items, stateOf) {
  const counts = new Map();
  for (const item of items) counts.set(stateOf(item), (counts.get(stateOf(item)) ?? 0) + 1);
  return counts;
}

function tallied(counts, order, kind) {
  return [...counts].sort(([a], [b]) => rank(order, a) - rank(order, b))
    .map(([state, n]) => `${word(kind, state)} ${number(n)}`).join(" · ");
}

function stateTag(kind, state) {
  return el("span", { className: "state", text: word(kind, state), attributes: { "data-state": state } });
}

function signalRow(signal, asOf) {
  learnName(signal.point, signal.pointName);
  const waits = signal.state === "open" || signal.state === "partly";
  const ring = signal.ring ? t("signals.ring", { n: signal.ring }) : t("signals.ring0");
  const small = waits ? `${ring} · ${t("signals.until", { time: shortTime(signal.respondBy) })}` : ring;
  const late = waits && asOf && signal.respondBy < asOf;
  return el("tr", { attributes: { "data-signal": signal.id } },
    el("th", { attributes: { scope: "row" } },
      el("span", { text: signal.pointName || signal.point, attributes: { lang: "zh-CN" } }),
      el("small", { text: small })),
    el("td", { className: "count", text: `${number(signal.committed)} / ${number(signal.quota)}` }),
    el("td", {}, stateTag("signalState", signal.state),
      ...(late ? [el("span", { className: "state", text: t("signals.overdue"), attributes: { "data-state": "overdue" } })] : [])));
}

function dispatchRow(dispatch) {
  learnName(dispatch.point, dispatch.pointName);
  const name = dispatch.pointName || dispatch.point;
  const small = [word("mode", dispatch.mode), dispatch.vehicle?.plate,
    dispatch.departsAt && t("dispatches.departs", { time: shortTime(dispatch.departsAt) })];
  const people = tally(dispatch.manifest, (one) => one.state);
  const state = word("dispatchState", dispatch.state);
  const history = el("button", {
    className: "state", text: state,
    attributes: {
      type: "button", "data-state": dispatch.state,
      "aria-label": t("dispatches.history", { state }),
    },
    on: {
      click: () => openEvents({
        url: `/v1/dispatches/${encodeURIComponent(dispatch.id)}/story`,
        title: t("dispatches.title.one", { point: name }), about: small.filter(Boolean).join(" · "),
      }),
    },
  });
  return el("tr", { attributes: { "data-dispatch": dispatch.id } },
    el("th", { attributes: { scope: "row" } },
      el("span", { text: name, attributes: { lang: "zh-CN" } }),
      el("small", { text: small.filter(Boolean).join(" · ") })),
    el("td", {},
      el("span", { text: t("dispatches.count", { n: number(dispatch.manifest.length) }) }),
      el("small", { text: tallied(people, [], "personState") })),
    el("td", {}, history));
}

/** One foldable list: reads its address when it is open and the log has moved. */
class FoldedList {
  constructor({ title, none, columns, url, open, summarise, order, makeRow }) {
    Object.assign(this, { title, none, url, summarise, order, makeRow, readAt: -1, reading: null, drawn: "" });
    this.note = el("span", { className: "tally" });
    this.count = el("span", { className: "count" });
    this.rows = el("tbody");
    this.table = el("table", {},
      el("caption", { className: "visually-hidden", text: t(title) }),
      el("thead", {}, el("tr", {}, ...columns.map((key) => el("th", { text: t(key), attributes: { scope: "col" } })))),
      this.rows);
    this.status = el("p", { className: "hint", text: t("list.loading") });
    this.scroll = el("div", {
      className: "scroll", attributes: { tabindex: "0", role: "region", "aria-label": t(title) },
    }, this.table);
    this.root = el("details", {},
      el("summary", {}, el("span", { className: "fold-title", text: t(title) }), this.count, this.note),
      this.status, this.scroll);
    this.root.open = open;
    this.scroll.hidden = true;
    this.root.addEventListener("toggle", () => this.onOpened?.());
  }

  /** Reads the list if it is open and `position` is new; a failure shows and is tried again. */
  refresh(position, asOf) {
    if (!this.root.open || this.readAt === position) return undefined;
    // Why: opened by hand while the page is asking anyway, it is still read once.
    this.reading ??= this.read(position, asOf).finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  async read(position, asOf) {
    try {
      const { items, more } = await readList(this.url);
      this.readAt = position;
      this.draw(items, more, asOf);
      this.root.dataset.read = "yes";
    } catch (refused) {
      if (refused.status === 0 || refused.status === 401 || refused.status >= 500) throw refused;
      say(this.status, refused.message || t("problem.detail"));
      this.status.hidden = false;
    }
  }

  draw(items, more, asOf) {
    const drawn = JSON.stringify(items.map(({ position: _, ...rest }) => rest));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    items.sort((a, b) => rank(this.order, a.state) - rank(this.order, b.state));
    // Why: rows are made anew; whoever stands on one must not be thrown out of it.
    const at = this.rows.contains(document.activeElement) && document.activeElement.closest("tr")?.dataset.dispatch;
    this.rows.replaceChildren(...items.map((item) => this.makeRow(item, asOf)));
    if (at) this.rows.querySelector(`[data-dispatch="${CSS.escape(at)}"] button`)?.focus({ preventScroll: true });
    say(this.count, number(items.length));
    say(this.note, this.summarise(items));
    say(this.status, items.length ? t("list.truncated", { n: number(items.length) }) : t(this.none));
    this.status.hidden = items.length > 0 && !more;
    this.scroll.hidden = items.length === 0;
  }
}

export function signalList(vacancy, open) {
  return new FoldedList({
    title: "signals.title", none: "signals.none", open, order: SIGNAL_ORDER, makeRow: signalRow,
    columns: ["signals.point", "signals.count", "signals.state"],
    url: `/v1/signals?vacancy=${encodeURIComponent(vacancy)}`,
    summarise: (items) => tallied(tally(items, (one) => one.state), SIGNAL_ORDER, "signalState"),
  });
}

export function dispatchList(vacancy, open) {
  return new FoldedList({
    title: "dispatches.title", none: "dispatches.none", open, order: DISPATCH_ORDER, makeRow: dispatchRow,
    columns: ["dispatches.from", "dispatches.people", "dispatches.state"],
    url: `/v1/dispatches?vacancy=${encodeURIComponent(vacancy)}`,
    summarise: (items) => tallied(tally(items, (one) => one.state), DISPATCH_ORDER, "dispatchState"),
  });
}
