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
export function translate(root = document) {
  document.documentElement.lang = languageTag();
  document.title = `${language === "zh" ? "工桥" : "gongqiao"} · ${t("page.title")}`;
  for (const one of root.querySelectorAll("[data-i18n]")) one.textContent = t(one.dataset.i18n);
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
