// The ledgers of the vacancies that a key sees, and the city's figures.

import { Refused, read, readList } from "./api.mjs";
import { closeEvents, learnName } from "./events.mjs";
import { VacancyCard } from "./ledger.mjs";
import { el, number, say, t } from "./words.mjs";

// At most one spoken progress message in this time.
const SPEAK_EVERY_MS = 20000;
// With more vacancies than this, lists begin folded.
const UNFOLD_MOST = 4;
const TILES = ["cards", "servicePoints", "enterprises", "partnerCities", "openVacancies", "openSignals", "events"];

const $ = (id) => document.getElementById(id);
const filter = () => document.querySelector('input[name="filter"]:checked').value;

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
    if (refused instanceof Refused && refused.closed) return false;
    throw refused;
  }
}

/** The page's one board of ledgers; its elements stand in the page. */
export class Board {
  /** `desk`: what the page tells its parts, see console.mjs. */
  constructor(desk) {
    this.desk = desk;
    this.title = "page.title";
    this.root = $("board");
    this.heading = $("ledgers-title");
    this.cards = new Map();
    this.vacancies = null;
    this.more = false;
    this.openable = null;
    this.drawnAt = -1;
    this.spokenAt = 0;
    this.chosen = () => {
      this.drawnAt = -1;
      desk.look();
    };
    for (const one of document.querySelectorAll('input[name="filter"]')) one.addEventListener("change", this.chosen);
    // Why: whoever has few vacancies looks for none among the urgent ones.
    if (desk.me.kind === "ENTERPRISE") document.querySelector('input[name="filter"][value="all"]').checked = true;
    $("tiles").hidden = desk.me.kind === "SERVICE_POINT";
    this.drawVacancies();
  }

  /** Reads what is new. `city`: the indicators, read a moment ago. */
  async refresh(city) {
    this.drawIndicators(city);
    // Why: every number but the time comes out of the log; while it stands still there is nothing to read.
    if (this.drawnAt !== city.position) {
      const { items, more } = await readList(filter() === "urgent" ? "/v1/vacancies?urgent=true" : "/v1/vacancies");
      if (items.length && this.openable === null) this.openable = await probe(items[0]);
      this.vacancies = inOrder(items);
      this.more = more;
      this.drawnAt = city.position;
      this.drawVacancies();
    }
    await this.refreshLists(city);
  }

  async refreshLists({ asOf }) {
    for (const card of [...this.cards.values()]) await card.refreshLists(this.drawnAt, asOf);
  }

  close() {
    for (const one of document.querySelectorAll('input[name="filter"]')) one.removeEventListener("change", this.chosen);
    for (const card of this.cards.values()) card.root.remove();
    $("tiles").replaceChildren();
  }

  drawIndicators(city) {
    if (!$("tiles").children.length) {
      $("tiles").replaceChildren(...TILES.map((name) => el("div", {},
        el("dt", { text: t(`city.${name}`) }), el("dd", { attributes: { "data-indicator": name } }))));
    }
    for (const name of TILES) say(document.querySelector(`[data-indicator="${name}"]`), number(city[name]));
  }

  drawSums() {
    const sum = (figure) => this.vacancies.reduce((total, one) => total + (one.ledger[figure]?.value ?? 0), 0);
    const unfilled = this.vacancies.reduce((total, one) => total + one.freeSeats, 0);
    const sums = [
      ["vacancies", this.vacancies.length], ["requested", sum("requested")], ["committed", sum("committed")],
      ["onboarded", sum("onboarded")], ["unfilled", unfilled],
    ];
    $("sums").replaceChildren(...sums.map(([name, n]) => el("span", { attributes: { "data-sum": name } },
      el("b", { text: number(n) }), ` ${t(`sums.${name}`)}`)));
  }

  drawVacancies() {
    const { vacancies } = this;
    if (!vacancies) {
      $("sums").replaceChildren();
      $("empty").hidden = false;
      say($("empty"), t("list.loading"));
      return;
    }
    for (const id of [...this.cards.keys()].filter((id) => !vacancies.some((one) => one.id === id))) {
      this.cards.get(id).root.remove();
      this.cards.delete(id);
    }
    const said = [];
    let last = null;
    for (const vacancy of vacancies) {
      learnName(vacancy.enterprise, vacancy.enterpriseName);
      let card = this.cards.get(vacancy.id);
      if (card) {
        said.push(...this.progressOf(card.vacancy, vacancy));
        card.update(vacancy);
      } else {
        card = this.makeCard(vacancy, vacancies.length <= UNFOLD_MOST);
      }
      const place = last ? last.nextElementSibling : $("cards").firstElementChild;
      if (place !== card.root) $("cards").insertBefore(card.root, place);
      last = card.root;
    }
    if (said.length) this.announce(said.join(" · "));
    this.drawSums();
    $("empty").hidden = vacancies.length > 0 && !this.more;
    say($("empty"), this.more ? t("more.vacancies", { n: number(vacancies.length) }) : t(`empty.${filter()}`));
  }

  makeCard(vacancy, unfolded) {
    const card = new VacancyCard(vacancy, {
      openable: this.openable, unfolded, onClosed: () => this.closeFigures(),
    });
    for (const list of card.lists) list.onOpened = () => this.desk.look();
    this.cards.set(vacancy.id, card);
    return card;
  }

  /** The key opens no events: numbers are numbers, not buttons. */
  closeFigures() {
    this.openable = false;
    closeEvents();
    for (const card of this.cards.values()) card.root.remove();
    this.cards.clear();
    this.drawVacancies();
    this.desk.look();
  }

  announce(text) {
    this.spokenAt = performance.now();
    this.desk.announce(text);
  }

  /** What is worth saying aloud: progress now and then, and a vacancy that has become full at once. */
  progressOf(before, after) {
    const n = after.ledger.onboarded?.value ?? 0;
    const m = after.ledger.requested?.value ?? 0;
    if (n === (before.ledger.onboarded?.value ?? 0)) return [];
    const full = m > 0 && n >= m;
    if (!full && performance.now() - this.spokenAt < SPEAK_EVERY_MS) return [];
    const who = after.enterpriseName || after.enterprise;
    return [t(full ? "vacancy.said.full" : "vacancy.said", { who, n: number(n), m: number(m) })];
  }
}
