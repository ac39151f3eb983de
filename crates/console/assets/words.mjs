// Words in both languages, times and numbers. The words stand in
// dictionary.json; what is missing there shows as its key.

const TAGS = { zh: "zh-CN", en: "en" };
const REMEMBERED = "gongqiao.language";

let words = {};
let language = remembered();

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) === "en" ? "en" : "zh";
  } catch {
    return "zh"; // Storage may be closed to the page; Chinese comes first.
  }
}

export async function loadWords() {
  const answer = await fetch("/assets/dictionary.json");
  if (!answer.ok) throw new Error(`dictionary: ${answer.status}`);
  words = await answer.json();
}

/** The language as a BCP 47 tag. */
export function languageTag() {
  return TAGS[language];
}

export function toggleLanguage() {
  language = language === "zh" ? "en" : "zh";
  try {
    localStorage.setItem(REMEMBERED, language);
  } catch {
    // Then it lasts as long as the page.
  }
}

/** The words for a key, with {name} taken from `params`. */
export function t(key, params = {}) {
  const text = words[key]?.[language] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

/** The word for one value of an enumeration; the value itself if it is newer than this page. */
export function word(kind, value) {
  const key = `${kind}.${value}`;
  return key in words ? t(key) : String(value ?? "");
}

/** Puts the words into everything that names its key, in the language now chosen. */
export function translate() {
  document.documentElement.lang = languageTag();
  for (const one of document.querySelectorAll("[data-i18n]")) one.textContent = t(one.dataset.i18n);
}

/** Says in the title of the window where one is; never about whom. */
export function title(text) {
  document.title = `${language === "zh" ? "工桥" : "gongqiao"} · ${text}`;
}

const BEIJING = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});

function parts(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return null;
  return Object.fromEntries(BEIJING.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** `2021-07-15 14:03:22`, Beijing time. */
export function time(text) {
  const p = parts(text);
  return p ? `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}` : "";
}

/** `07-15 14:03`, Beijing time. */
export function shortTime(text) {
  const p = parts(text);
  return p ? `${p.month}-${p.day} ${p.hour}:${p.minute}` : "";
}

/** `今天 18:00`, `明天 09:00`, or the date, as seen from `now`. Beijing time. */
export function dayTime(text, now) {
  const p = parts(text);
  if (!p) return "";
  const days = Math.round((day(text) - day(now)) / DAY_MS);
  const clock = `${p.hour}:${p.minute}`;
  if (days === 0) return t("day.today", { clock });
  if (days === 1) return t("day.tomorrow", { clock });
  if (days === -1) return t("day.yesterday", { clock });
  return `${p.month}-${p.day} ${clock}`;
}

const DAY_MS = 86400000;

/** Midnight of a day as it is counted in Beijing. */
function day(text) {
  const p = parts(text);
  return p ? Date.UTC(p.year, p.month - 1, p.day) : NaN;
}

/** A length of time in the two units that matter. */
export function span(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (d) return h && d < 3 ? t("span.daysHours", { d, h }) : t("span.days", { d });
  if (h) return m && h < 6 ? t("span.hoursMinutes", { h, m }) : t("span.hours", { h });
  return t("span.minutes", { m });
}

/** What a field for date and time holds, read as Beijing time, as the API takes it. */
export function fromBeijing(text) {
  return text ? `${text.length === 16 ? `${text}:00` : text}+08:00` : undefined;
}

/** A moment as a field for date and time holds it, in Beijing time. */
export function toBeijing(text) {
  const p = parts(text);
  return p ? `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}` : "";
}

export function number(value) {
  return new Intl.NumberFormat(languageTag()).format(value);
}

export function signed(value) {
  return value > 0 ? `+${number(value)}` : number(value).replace("-", "−");
}

/** Makes an element. Text goes in as text, never as markup. */
export function el(tag, { text, className, attributes = {}, on = {} } = {}, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  for (const [name, heard] of Object.entries(on)) made.addEventListener(name, heard);
  made.append(...children);
  return made;
}

/** Sets a text only if it is another, so that nothing blinks or is read again. */
export function say(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}
