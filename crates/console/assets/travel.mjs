// 派遣: the groups of this party, and people promised who have no coach yet.

import { pastList } from "./ask.mjs";
import { dispatchItem, looseItem } from "./todo.mjs";
import { pastDispatches } from "./work.mjs";
import { el, say, t } from "./words.mjs";

export class Travel {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.travel";
    this.heading = el("h1", { text: t("tab.travel"), attributes: { tabindex: "-1" } });
    this.status = el("p", { className: "notice", text: t("list.loading") });
    this.sections = el("div", { className: "sections" });
    this.over = pastList(t("travel.over"), t("travel.overNone"), async () => (
      desk.work.ownDispatches(await pastDispatches()).map((one) => dispatchItem(one, desk))));
    this.root = el("section", {}, el("header", { className: "view-head" }, this.heading), this.status, this.sections, this.over);
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
    const under = work.ownDispatches().filter((one) => !waiting.includes(one));
    const focused = document.activeElement?.closest?.("[data-dispatch]")?.dataset.dispatch;
    this.sections.replaceChildren(
      ...part("travel.loose", work.loose.map((one) => looseItem(one, desk))),
      ...part("travel.waiting", waiting.map((one) => dispatchItem(one, desk))),
      ...part("travel.under", under.map((one) => dispatchItem(one, desk))));
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
