// 名册: a file is looked at row by row before it is taken in.

import { Refused, upload } from "./api.mjs";
import { button, why } from "./ask.mjs";
import { el, number, t } from "./words.mjs";

const COUNTS = ["rows", "created", "updated", "unchanged", "unverified", "refused", "leftOut", "absent"];
const GOOD = ["created", "updated"];
const BAD = ["refused"];
const WARN = ["unverified", "absent"];
// Notes of a roster of thousands; the rest is in the sheet that goes back.
const MOST_NOTES = 500;

export class Roster {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.roster";
    this.file = null;
    this.report = null;
    this.heading = el("h1", { text: t("tab.roster"), attributes: { tabindex: "-1" } });
    this.input = el("input", {
      className: "visually-hidden", attributes: { type: "file", id: "roster-file", accept: ".xlsx,.xls,.csv,.ndjson" },
      on: { change: () => this.choose(this.input.files[0]) },
    });
    this.drop = el("label", { className: "drop", attributes: { for: "roster-file" } },
      el("strong", { text: t("roster.choose") }), el("span", { text: t("roster.drop") }), el("small", { text: t("roster.forms") }));
    for (const name of ["dragenter", "dragover"]) this.drop.addEventListener(name, (event) => this.hover(event, true));
    for (const name of ["dragleave", "drop"]) this.drop.addEventListener(name, (event) => this.hover(event, false));
    this.drop.addEventListener("drop", (event) => this.choose(event.dataTransfer.files[0]));
    this.status = el("p", { className: "line", attributes: { role: "status" } });
    this.bar = el("progress", { attributes: { "aria-label": t("roster.progress") } });
    this.bar.hidden = true;
    this.shown = el("div", { className: "report" });
    this.root = el("section", {},
      el("header", { className: "view-head" }, this.heading),
      ...(desk.readsOnly ? [] : [this.input, this.drop]), this.status, this.bar, this.shown);
  }

  async refresh() {
    // Nothing here changes by itself.
  }

  hover(event, over) {
    event.preventDefault();
    this.drop.classList.toggle("over", over);
  }

  async choose(file) {
    this.input.value = ""; // So that the same file can be chosen again once it is mended.
    if (!file || this.busy) return;
    this.file = file;
    await this.run(true);
  }

  async run(dryRun) {
    this.busy = true;
    this.bar.hidden = false;
    this.bar.removeAttribute("value");
    this.shown.replaceChildren();
    this.say("saving", t(dryRun ? "roster.looking" : "roster.taking"));
    const path = `/v1/register/${encodeURIComponent(this.desk.me.party)}/cards${dryRun ? "?dry_run=true" : ""}`;
    try {
      const report = await upload(path, this.file, ({ done, total }) => {
        this.bar.max = Math.max(1, total);
        this.bar.value = done;
      });
      if (!dryRun) this.desk.registers?.clear();
      this.draw(report);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      this.say("failed", t("line.failed", { why: why(refused) }), button(t("line.retry"), "quiet", () => this.run(dryRun)));
    } finally {
      this.busy = false;
      this.bar.hidden = true;
    }
  }

  say(state, text, ...more) {
    this.status.dataset.state = state;
    this.status.replaceChildren(el("span", { text }), ...more);
  }

  draw(report) {
    const changes = report.created + report.updated;
    this.say(report.dryRun ? "saving" : "saved", report.dryRun
      ? t("roster.preview", { file: this.file.name }) : t("roster.taken", { file: this.file.name }));
    const tiles = el("dl", { className: "tiles report-tiles" }, ...COUNTS.filter((name) => name in report).map((name) => {
      const n = Array.isArray(report[name]) ? report[name].length : report[name];
      const kind = [[GOOD, "good"], [BAD, "bad"], [WARN, "amber"]].find(([names]) => n && names.includes(name))?.[1] ?? "";
      return el("div", { className: kind, attributes: { "data-report": name } },
        el("dt", { text: t(`roster.${name}`) }), el("dd", { text: number(n) }));
    }));
    this.shown.replaceChildren(
      tiles,
      ...(report.dryRun ? [this.confirm(report, changes)] : []),
      ...notes("roster.refusals", report.refusals ?? [], true),
      ...notes("roster.warnings", report.warnings ?? [], false),
      ...notes("roster.leftOutRows", report.leftOutRows ?? [], false),
      ...(report.unknownColumns?.length ? [el("p", { className: "hint", text: t("roster.unknownColumns", { names: report.unknownColumns.join("、") }) })] : []));
    this.shown.querySelector('[data-act="take-in"]')?.focus();
  }

  confirm(report, changes) {
    const take = button(t("roster.takeIn", { n: number(changes) }), "main", () => this.run(false), { "data-act": "take-in" });
    take.disabled = changes === 0;
    return el("div", { className: "result" },
      el("p", { text: changes ? t("roster.dryRun", { n: number(report.refused) }) : t("roster.nothing") }), take);
  }
}

/** Rows with what is to be said about them. */
function notes(title, rows, open) {
  if (!rows.length) return [];
  const sheets = rows.some((one) => one.sheet);
  const columns = [...(sheets ? ["roster.sheet"] : []), "roster.row", "roster.column", "roster.reason"];
  const fold = el("details", { className: "fold" },
    el("summary", { text: t(title, { n: number(rows.length) }) }),
    el("table", {},
      el("caption", { className: "visually-hidden", text: t(title, { n: number(rows.length) }) }),
      el("thead", {}, el("tr", {}, ...columns.map((key) => el("th", { text: t(key), attributes: { scope: "col" } })))),
      el("tbody", {}, ...rows.slice(0, MOST_NOTES).map((one) => el("tr", {},
        ...(sheets ? [el("td", { text: one.sheet ?? "" })] : []),
        el("th", { text: number(one.row), attributes: { scope: "row" } }),
        el("td", { text: one.column }), el("td", { text: one.reason }))))),
    ...(rows.length > MOST_NOTES ? [el("p", { className: "hint", text: t("list.truncated", { n: number(MOST_NOTES) }) })] : []));
  fold.open = open;
  return [fold];
}
