// 派遣: the groups of this party, and people promised who have no coach yet.

import { dispatchItem, looseItem } from "./todo.mjs";
import { el, number, say, t } from "./words.mjs";

const OVER = ["closed", "declined", "cancelled"];

export class Travel {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.travel";
    this.heading = el("h1", { text: t("tab.travel"), attributes: { tabindex: "-1" } });
    this.status = el("p", { className: "notice", text: t("list.loading") });
    this.sections = el("div", { className: "sections" });
    this.root = el("section", {}, el("header", { className: "view-head" }, this.heading), this.status, this.sections);
    this.drawn = "";
    if (desk.work.readAt) this.draw();
  }

  async refresh(city) {
    await this.desk.work.refresh(city);
    this.draw();
  }

  draw() {
    const { desk } = this;
    const { work } = desk;
    const drawn = JSON.stringify([work.position, desk.now.slice(0, 16)]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const waiting = work.waitingDispatches();
    const own = work.ownDispatches();
    const under = own.filter((one) => !waiting.includes(one) && !OVER.includes(one.state));
    const over = own.filter((one) => OVER.includes(one.state)).reverse();
    const open = this.sections.querySelector("details")?.open ?? false;
    const focused = document.activeElement?.closest?.("[data-dispatch]")?.dataset.dispatch;
    const fold = el("details", { className: "rest" }, el("summary", { text: t("travel.over", { n: number(over.length) }) }),
      el("ul", { className: "items" }, ...over.map((one) => dispatchItem(one, desk))));
    fold.open = open;
    this.sections.replaceChildren(
      ...part("travel.loose", work.loose.map((one) => looseItem(one, desk))),
      ...part("travel.waiting", waiting.map((one) => dispatchItem(one, desk))),
      ...part("travel.under", under.map((one) => dispatchItem(one, desk))),
      ...(over.length ? [fold] : []));
    if (focused) this.sections.querySelector(`[data-dispatch="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    this.status.hidden = this.sections.children.length > 0;
    say(this.status, t("travel.none"));
  }
}

function part(title, rows) {
  if (!rows.length) return [];
  const id = title.replace(".", "-");
  return [el("section", { attributes: { "aria-labelledby": id } },
    el("h2", { text: t(title), attributes: { id } }), el("ul", { className: "items" }, ...rows))];
}
