// The page: who looks at it, which part is shown, and how fresh it is. Asks
// the API every second while it is looked at.

import { Refused, forgetKey, hasKey, read, takeKeyFromAddress, useKey } from "./api.mjs";
import { closeAsk, prepareAsk } from "./ask.mjs";
import { Board } from "./board.mjs";
import { CallList } from "./calls.mjs";
import { closeEvents, forgetNames, learnName, preparePanel } from "./events.mjs";
import { NewTrip } from "./leave.mjs";
import { Past } from "./past.mjs";
import { Replays } from "./replays.mjs";
import { Roster } from "./roster.mjs";
import { Todo } from "./todo.mjs";
import { Travel } from "./travel.mjs";
import { Trip } from "./trip.mjs";
import { Visits } from "./visits.mjs";
import { Work } from "./work.mjs";
import { el, languageTag, loadWords, number, say, t, time, title, toggleLanguage, translate } from "./words.mjs";

const EVERY_MS = 1000;
const LONGEST_BACK_OFF_MS = 15000;
// An answer older than this is stale, whatever the reason.
const STALE_MS = 5000;
// The log has not moved for so long: no change.
const QUIET_MS = 5000;

// What each kind of party finds, the first of it first.
const TABS = {
  SERVICE_POINT: ["todo", "travel", "visits", "roster", "ledgers"],
  ENTERPRISE: ["ledgers", "todo", "travel"],
  OPERATOR: ["ledgers", "past", "replays"],
};
const LEDGERS_ONLY = ["ledgers"];
const VIEWS = {
  todo: () => new Todo(desk),
  signals: (id) => (id ? new CallList(desk, id) : new Todo(desk)),
  travel: (id, vacancy) => {
    if (id === "new" && vacancy) return new NewTrip(desk, vacancy);
    return id ? new Trip(desk, id) : new Travel(desk);
  },
  visits: () => new Visits(desk),
  roster: () => new Roster(desk),
  ledgers: () => new Board(desk),
  past: () => new Past(desk),
  replays: () => new Replays(desk),
};
// A call list belongs to the to-do.
const UNDER = { signals: "todo" };

const $ = (id) => document.getElementById(id);

const state = {
  running: false, timer: 0, failures: 0, nextTry: 0, answeredAt: 0, movedAt: 0, round: 0,
  position: -1, city: null, view: null, wasLost: false,
};

/** What the page tells its parts. */
const desk = {
  me: null,
  work: null,
  /** The moment at which the city's figures were read: the exchange's clock, not this machine's. */
  get now() {
    return state.city?.asOf ?? "";
  },
  /** Whether this key only reads. */
  get readsOnly() {
    return desk.me?.role === "AUDITOR";
  },
  go(path) {
    location.hash = path;
  },
  /** Reads what is shown anew, now. */
  look() {
    if (state.running) tick();
  },
  announce(text) {
    say($("announce"), "");
    say($("announce"), text);
  },
};

// ---- How fresh it is ----

function linkState(now) {
  if (!state.running) return "idle";
  if (state.failures > 0) return "lost";
  if (!state.answeredAt) return "connecting";
  if (now - state.answeredAt > STALE_MS) return "lost";
  return now - state.movedAt > QUIET_MS ? "quiet" : "live";
}

function linkNote(link, now) {
  const seconds = (ms) => number(Math.max(0, Math.round(ms / 1000)));
  if (link === "quiet") return t("link.quiet.note", { n: seconds(now - state.movedAt) });
  if (link !== "lost") return "";
  const m = seconds(state.nextTry - now);
  if (!state.answeredAt) return t("link.lost.never", { m });
  const n = seconds(now - state.answeredAt);
  return state.nextTry > now ? t("link.lost.note", { n, m }) : t("link.lost.trying", { n });
}

function drawLink() {
  const now = performance.now();
  const link = linkState(now);
  $("link").dataset.state = link;
  say($("link-word"), t(`link.${link}`));
  say($("link-note"), linkNote(link, now));
  $("retry").hidden = link !== "lost";
  document.body.classList.toggle("stale", link === "lost");
  if (link === "lost" && !state.wasLost) desk.announce(t("link.said.lost"));
  if (state.wasLost && (link === "live" || link === "quiet")) desk.announce(t("link.said.back"));
  if (link !== "connecting") state.wasLost = link === "lost";
}

function drawAsOf() {
  const shown = state.city;
  $("asof").hidden = !shown;
  if (shown) say($("asof"), t("asof", { time: time(shown.asOf), position: number(shown.position) }));
}

// ---- What is shown ----

const tabs = () => TABS[desk.me?.kind] ?? LEDGERS_ONLY;

/** The part that the address names, or the first that this party has. */
function place() {
  const [named, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const tab = UNDER[named] ?? named;
  return tabs().includes(tab) ? { name: named, tab, rest } : { name: tabs()[0], tab: tabs()[0], rest: [] };
}

function drawTabs(current) {
  const names = tabs();
  $("tabs").hidden = !desk.me || names.length < 2;
  document.body.classList.toggle("tabbed", !$("tabs").hidden);
  $("tabs").setAttribute("aria-label", t("tabs.title"));
  $("tabs").replaceChildren(...names.map((name) => el("a", {
    attributes: { href: `#/${name}`, "data-tab": name, ...(name === current && { "aria-current": "page" }) },
  }, el("span", { text: t(`tab.${name}`) }), el("b", { className: "badge" }))));
  drawBadge();
}

/** How much waits, beside the word. */
function drawBadge() {
  const badge = $("tabs").querySelector('[data-tab="todo"] .badge');
  const waiting = desk.work?.waiting() ?? 0;
  if (!badge || badge.dataset.n === String(waiting)) return;
  badge.dataset.n = waiting;
  badge.hidden = waiting === 0;
  badge.replaceChildren(
    el("span", { text: number(waiting), attributes: { "aria-hidden": "true" } }),
    el("span", { className: "visually-hidden", text: t("tabs.waiting", { n: number(waiting) }) }));
}

/** Shows the part that the address names. `focus`: because somebody went there. */
function show({ focus } = {}) {
  const before = state.view;
  before?.close?.();
  const { name, tab, rest } = place();
  state.view = VIEWS[name](...rest);
  // Why: who changes the language in the middle of something goes on with it.
  if (!focus && before?.constructor === state.view.constructor) state.view.adopt?.(before);
  const own = state.view instanceof Board;
  $("board").hidden = !own;
  $("desk").hidden = own;
  if (own) $("desk").replaceChildren();
  else $("desk").replaceChildren(state.view.root);
  drawTabs(tab);
  title(t(state.view.title));
  if (!focus) return;
  scrollTo(0, 0);
  state.view.heading?.focus({ preventScroll: true });
}

/** Everything anew, in the language now chosen. */
function redraw() {
  translate();
  const other = languageTag() === "en" ? ["中文", "zh-CN"] : ["English", "en"];
  say($("language"), other[0]);
  $("language").lang = other[1];
  $("who").hidden = !desk.me?.name;
  $("tag").hidden = !$("who").hidden;
  say($("who"), desk.me?.name ?? "");
  $("foot").dataset.i18n = desk.me?.kind === "SERVICE_POINT" ? "desk.foot" : "page.foot";
  say($("foot"), t($("foot").dataset.i18n));
  if (desk.me) show();
  else title(t("page.tag"));
  drawAsOf();
  drawLink();
}

// ---- Asking ----

async function ask(round) {
  const city = await read("/v1/indicators");
  if (!desk.me) await meet();
  if (round !== state.round) return;
  state.city = city;
  if (city.position !== state.position) {
    state.position = city.position;
    state.movedAt = performance.now();
  }
  drawAsOf();
  await state.view.refresh(city);
  await desk.work?.keepCount(city);
  drawBadge();
}

/** Finds out who looks, and opens what is theirs. */
async function meet() {
  const me = await read("/v1/me");
  desk.me = me;
  desk.work = TABS[me.kind]?.includes("todo") ? new Work(me) : null;
  learnName(me.party, me.name);
  redraw();
}

function failed(refused) {
  if (!(refused instanceof Refused)) {
    say($("problem"), t("problem.page"));
    throw refused;
  }
  if (refused.status === 401) return leave(refused.message);
  if (refused.status >= 400 && refused.status < 500 && refused.status !== 429) {
    say($("problem"), refused.message || t("problem.detail"));
  }
  state.failures += 1;
  const wait = Math.min(LONGEST_BACK_OFF_MS, EVERY_MS * 2 ** (state.failures - 1));
  // Why jitter: pages that lost the server together must not all come back together.
  const spread = wait * (0.75 + Math.random() / 2);
  plan(Math.max(spread, (refused.retryAfter ?? 0) * 1000));
}

async function tick() {
  clearTimeout(state.timer);
  state.round += 1;
  const { round } = state;
  const began = performance.now();
  try {
    await ask(round);
    if (round !== state.round) return;
    state.failures = 0;
    state.answeredAt = performance.now();
    say($("problem"), "");
    plan(Math.max(EVERY_MS / 4, EVERY_MS - (performance.now() - began)));
  } catch (refused) {
    if (round === state.round) failed(refused);
  }
  drawLink();
}

function plan(wait) {
  clearTimeout(state.timer);
  if (!state.running || document.hidden) return;
  state.nextTry = performance.now() + wait;
  state.timer = setTimeout(tick, wait);
}

// ---- Coming and going ----

function enter() {
  forget();
  state.running = true;
  $("key-form").hidden = true;
  $("forget").hidden = false;
  redraw();
  tick();
}

/** Nothing of whoever looked before stays. */
function forget() {
  state.view?.close?.();
  desk.me = null;
  desk.work = null;
  Object.assign(state, {
    failures: 0, answeredAt: 0, position: -1, city: null, view: null, wasLost: false,
  });
  forgetNames();
  $("desk").replaceChildren();
  $("desk").hidden = true;
  $("board").hidden = true;
  $("tabs").hidden = true;
}

function leave(why = "") {
  state.running = false;
  state.round += 1;
  clearTimeout(state.timer);
  closeEvents();
  closeAsk();
  forgetKey();
  forget();
  history.replaceState(null, "", location.pathname + location.search);
  $("forget").hidden = true;
  $("key-form").hidden = false;
  $("key").value = "";
  say($("problem"), "");
  say($("key-problem"), why);
  redraw();
  $("key").focus();
}

function wire() {
  preparePanel();
  prepareAsk();
  $("language").addEventListener("click", () => {
    toggleLanguage();
    redraw();
    desk.look();
  });
  $("forget").addEventListener("click", () => leave());
  $("retry").addEventListener("click", tick);
  $("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const fits = useKey($("key").value.trim());
    $("key").value = "";
    say($("key-problem"), fits ? "" : t("key.malformed"));
    if (fits) enter();
  });
  addEventListener("hashchange", () => {
    if (takeKeyFromAddress()) return enter();
    if (!desk.me) return undefined;
    closeEvents();
    closeAsk();
    show({ focus: true });
    return desk.look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!state.running) return;
    if (document.hidden) clearTimeout(state.timer);
    else tick();
  });
  setInterval(() => document.hidden || drawLink(), EVERY_MS);
}

async function start() {
  takeKeyFromAddress();
  try {
    await loadWords();
  } catch {
    $("broken").hidden = false;
    return;
  }
  wire();
  redraw();
  if (hasKey()) enter();
  else leave();
}

await start();
