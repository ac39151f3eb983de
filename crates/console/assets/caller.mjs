// One person of a call list.

import { Line, Sender } from "./ask.mjs";
import { el, number, t, word } from "./words.mjs";

export const OUTCOMES = ["WILLING", "UNDECIDED", "UNWILLING", "AWAY", "NO_ANSWER"];

/** A number to call; `tel:` wants digits only. */
export function phone(number_, name) {
  return el("a", {
    className: "phone",
    attributes: { href: `tel:${number_.replace(/[^\d+]/g, "")}`, "aria-label": t("calls.dial", { name, phone: number_ }) },
  }, el("span", { className: "handset", attributes: { "aria-hidden": "true" } }), el("span", { text: number_ }));
}

/** Marks beside a name: a minor, somebody unverified, and so on. */
export function flag(kind, text) {
  return el("span", { className: "flag", text, attributes: { "data-flag": kind } });
}

export class CallRow {
  /** `path`: where what was said goes; `frozen`: nothing can be said any more. */
  constructor(one, { rank, path, frozen, onSaid }) {
    Object.assign(this, {
      card: one.card, held: Boolean(one.held), outcome: one.outcome ?? "", onSaid,
    });
    this.name = one.name ?? t("card.name", { id: `…${one.card.slice(-6)}` });
    this.sender = new Sender(path);
    this.line = new Line();
    this.sending = null;
    this.wanted = null;
    const id = `person-${one.card}`;
    this.buttons = OUTCOMES.map((outcome) => el("button", {
      text: word("callOutcome", outcome),
      attributes: { type: "button", "data-outcome": outcome, "aria-pressed": "false" },
      on: { click: () => this.say(outcome) },
    }));
    this.root = el("li", {
      className: this.held ? "person held" : "person", attributes: { "data-card": one.card, "aria-labelledby": id },
    },
    el("div", { className: "person-head" },
      el("span", { className: "rank", text: rank ? number(rank) : "＋", attributes: { "aria-hidden": "true" } }),
      el("p", { className: "person-name" },
        el("strong", { text: this.name, attributes: { id, lang: "zh-CN" } }), ...this.flags(one)),
      ...(one.phone ? [phone(one.phone, this.name)] : [])),
    el("p", { className: "reasons" }, ...this.reasons(one)));
    if (!this.held && !frozen) {
      this.root.append(el("div", {
        className: "outcomes", attributes: { role: "group", "aria-label": t("calls.said", { name: this.name }) },
      }, ...this.buttons));
    }
    this.root.append(this.line.root);
    this.mark();
  }

  /** Whether something that was said is not stored yet. */
  get unsaved() {
    return this.sending !== null || this.line.root.dataset.state === "failed";
  }

  flags(one) {
    return [
      ...(one.minor ? [flag("minor", t("flag.minor"))] : []),
      ...(one.walkIn ? [flag("walkIn", t("flag.walkIn"))] : []),
      ...(one.promised ? [flag("promised", t("flag.promised"))] : []),
      ...(this.held && !one.promised ? [flag("held", t("flag.held"))] : []),
    ];
  }

  /** Why the person was proposed, in words. */
  reasons(one) {
    const told = (one.reasons ?? []).filter((reason) => reason !== "MINOR").map((reason) => word("matchReason", reason));
    return told.map((text) => el("span", { text }));
  }

  /** Records what the person said. Of several taps, the last counts and goes last. */
  say(outcome) {
    this.wanted = outcome;
    this.mark(outcome);
    if (this.sending) return this.sending;
    this.sending = this.deliver().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async deliver() {
    while (this.wanted) {
      const outcome = this.wanted;
      const done = await this.line.run(() => this.sender.send({ calls: [{ card: this.card, outcome }] }), {
        again: () => this.say(outcome),
      });
      if (this.wanted !== outcome) continue; // Tapped again meanwhile.
      this.wanted = null;
      if (done) this.outcome = outcome;
      this.mark();
      this.onSaid();
    }
  }

  mark(outcome = this.outcome) {
    for (const one of this.buttons) one.setAttribute("aria-pressed", String(one.dataset.outcome === outcome));
    this.root.dataset.outcome = outcome;
  }
}
