// What a post offers, in the words a clerk says on the phone.

import { el, number, t, word } from "./words.mjs";

const YES = ["meals", "dormitory", "shuttleBus", "socialInsurance", "seniorityBonus", "eightHourDay", "equalPay"];

/** Pay in a phrase, with what is sure and what is usual. */
function pay(of = {}) {
  const unit = word("payUnit", of.unit);
  const range = of.totalToYuan && of.totalToYuan !== of.totalFromYuan
    ? t("offer.range", { from: number(of.totalFromYuan ?? 0), to: number(of.totalToYuan) })
    : number(of.totalFromYuan ?? of.totalToYuan ?? 0);
  return [
    (of.totalFromYuan || of.totalToYuan) && t("offer.total", { pay: range, unit }),
    of.baseYuan && t("offer.base", { pay: number(of.baseYuan) }),
    of.hourlyYuan && t("offer.hourly", { pay: number(of.hourlyYuan) }),
    of.payday && t("offer.payday", { day: number(of.payday) }),
    of.deductions && t("offer.deductions", { what: of.deductions }),
  ].filter(Boolean).join(" · ");
}

/** The terms as pairs of a label and a text; what was not said is left out. */
export function offer(terms = {}) {
  const yes = YES.filter((name) => terms[name]).map((name) => t(`offer.${name}`)).join("、");
  const rows = [
    ["offer.pay", pay(terms.pay)],
    ["offer.shift", terms.shift && word("shift", terms.shift)],
    ["offer.provided", yes],
    ["offer.contract", terms.contractWith && word("contractWith", terms.contractWith)],
    ["offer.stay", terms.minimumStayDays && t("offer.days", { n: number(terms.minimumStayDays) })],
    ["offer.needed", terms.batches?.length
      ? terms.batches.map((one) => t("offer.batch", { date: one.date, n: number(one.headcount) })).join("、")
      : terms.neededBy],
    ["offer.place", terms.address],
    ["offer.duties", terms.duties],
    ["offer.conditions", [terms.trainable && t("vacancy.trainable"), terms.conditions].filter(Boolean).join(" · ")],
  ];
  return el("dl", { className: "offer" }, ...rows.filter(([, text]) => text).map(([label, text]) => el("div", {},
    el("dt", { text: t(label) }), el("dd", { text }))));
}
