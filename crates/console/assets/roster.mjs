// 名册: a file is looked at row by row before it is taken in.

import { Refused, upload } from "./api.mjs";
import { button, why } from "./ask.mjs";
import { nameOf, register } from "./people.mjs";
import { el, number, t, word } from "./words.mjs";

// Each row below a header stands in one of the first; what follows says more of some.
const COUNTS = ["rows", "created", "updated", "unchanged", "refused", "leftOutRows", "unverified", "elsewhere", "absent"];
const TONES = { created: "good", updated: "good", refused: "bad", unverified: "amber", elsewhere: "amber", absent: "amber" };
// Rows of a roster of thousands; the first of each kind tell what is wrong.
const MOST_ROWS = 500;
const ENDS = ["refused", "left_out", "elsewhere", "created", "updated", "unchanged"];

export class Roster {
  constructor(desk) {
    this.desk = desk;
    this.title = "tab.roster";
    this.file = null;
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

  /** Goes on with the file that `before` was looking at. */
  adopt(before) {
    if (!before.file || before.taken) return;
    this.file = before.file;
    this.run(true);
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
      this.taken = !dryRun;
      if (this.taken) this.desk.registers?.clear();
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
    this.say(report.dryRun ? "saving" : "saved", t(report.dryRun ? "roster.preview" : "roster.taken", { file: this.file.name }));
    const shown = { ...report, absent: report.absent?.count };
    const tiles = COUNTS.filter((name) => shown[name] !== undefined).map((name) => el("div", {
      className: shown[name] ? TONES[name] ?? "" : "", attributes: { "data-report": name },
    }, el("dt", { text: t(`roster.${name}`) }), el("dd", { text: number(shown[name]) })));
    this.shown.replaceChildren(
      el("dl", { className: "tiles report-tiles" }, ...tiles),
      ...(report.dryRun ? [this.confirm(report)] : []),
      ...this.whole(report),
      ...rows(report),
      ...notes("roster.refusals", report.refusals, true),
      ...notes("roster.unverifiedRows", report.unverifiedRows, false),
      ...notes("roster.warnings", report.warnings?.filter((one) => one.row > 0), false),
      ...notes("roster.leftOut", report.leftOut, false),
      ...this.absent(report.absent));
    this.shown.querySelector('[data-act="take-in"]')?.focus();
  }

  confirm(report) {
    const changes = report.created + report.updated + report.unverified;
    const take = button(t("roster.takeIn", { n: number(changes) }), "main", () => this.run(false), { "data-act": "take-in" });
    take.disabled = changes === 0;
    return el("div", { className: "result" },
      el("p", { text: changes ? t("roster.dryRun", { n: number(report.refused) }) : t("roster.nothing") }), take);
  }

  /** What is to be said about the file as a whole. */
  whole(report) {
    const said = [
      ...(report.warnings ?? []).filter((one) => one.row === 0).map((one) => one.reason),
      ...(report.sheets ?? []).map((one) => t("roster.sheetLeft", { sheet: one.sheet, reason: one.reason })),
      ...(report.unknownColumns?.length ? [t("roster.unknownColumns", { names: report.unknownColumns.join("、") })] : []),
      ...(report.droppedColumns?.length ? [t("roster.droppedColumns", { names: report.droppedColumns.join("、") })] : []),
    ];
    return said.length ? [el("ul", { className: "notes" }, ...said.map((text) => el("li", { text })))] : [];
  }

  /** People of the register whom the file does not have; nothing was changed about them. */
  absent(absent) {
    if (!absent?.count) return [];
    const list = el("ul", { className: "names", attributes: { lang: "zh-CN" } });
    const fold = el("details", { className: "fold" },
      el("summary", { text: t("roster.absentList", { n: number(absent.count) }) }), el("p", { className: "hint", text: t("roster.absentMeans") }), list);
    // Why only then: names are read with a record.
    fold.addEventListener("toggle", () => fold.open && this.nameAbsent(absent, list), { once: true });
    return [fold];
  }

  async nameAbsent({ cards, count }, list) {
    try {
      let people = [];
      for await (const some of register(this.desk, this.desk.me.party)) people = some;
      const known = new Map(people.map((one) => [one.card, one]));
      list.replaceChildren(...cards.map((card) => el("li", { text: nameOf({ ...known.get(card), card }) })),
        ...(count > cards.length ? [el("li", { text: "…" })] : []));
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      list.replaceChildren(el("li", { text: why(refused) }));
    }
  }
}

/** Row by row what will become of the file: what needs a look comes first. */
function rows({ outcomes = [], ...report }) {
  if (!outcomes.length) return [];
  const said = new Map();
  for (const one of [report.refusals, report.unverifiedRows, report.leftOut, report.warnings].flatMap((notes) => notes ?? [])) {
    const key = `${one.sheet ?? ""}:${one.row}`;
    said.set(key, [...(said.get(key) ?? []), [one.column, one.reason].filter(Boolean).join("：")]);
  }
  const place = (one) => (one.unverified ? 0.5 : ENDS.indexOf(one.outcome));
  const sorted = [...outcomes].sort((a, b) => place(a) - place(b) || a.row - b.row);
  const sheets = outcomes.some((one) => one.sheet);
  return [table("roster.rowByRow", outcomes.length, [...(sheets ? ["roster.sheet"] : []), "roster.row", "roster.outcome", "roster.reason"],
    sorted.slice(0, MOST_ROWS).map((one) => [
      ...(sheets ? [el("td", { text: one.sheet ?? "" })] : []),
      el("th", { text: number(one.row), attributes: { scope: "row" } }),
      el("td", {}, el("span", { className: "state", text: word("rowEnd", one.outcome), attributes: { "data-state": one.outcome } }),
        ...(one.unverified ? [el("span", { className: "state", text: t("flag.unverified"), attributes: { "data-state": "open" } })] : [])),
      el("td", { text: (said.get(`${one.sheet ?? ""}:${one.row}`) ?? []).join("；") }),
    ]), false)];
}

/** Rows with what is to be said about them. */
function notes(title, list = [], open) {
  if (!list.length) return [];
  const sheets = list.some((one) => one.sheet);
  return [table(title, list.length, [...(sheets ? ["roster.sheet"] : []), "roster.row", "roster.column", "roster.reason"],
    list.slice(0, MOST_ROWS).map((one) => [
      ...(sheets ? [el("td", { text: one.sheet ?? "" })] : []),
      el("th", { text: number(one.row), attributes: { scope: "row" } }),
      el("td", { text: one.column }), el("td", { text: one.reason }),
    ]), open)];
}

function table(title, n, columns, lines, open) {
  const name = t(title, { n: number(n) });
  const fold = el("details", { className: "fold" }, el("summary", { text: name }),
    el("div", { className: "scroll", attributes: { tabindex: "0", role: "region", "aria-label": name } }, el("table", {},
      el("caption", { className: "visually-hidden", text: name }),
      el("thead", {}, el("tr", {}, ...columns.map((key) => el("th", { text: t(key), attributes: { scope: "col" } })))),
      el("tbody", {}, ...lines.map((cells) => el("tr", {}, ...cells))))),
    ...(n > lines.length ? [el("p", { className: "hint", text: t("list.truncated", { n: number(lines.length) }) })] : []));
  fold.open = open;
  return fold;
}
