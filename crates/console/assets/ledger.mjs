// One vacancy's card: its way, its other figures, its signals and dispatches.

import { openEvents } from "./events.mjs";
import { dispatchList, signalList } from "./lists.mjs";
import { el, number, say, t, word } from "./words.mjs";

const WAY = ["requested", "signalled", "committed", "departed", "arrived", "onboarded"];
const OTHERS = [
  "willing", "standby", "seatsTaken", "signals", "declinedSignals", "escalatedSignals", "recalledSignals",
  "released", "refusedBoarding", "boarded", "noShow", "substituted", "declined", "notHired", "leftEnRoute",
  "returned", "transferred", "ended", "retained", "corrected",
];
// From back to front: what is nearer to its end lies over what is farther.
const LAYERS = ["seatsTaken", "departed", "arrived", "onboarded"];

const value = (vacancy, figure) => vacancy.ledger[figure]?.value ?? 0;

export class VacancyCard {
  /** `openable`: whether the key opens events; `unfolded`: whether the lists begin open. */
  constructor(vacancy, { openable, unfolded, onClosed }) {
    this.vacancy = vacancy;
    this.onClosed = onClosed;
    this.openable = openable;
    this.figures = new Map();
    const id = `title-${vacancy.id}`;
    this.title = el("h2", { attributes: { id, lang: "zh-CN" } });
    this.enterprise = el("p", { className: "enterprise", attributes: { lang: "zh-CN" } });
    this.facts = el("p", { className: "facts" });
    this.tags = el("p", { className: "tags" });
    this.done = el("p", { className: "done" });
    this.share = el("span", { className: "share", attributes: { "aria-hidden": "true" } });
    this.layers = LAYERS.map((figure) => el("span", { className: `layer ${figure}` }));
    this.bar = el("div", {
      className: "bar", attributes: { role: "progressbar", "aria-valuemin": "0", "aria-labelledby": id },
    }, ...this.layers);
    this.others = el("ul", {
      className: "others", attributes: { "aria-label": t("vacancy.others") },
    }, ...OTHERS.map((figure) => el("li", {}, this.figure(figure))));
    this.gap = el("li", { className: "figure plain" }, el("span", { className: "value" }), el("span", { className: "label", text: t("figure.unfilled") }));
    this.others.prepend(this.gap);
    this.lists = [signalList(vacancy.id, unfolded), dispatchList(vacancy.id, unfolded)];
    this.root = el("article", {
      className: "card", attributes: { "data-vacancy": vacancy.id, "aria-labelledby": id },
    },
    el("header", {}, el("div", {}, this.title, this.enterprise), this.tags),
    this.facts,
    el("div", { className: "progress" }, el("p", { className: "done-row" }, this.done, this.share), this.bar),
    el("ol", { className: "way", attributes: { "aria-label": t("vacancy.way") } },
      ...WAY.map((figure) => el("li", {}, this.figure(figure)))),
    this.others,
    ...this.lists.map((list) => list.root));
    this.update(vacancy);
  }

  /** A number; a button that opens its events, where the key may see them. */
  figure(name) {
    const shown = el("span", { className: "value" });
    const label = el("span", { className: "label", text: t(`figure.${name}`) });
    const made = this.openable
      ? el("button", {
        className: "figure", attributes: { type: "button", "data-figure": name },
        on: { click: () => this.open(name) },
      }, shown, label)
      : el("span", { className: "figure plain", attributes: { "data-figure": name } }, shown, label);
    this.figures.set(name, { made, shown });
    return made;
  }

  open(name) {
    const label = t(`figure.${name}`);
    const { enterpriseName, terms, ledger } = this.vacancy;
    return openEvents({
      url: ledger[name].events,
      title: t("panel.title", { label, value: number(value(this.vacancy, name)) }),
      about: [enterpriseName, terms.title].filter(Boolean).join(" · "),
      meaning: t(`meaning.${name}`),
      onClosed: this.onClosed,
    });
  }

  update(vacancy) {
    this.vacancy = vacancy;
    const { terms = {} } = vacancy;
    const requested = value(vacancy, "requested");
    const onboarded = value(vacancy, "onboarded");
    say(this.title, terms.title ?? vacancy.id);
    say(this.enterprise, vacancy.enterpriseName || vacancy.enterprise);
    this.drawFacts(vacancy);
    say(this.done, t("vacancy.done", { n: number(onboarded), m: number(requested) }));
    say(this.share, requested ? `${Math.floor((Math.min(onboarded, requested) / requested) * 100)}%` : "");
    this.bar.setAttribute("aria-valuemax", requested);
    this.bar.setAttribute("aria-valuenow", Math.min(onboarded, requested));
    this.bar.setAttribute("aria-valuetext", this.done.textContent);
    LAYERS.forEach((figure, i) => {
      const share = requested ? Math.min(1, value(vacancy, figure) / requested) : 0;
      this.layers[i].style.width = `${(share * 100).toFixed(2)}%`;
    });
    say(this.gap.firstChild, number(vacancy.freeSeats));
    this.gap.classList.toggle("none", vacancy.freeSeats === 0);
    for (const [name, { made, shown }] of this.figures) {
      const n = value(vacancy, name);
      const before = made.dataset.value;
      made.dataset.value = n;
      made.classList.toggle("none", n === 0);
      if (!say(shown, number(n))) continue;
      if (this.openable) made.setAttribute("aria-label", t("figure.open", { value: number(n), label: t(`figure.${name}`) }));
      if (before !== undefined) this.flash(made);
    }
    this.root.classList.toggle("full", requested > 0 && onboarded >= requested);
  }

  drawFacts(vacancy) {
    const { terms = {} } = vacancy;
    const pay = terms.pay ?? {};
    say(this.facts, [
      terms.neededBy && t("vacancy.neededBy", { date: terms.neededBy }),
      terms.trainable && t("vacancy.trainable"),
      pay.unit === "MONTH" && pay.totalToYuan
        && t("vacancy.pay", { from: number(pay.totalFromYuan ?? 0), to: number(pay.totalToYuan) }),
      t("vacancy.points", { n: number(vacancy.servicePointsInvolved) }),
    ].filter(Boolean).join(" · "));
    const tags = [
      terms.urgent && ["urgent", t("vacancy.urgent")],
      vacancy.readOnly && ["readOnly", t("vacancy.readOnly")],
      [vacancy.state, word("vacancyState", vacancy.state)],
    ].filter(Boolean);
    const drawn = JSON.stringify(tags);
    if (this.tags.dataset.drawn === drawn) return;
    this.tags.dataset.drawn = drawn;
    this.tags.replaceChildren(...tags.map(([state, text]) => el("span", {
      className: "state", text, attributes: { "data-state": state },
    })));
  }

  /** Shows for a moment that a number is new. */
  flash(made) {
    made.classList.remove("fresh");
    void made.offsetWidth; // Begins the animation again.
    made.classList.add("fresh");
  }

  async refreshLists(position, asOf) {
    await Promise.all(this.lists.map((list) => list.refresh(position, asOf)));
  }
}
