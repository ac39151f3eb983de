// The one dialog that asks before something is done, and the small parts that
// forms are made of.

import { Refused, newMark, send } from "./api.mjs";
import { el, say, t } from "./words.mjs";

const $ = (id) => document.getElementById(id);

/** What a person reads of a refusal. */
export function why(refused) {
  if (!(refused instanceof Refused)) throw refused;
  if (refused.status === 0) return t("problem.link");
  return refused.message || t("problem.detail");
}

/** Sends to one address. The same words sent again are the same command. */
export class Sender {
  constructor(path) {
    this.path = path;
    this.said = "";
  }

  send(body) {
    const said = JSON.stringify(body);
    if (said !== this.said) Object.assign(this, { said, mark: newMark() });
    return send(this.path, body, this.mark);
  }
}

let asking = null;

/**
 * Asks. `body`: elements; `yes`: what the button says; `act(values)`: what it
 * does with what the form holds. While `act` is refused, the dialog stays and
 * says why. The value of `act`, or null if nothing was done.
 */
export function ask({ title, body = [], yes, act }) {
  closeAsk();
  say($("ask-title"), title);
  say($("ask-problem"), "");
  say($("ask-yes"), yes);
  $("ask-body").replaceChildren(...body);
  $("ask-yes").disabled = false;
  $("ask").showModal();
  $("ask-title").focus();
  return new Promise((resolve) => {
    asking = { act, resolve };
  });
}

export function closeAsk() {
  if ($("ask").open) $("ask").close();
}

async function answered() {
  const asked = asking;
  $("ask-yes").disabled = true;
  say($("ask-problem"), "");
  try {
    const done = await asked.act(values($("ask-form")));
    if (asked !== asking) return;
    asking = null;
    closeAsk();
    asked.resolve(done);
  } catch (refused) {
    if (asked === asking) say($("ask-problem"), why(refused));
  } finally {
    if (asked === asking) $("ask-yes").disabled = false;
  }
}

/** Wires the dialog; to be called once. */
export function prepareAsk() {
  $("ask-no").addEventListener("click", closeAsk);
  $("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    answered();
  });
  $("ask").addEventListener("close", () => {
    $("ask-body").replaceChildren();
    asking?.resolve(null);
    asking = null;
  });
}

/** What the fields of a form hold; of several with one name, a list. */
export function values(form) {
  const held = {};
  for (const [name, value] of new FormData(form)) {
    if (name.endsWith("[]")) (held[name.slice(0, -2)] ??= []).push(value);
    else held[name] = value;
  }
  return held;
}

// ---- Parts of forms ----

let made = 0;

/** A field with its label. `attributes` are the input's own. */
export function field(label, { hint, tag = "input", ...attributes }, ...children) {
  made += 1;
  const id = `field-${made}`;
  const about = hint ? { "aria-describedby": `${id}-hint` } : {};
  return el("p", { className: "field" },
    el("label", { text: label, attributes: { for: id } }),
    el(tag, { attributes: { id, ...about, ...attributes } }, ...children),
    ...(hint ? [el("small", { text: hint, attributes: { id: `${id}-hint` } })] : []));
}

/** One of several, from a list. `options`: [value, text]. */
export function select(label, name, options, value = "", attributes = {}) {
  return field(label, { tag: "select", name, ...attributes }, ...options.map(([one, text]) => el("option", {
    text, attributes: { value: one, ...(one === value && { selected: "" }) },
  })));
}

/** One of a few, all to be seen. `options`: [value, text]. */
export function choice(legend, name, options, value = "", attributes = {}) {
  return el("fieldset", { className: "choice" },
    el("legend", { text: legend }),
    el("div", { className: "pills" }, ...options.map(([one, text]) => el("label", {},
      el("input", { attributes: { type: "radio", name, value: one, ...(one === value && { checked: "" }), ...attributes } }),
      el("span", { text })))));
}

/** Yes or no, as a box to tick. */
export function box(label, name, attributes = {}) {
  return el("label", { className: "tick" },
    el("input", { attributes: { type: "checkbox", name, ...attributes } }), el("span", { text: label }));
}

/** A list that is read when it is opened: `read` gives the elements of it. */
export function pastList(title, none, read) {
  const line = new Line();
  const list = el("ul", { className: "items" });
  const fold = el("details", { className: "rest" }, el("summary", { text: title }), line.root, list);
  const load = async () => {
    const rows = await line.run(read, { said: () => "", again: load });
    if (!rows) return;
    list.replaceChildren(...rows);
    if (!rows.length) line.say("", none);
  };
  fold.addEventListener("toggle", () => fold.open && load());
  return fold;
}

/** A button. `kind`: "main", "quiet" or "danger". */
export function button(text, kind, click, attributes = {}) {
  return el("button", { text, className: kind, attributes: { type: "button", ...attributes }, on: { click } });
}

/** How a sending went, beside what was sent. */
export class Line {
  constructor() {
    this.root = el("p", { className: "line", attributes: { role: "status" } });
  }

  /** Says `text` in the colour of `state`: saving, saved or failed. */
  say(state, text, ...more) {
    this.root.dataset.state = state;
    this.root.replaceChildren(el("span", { text }), ...more);
  }

  clear() {
    delete this.root.dataset.state;
    this.root.replaceChildren();
  }

  /** Runs `act`; what came of it, or null if it was refused: then the line says why and offers `again`. */
  async run(act, { said = () => t("line.saved"), again } = {}) {
    this.say("saving", t("line.saving"));
    try {
      const done = await act();
      this.say("saved", said(done));
      return done;
    } catch (refused) {
      const more = again ? [button(t("line.retry"), "quiet", again)] : [];
      this.say("failed", t("line.failed", { why: why(refused) }), ...more);
      return null;
    }
  }
}
