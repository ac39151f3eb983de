// The page: asks the API every second while it is looked at, and says how
// fresh what it shows is.

import { Refused, forgetKey, hasKey, read, readList, takeKeyFromAddress, useKey } from "./api.mjs";
import { closeEvents, forgetNames, learnName, preparePanel } from "./events.mjs";
import { VacancyCard } from "./ledger.mjs";
import { el, languageTag, loadWords, number, say, t, time, toggleLanguage, translate } from "./words.mjs";

const EVERY_MS = 1000;
const LONGEST_BACK_OFF_MS = 15000;
// An answer older than this is stale, whatever the reason.
const STALE_MS = 5000;
// The log has not moved for so long: no change.
const QUIET_MS = 5000;
// At most one spoken progress message in this time.
const SPEAK_EVERY_MS = 20000;
// With more vacancies than this, lists begin folded.
const UNFOLD_MOST = 4;
const TILES = ["cards", "servicePoints", "enterprises", "partnerCities", "openVacancies", "openSignals", "events"];

const $ = (id) => document.getElementById(id);
const filter = () => document.querySelector('input[name="filter"]:checked').value;

const cards = new Map();
const state = {
  running: false, timer: 0, failures: 0, nextTry: 0, answeredAt: 0, movedAt: 0, round: 0,
  position: -1, drawnAt: -1, indicators: null, vacancies: null, more: false, openable: null,
  spokenAt: 0, wasLost: false,
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
  if (link === "lost" && !state.wasLost) announce(t("link.said.lost"));
  if (state.wasLost && (link === "live" || link === "quiet")) announce(t("link.said.back"));
  if (link !== "connecting") state.wasLost = link === "lost";
}

function announce(text) {
  state.spokenAt = performance.now();
  say($("announce"), text);
}

// ---- What it shows ----

function drawIndicators() {
  const shown = state.indicators;
  if (!shown) return;
  if (!$("tiles").children.length) {
    $("tiles").replaceChildren(...TILES.map((name) => el("div", {},
      el("dt", { text: t(`city.${name}`) }), el("dd", { attributes: { "data-indicator": name } }))));
  }
  for (const name of TILES) say(document.querySelector(`[data-indicator="${name}"]`), number(shown[name]));
  say($("asof"), t("asof", { time: time(shown.asOf), position: number(shown.position) }));
  $("asof").hidden = false;
}

function drawSums(vacancies) {
  const sum = (figure) => vacancies.reduce((total, one) => total + (one.ledger[figure]?.value ?? 0), 0);
  const sums = [
    ["vacancies", vacancies.length], ["requested", sum("requested")], ["committed", sum("committed")],
    ["onboarded", sum("onboarded")], ["unfilled", vacancies.reduce((total, one) => total + one.freeSeats, 0)],
  ];
  $("sums").replaceChildren(...sums.map(([name, n]) => el("span", { attributes: { "data-sum": name } },
    el("b", { text: number(n) }), ` ${t(`sums.${name}`)}`)));
}

function drawVacancies() {
  const vacancies = state.vacancies;
  if (!vacancies) {
    $("sums").replaceChildren();
    $("empty").hidden = false;
    say($("empty"), t("list.loading"));
    return;
  }
  const unfolded = vacancies.length <= UNFOLD_MOST;
  for (const id of [...cards.keys()].filter((id) => !vacancies.some((one) => one.id === id))) {
    cards.get(id).root.remove();
    cards.delete(id);
  }
  const said = [];
  let last = null;
  for (const vacancy of vacancies) {
    learnName(vacancy.enterprise, vacancy.enterpriseName);
    let card = cards.get(vacancy.id);
    if (card) {
      said.push(...progressOf(card.vacancy, vacancy));
      card.update(vacancy);
    } else {
      card = new VacancyCard(vacancy, { openable: state.openable, unfolded, onClosed: closeFigures });
      for (const list of card.lists) list.onOpened = () => refreshLists().catch(failed);
      cards.set(vacancy.id, card);
    }
    const place = last ? last.nextElementSibling : $("cards").firstElementChild;
    if (place !== card.root) $("cards").insertBefore(card.root, place);
    last = card.root;
  }
  if (said.length) announce(said.join(" · "));
  drawSums(vacancies);
  $("empty").hidden = vacancies.length > 0 && !state.more;
  say($("empty"), state.more ? t("more.vacancies", { n: number(vacancies.length) }) : t(`empty.${filter()}`));
}

/** What is worth saying aloud: progress now and then, and a vacancy that has become full at once. */
function progressOf(before, after) {
  const n = after.ledger.onboarded?.value ?? 0;
  const m = after.ledger.requested?.value ?? 0;
  if (n === (before.ledger.onboarded?.value ?? 0)) return [];
  const full = m > 0 && n >= m;
  if (!full && performance.now() - state.spokenAt < SPEAK_EVERY_MS) return [];
  const who = after.enterpriseName || after.enterprise;
  return [t(full ? "vacancy.said.full" : "vacancy.said", { who, n: number(n), m: number(m) })];
}

/** The key opens no events: numbers are numbers, not buttons. */
function closeFigures() {
  state.openable = false;
  closeEvents();
  redraw();
}

/** Everything anew, in the language now chosen. */
function redraw() {
  translate();
  const other = languageTag() === "en" ? ["中文", "zh-CN"] : ["English", "en"];
  say($("language"), other[0]);
  $("language").lang = other[1];
  for (const card of cards.values()) card.root.remove();
  cards.clear();
  $("tiles").replaceChildren();
  drawIndicators();
  drawVacancies();
  drawLink();
}

// ---- Asking ----

/** Order to show in: urgent before others, then the newest first. */
function inOrder(vacancies) {
  const urgent = (one) => Number(one.terms?.urgent ?? false);
  return vacancies.sort((a, b) => urgent(b) - urgent(a) || b.postedAt.localeCompare(a.postedAt));
}

/** Whether this key opens events, asked once with a page of one. */
async function probe(vacancy) {
  try {
    await read(`/v1/vacancies/${encodeURIComponent(vacancy.id)}/events?page_size=1`);
    return true;
  } catch (refused) {
    if (refused.status === 404 || refused.status === 403) return false;
    throw refused;
  }
}

async function refreshLists() {
  const asOf = state.indicators?.asOf;
  for (const card of [...cards.values()]) await card.refreshLists(state.drawnAt, asOf);
}

async function ask(round) {
  const indicators = await read("/v1/indicators");
  if (round !== state.round) return;
  state.indicators = indicators;
  if (indicators.position !== state.position) {
    state.position = indicators.position;
    state.movedAt = performance.now();
  }
  drawIndicators();
  // Why: every number but the time comes out of the log; while it stands still there is nothing to read.
  if (state.drawnAt !== indicators.position) {
    const { items, more } = await readList(filter() === "urgent" ? "/v1/vacancies?urgent=true" : "/v1/vacancies");
    if (items.length && state.openable === null) state.openable = await probe(items[0]);
    if (round !== state.round) return;
    state.vacancies = inOrder(items);
    state.more = more;
    state.drawnAt = indicators.position;
    drawVacancies();
  }
  await refreshLists();
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
  Object.assign(state, {
    running: true, failures: 0, answeredAt: 0, position: -1, drawnAt: -1,
    indicators: null, vacancies: null, openable: null, wasLost: false,
  });
  forgetNames();
  $("key-form").hidden = true;
  $("board").hidden = false;
  $("forget").hidden = false;
  redraw();
  tick();
}

function leave(why = "") {
  state.running = false;
  state.round += 1;
  clearTimeout(state.timer);
  closeEvents();
  forgetKey();
  Object.assign(state, { indicators: null, vacancies: null });
  for (const card of cards.values()) card.root.remove();
  cards.clear();
  $("asof").hidden = true;
  $("board").hidden = true;
  $("forget").hidden = true;
  $("key-form").hidden = false;
  $("key").value = "";
  say($("key-problem"), why);
  drawLink();
  $("key").focus();
}

function wire() {
  preparePanel();
  $("language").addEventListener("click", () => {
    toggleLanguage();
    redraw();
    if (state.running) refreshLists().catch(failed);
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
  for (const one of document.querySelectorAll('input[name="filter"]')) {
    one.addEventListener("change", () => {
      state.drawnAt = -1;
      tick();
    });
  }
  addEventListener("hashchange", () => {
    if (takeKeyFromAddress()) enter();
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
