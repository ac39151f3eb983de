// What stands beside a call list: the text to forward, who waits for a seat,
// and who is not on the list and why.

import { Line, Sender, button } from "./ask.mjs";
import { flag, phone } from "./caller.mjs";
import { nameOf } from "./people.mjs";
import { el, number, say, t } from "./words.mjs";

/** The text for a chat group, with a button that copies it. */
export function forwardPart(text) {
  const shown = el("textarea", { attributes: { readonly: "", rows: "9", "aria-label": t("calls.forward") } });
  shown.value = text;
  const said = el("span", { attributes: { role: "status" } });
  const copy = button(t("calls.copy"), "main", async () => {
    say(said, "");
    say(said, t((await copied(shown)) ? "calls.copied" : "calls.notCopied"));
  }, { "data-act": "copy" });
  return [el("summary", { text: t("calls.forward") }), shown, el("p", { className: "copy" }, copy, said)];
}

/** Puts a text where it can be pasted. */
async function copied(area) {
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch {
    // Why: there is no clipboard where the page came by plain HTTP.
    area.focus();
    area.select();
    return document.execCommand("copy");
  }
}

/** People who wait for a seat (候补), the next one first. `path`: where it is said that one no longer does. */
export function standbyPart(waiting, { path, frozen, onLeft }) {
  return waiting.map((one) => {
    const line = new Line();
    const sender = new Sender(path);
    const leave = async () => {
      const done = await line.run(() => sender.send({ leaveStandby: [one.card] }), { again: leave });
      if (done) onLeft();
    };
    const id = `waits-${one.card}`;
    return el("li", { className: "person", attributes: { "data-waits": one.card, "aria-labelledby": id } },
      el("div", { className: "person-head" },
        el("p", { className: "person-name" }, el("strong", { text: nameOf(one), attributes: { id, lang: "zh-CN" } }),
          ...(one.minor ? [flag("minor", t("flag.minor"))] : []),
          flag("standby", t("calls.standby.rank", { n: number(one.rank) }))),
        ...(one.phone ? [phone(one.phone, nameOf(one))] : [])),
      ...(frozen ? [] : [el("p", {}, button(t("calls.standby.leave"), "quiet", leave))]), line.root);
  });
}

/**
 * Who is not on the list, by reason. Names are asked for apart (`onNames`):
 * each reading of them is recorded.
 */
export function excludedPart({ excluded = [], excludedBy = {}, alsoFitting = 0 }, onNames) {
  const total = Object.values(excludedBy).reduce((sum, n) => sum + n, 0);
  const named = excluded.some((one) => one.name);
  const groups = Object.entries(excludedBy).sort(([, a], [, b]) => b - a).map(([why, n]) => {
    const people = excluded.filter((one) => one.why === why);
    const shown = named ? people : people.filter((one) => why === "unfit.available");
    return el("li", { attributes: { "data-why": why } },
      el("p", {}, el("strong", { text: people[0]?.reason ?? why }), el("span", { text: t("dispatches.count", { n: number(n) }) })),
      ...(shown.length ? [el("ul", {}, ...shown.map((one) => el("li", { attributes: { "data-excluded": one.card } },
        el("span", { text: nameOf(one), attributes: { lang: "zh-CN" } }),
        ...(why === "unfit.available" ? [el("small", { text: t("calls.freeFrom", { date: one.availableFrom }) })] : []))))] : []));
  });
  return [
    el("summary", { text: t("calls.excluded", { n: number(total) }) }),
    ...(alsoFitting ? [el("p", { className: "hint", text: t("calls.alsoFitting", { n: number(alsoFitting) }) })] : []),
    el("ul", { className: "excluded" }, ...groups),
    ...(named || !excluded.length ? [] : [el("p", { className: "copy" }, button(t("calls.excluded.names"), "quiet", onNames, { "data-act": "names" }))]),
  ];
}
