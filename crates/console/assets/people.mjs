// Finding somebody in one's own register, and names of people on a list.

import { Refused, readFresh } from "./api.mjs";
import { ask, field, why } from "./ask.mjs";
import { flag } from "./caller.mjs";
import { el, number, say, t } from "./words.mjs";

const PAGE = 250;
const KEPT_MS = 300000;
// A township's register; whoever has more narrows by the card.
const MOST_PAGES = 24;
const MOST_SHOWN = 12;

/** What stands for a person: the name, or the end of the card where the name is not for this key. */
export function nameOf(one) {
  return one.name ?? t("card.name", { id: `…${one.card.slice(-6)}` });
}

/** Whom a group takes along, by card, named as far as the key may know. */
export async function travellers(desk, dispatch) {
  const path = `/v1/dispatches/${encodeURIComponent(dispatch)}`;
  try {
    const list = desk.me.kind === "SERVICE_POINT"
      ? (await readFresh(`${path}/people`)).items
      : (await readFresh(`${path}/manifest?for=enterprise`)).people;
    return new Map(list.map((one) => [one.card, one]));
  } catch (refused) {
    // Why: an enterprise learns names from the acceptance on only; it works with cards until then.
    if (refused instanceof Refused && refused.code === "manifest.not_given") return new Map();
    throw refused;
  }
}

/** A point's register with names, read page by page; kept for a few minutes, since each reading is recorded. */
export async function* register(desk, point) {
  desk.registers ??= new Map();
  const kept = desk.registers.get(point);
  if (kept && performance.now() - kept.readAt < KEPT_MS) return yield kept.people;
  const people = [];
  let token = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await readFresh(`/v1/register/${encodeURIComponent(point)}/cards?page_size=${PAGE}${token}`);
    people.push(...answer.items);
    yield people;
    if (!answer.next_page_token) break;
    token = `&page_token=${encodeURIComponent(answer.next_page_token)}`;
  }
  desk.registers.set(point, { people, readAt: performance.now() });
  return undefined;
}

/** Asks for one person of the register who is not in `known`; null if nobody was chosen. */
export async function findPerson(desk, point, known, { title = t("find.title"), yes = t("find.yes") } = {}) {
  const found = el("div", { className: "found", attributes: { role: "radiogroup", "aria-label": t("find.found") } });
  const note = el("p", { className: "hint", text: t("find.loading"), attributes: { role: "status" } });
  const search = field(t("find.search"), { hint: t("find.hint"), enterkeyhint: "search", autocomplete: "off" });
  const input = search.querySelector("input");
  let people = [];
  let whole = false;
  const draw = () => {
    const text = input.value.trim();
    const fits = text ? people.filter((one) => matches(one, text)) : [];
    fits.sort((a, b) => choosable(b, known) - choosable(a, known));
    const chosen = found.querySelector("input:checked")?.value;
    found.replaceChildren(...fits.slice(0, MOST_SHOWN).map((one) => personChoice(one, known, chosen)));
    if (!text) say(note, whole ? t("find.size", { n: number(people.length) }) : t("find.loading"));
    else if (!fits.length) say(note, whole ? t("find.none") : t("find.loading"));
    else say(note, fits.length > MOST_SHOWN ? t("find.more", { n: number(fits.length) }) : t("find.count", { n: number(fits.length) }));
  };
  input.addEventListener("input", draw);
  const load = async () => {
    try {
      for await (const some of register(desk, point)) {
        people = some;
        draw();
      }
      whole = true;
      draw();
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      say(note, why(refused));
    }
  };
  load();
  return ask({
    title, body: [search, note, found], yes,
    act: ({ person }) => {
      const one = people.find(({ card }) => card === person);
      if (!one) throw new Refused(422, { detail: t("find.choose") });
      return one;
    },
  });
}

function matches(one, text) {
  return (one.name ?? "").includes(text) || (one.phone ?? "").includes(text) || one.card === text;
}

/** Whether somebody may be added now: not there already, free, and known for sure. */
function choosable(one, known) {
  return !known.includes(one.card) && !one.bound && one.verified !== false;
}

function personChoice(one, known, chosen) {
  const input = el("input", { attributes: { type: "radio", name: "person", value: one.card } });
  input.disabled = !choosable(one, known);
  input.checked = one.card === chosen && !input.disabled;
  return el("label", { className: "find-row" }, input, el("span", {},
    el("strong", { text: nameOf(one), attributes: { lang: "zh-CN" } }),
    el("small", { text: [one.phone, one.birthYear && t("find.born", { year: one.birthYear })].filter(Boolean).join(" · ") })),
  ...(known.includes(one.card) ? [flag("listed", t("find.listed"))] : []),
  ...(one.bound ? [flag("held", t("flag.held"))] : []),
  ...(one.verified === false ? [flag("unverified", t("flag.unverified"))] : []));
}
