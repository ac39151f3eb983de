// The side panel: the events behind one number, or the story of one dispatch.

import { Refused, read } from "./api.mjs";
import { el, number, say, shortTime, signed, t, time, word } from "./words.mjs";

const $ = (id) => document.getElementById(id);
const PAGE = 100;

const names = new Map();
let mayAskNames = true;
/** What the panel shows: {url, title, about, meaning, token, events, position}. */
let shown = null;
let opener = null;

/** Remembers the public name of a party that an answer told. */
export function learnName(party, name) {
  if (party && name) names.set(party, name);
}

export function forgetNames() {
  names.clear();
  mayAskNames = true;
}

/** Who a party is, as far as the key tells. */
function nameOf(party) {
  const known = word("party", party);
  if (known !== party) return known;
  return names.get(party) ?? party ?? "";
}

/** Asks the API for the names that the events need. A key that sees only itself is refused once. */
async function askNames(events) {
  for (const event of events) {
    for (const [code, name] of Object.entries(event.names ?? {})) learnName(code, name.zh);
  }
  const wanted = new Set();
  for (const event of events) {
    for (const party of [event.fact.actor?.party, bodyOf(event).point]) {
      if (party && !names.has(party) && word("party", party) === party) wanted.add(party);
    }
  }
  const [first, ...rest] = wanted;
  if (first) await askName(first); // Alone: it may be refused, and then the rest need not be asked.
  await Promise.all(rest.map(askName));
}

async function askName(party) {
  if (!mayAskNames) return;
  try {
    learnName(party, (await read(`/v1/parties/${encodeURIComponent(party)}`)).name);
  } catch (refused) {
    if (refused.status === 404 || refused.status === 403) mayAskNames = false;
    names.set(party, party);
  }
}

/** The event itself stands in `fact` under its name. */
function bodyOf(event) {
  const field = event.type.charAt(0).toLowerCase() + event.type.slice(1);
  return event.fact[field] ?? {};
}

/** The cards that an event names, in whatever form. */
function listed(body) {
  const people = Array.isArray(body.people) ? body.people : undefined;
  const named = body.passengers ?? body.calls ?? people;
  return named?.map((one) => one.card) ?? body.cards ?? body.manifest ?? [];
}

function cardName(card) {
  return card ? t("card.name", { id: `…${card.slice(-6)}` }) : "";
}

/** What happened, in a sentence. */
function sentence(event) {
  const key = `what.${event.type}`;
  const body = bodyOf(event);
  const people = listed(body).length;
  const text = word("what", event.type) === event.type ? "" : t(key, {
    title: body.terms?.title ?? "",
    point: nameOf(body.point),
    n: number(body.quota ?? body.missing ?? body.headcount ?? body.terms?.headcount ?? (people || body.people)),
    ring: body.ring ? t("signals.ring", { n: body.ring }) : t("signals.ring0"),
    until: shortTime(body.respondBy ?? body.expiresAt),
    reason: word("declineReason", body.reason),
    why: word("holdEnd", body.why),
    card: cardName(body.card),
    person: word("personState", String(body.to).toLowerCase()),
    dispatch: word("dispatchState", String(body.to).toLowerCase()),
    mode: word("mode", body.mode),
    out: cardName(body.out),
    in: cardName(body.in),
    to: nameOf(body.to),
    day: body.day ?? "",
    arrives: body.arrivesAt ? time(body.arrivesAt) : "",
    standbyEnd: word("standbyEnd", body.why),
    correction: word("correctionReason", body.reason),
    refusal: word("boardingRefusal", body.reason),
    visit: word("visitOutcome", body.outcome),
    agreed: body.agreed ? t("answer.yes") : t("answer.no"),
  });
  if (!body.evidence) return text;
  return `${text} · ${t("evidence.note", { evidence: word("evidence", body.evidence) })}`;
}

function row(event) {
  const { actor = {}, recordedAt } = event.fact;
  const who = [nameOf(actor.party), word("role", actor.role), actor.person].filter(Boolean).join(" · ");
  const item = el("li", { className: "event", attributes: { "data-sequence": event.sequence } },
    el("p", { className: "when" },
      el("time", { text: time(recordedAt), attributes: { datetime: recordedAt ?? "" } }),
      el("span", { text: t("panel.sequence", { n: event.sequence }) })),
    el("p", { className: "what" },
      el("strong", { text: word("event", event.type) }),
      ...(event.change === undefined ? [] : [el("span", {
        className: event.change < 0 ? "change down" : "change", text: signed(event.change),
      })])),
    el("p", { text: sentence(event) }),
    el("p", { className: "who", text: who }));
  const cards = listed(bodyOf(event));
  if (cards.length) {
    item.append(el("details", {},
      el("summary", { text: t("panel.cards", { n: number(cards.length) }) }),
      el("ul", { className: "ids" }, ...cards.map((card) => el("li", { text: card })))));
  }
  if (event.headers) item.append(...followed(event), record(event));
  return item;
}

/** What followed from an event of a story: those of one kind together. */
function followed(event) {
  const kinds = new Map();
  for (const one of event.follows) {
    const key = `${one.how} ${one.type}`;
    kinds.set(key, [...(kinds.get(key) ?? []), one]);
  }
  if (!kinds.size) return [];
  return [el("ul", { className: "follows", attributes: { "aria-label": t("story.follows") } },
    ...[...kinds.values()].map(([first, ...more]) => el("li", { attributes: { "data-sequence": first.sequence } },
      el("span", { className: "how", text: t(first.how === "later" ? "story.later" : "story.transaction") }),
      el("strong", { text: word("event", first.type) }),
      el("span", { text: more.length ? `× ${number(more.length + 1)}` : sentence(first) }))))];
}

/** How an event of a story stands in the log. */
function record(event) {
  const { transactionFirst, transactionLast, receipt, agreement } = event;
  const lines = [
    [t("story.transaction"), transactionFirst === transactionLast ? transactionFirst : `${transactionFirst}–${transactionLast}`],
    [t("story.receipt"), receipt?.sequence ?? "—"],
    [t("story.agreement"), agreement],
    ...Object.entries(event.headers),
  ];
  return el("details", {}, el("summary", { text: t("story.record") }),
    el("dl", { className: "ids" }, ...lines.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: String(value) })])));
}

function foot() {
  const n = number(shown.events.length);
  const sum = number(shown.events.reduce((total, event) => total + (event.change ?? 0), 0));
  const counted = shown.events.some((event) => event.change !== undefined);
  let text = counted ? t(shown.token ? "panel.sum.part" : "panel.sum", { n, sum }) : t("panel.count", { n });
  if (!shown.events.length) text = t("panel.none");
  say($("panel-sum"), text);
  $("panel-sum").dataset.sum = sum;
  $("panel-more").hidden = !shown.token;
  say($("panel-asof"), t("asof.position", { position: number(shown.position) }));
}

async function loadPage() {
  const asked = shown;
  $("panel-more").disabled = true;
  try {
    const join = asked.url.includes("?") ? "&" : "?";
    const token = asked.token ? `&page_token=${encodeURIComponent(asked.token)}` : "";
    const page = await read(`${asked.url}${join}page_size=${PAGE}${token}`);
    await askNames(page.items);
    if (asked !== shown) return; // Another number was opened meanwhile.
    asked.token = page.next_page_token ?? "";
    asked.position = page.position;
    asked.events.push(...page.items);
    $("events").append(...page.items.map(row));
    say($("panel-problem"), "");
    foot();
  } catch (refused) {
    if (asked !== shown) return;
    if (!(refused instanceof Refused)) throw refused;
    const closed = refused.status === 404 || refused.status === 403;
    say($("panel-sum"), "");
    say($("panel-problem"), closed ? t("problem.closed") : refused.message || t("problem.events"));
    if (closed) asked.onClosed?.();
  } finally {
    if (asked === shown) $("panel-more").disabled = false;
  }
}

/** Opens the panel: `{url, title, about, meaning, onClosed}`; `onClosed` is told of a 404. */
export function openEvents(what) {
  shown = { ...what, token: "", events: [], position: 0 };
  opener = document.activeElement;
  $("events").replaceChildren();
  say($("panel-title"), what.title);
  say($("panel-about"), what.about);
  say($("panel-meaning"), what.meaning ?? "");
  say($("panel-asof"), "");
  say($("panel-problem"), "");
  say($("panel-sum"), t("panel.loading"));
  $("panel-more").hidden = true;
  if (!$("panel").open) $("panel").showModal();
  $("panel-title").focus();
  $("events").scrollTop = 0;
  return loadPage();
}

export function closeEvents() {
  if ($("panel").open) $("panel").close();
}

/** Wires the panel's own buttons; to be called once. */
export function preparePanel() {
  $("panel-close").addEventListener("click", closeEvents);
  $("panel-more").addEventListener("click", loadPage);
  $("panel").addEventListener("click", (event) => {
    if (event.target === $("panel")) closeEvents(); // Beside the panel.
  });
  $("panel").addEventListener("close", () => {
    shown = null;
    if (opener?.isConnected) opener.focus();
  });
}
