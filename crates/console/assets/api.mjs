// Talks to the API of this origin, with the key of whoever looks at the page.

import { languageTag } from "./words.mjs";

const KEPT = "gongqiao.key";
const KEY = /^gqk_[A-Za-z0-9_-]{1,200}$/;
const PATIENCE_MS = 8000;
const MOST_PAGES = 4;

let key = null;

/** A refusal by the API. `status` 0 stands for no answer at all. */
export class Refused extends Error {
  constructor(status, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Takes a key out of the address bar, if there is one. Whether there was a good one. */
export function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given === null) return false;
  history.replaceState(null, "", location.pathname + location.search);
  return useKey(given);
}

/** Whether there is a key; if need be the one that this tab has kept. */
export function hasKey() {
  key ??= kept();
  return key !== null;
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/** Whether `text` has the shape of a key; if so it is used from now on. */
export function useKey(text) {
  if (!KEY.test(text)) return false;
  key = text;
  try {
    sessionStorage.setItem(KEPT, key);
  } catch {
    // Then it lasts as long as the page.
  }
  return true;
}

export function forgetKey() {
  key = null;
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // There was none.
  }
}

/** Reads one address of the API. */
export async function read(path) {
  // Why: some addresses come out of answers; the key goes to the API and nowhere else.
  if (!path.startsWith("/v1/")) throw new Refused(404, "");
  let answer;
  let body;
  try {
    answer = await fetch(path, {
      headers: { authorization: `Bearer ${key}`, accept: "application/json", "accept-language": languageTag() },
      cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    body = await answer.json();
  } catch {
    throw new Refused(answer && !answer.ok ? answer.status : 0, "");
  }
  if (!answer.ok) {
    throw new Refused(answer.status, String(body?.detail ?? ""), Number(answer.headers.get("retry-after")) || 0);
  }
  return body;
}

/** Reads a list, a few pages of it: its items, and whether there are more. */
export async function readList(path) {
  const items = [];
  let token = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const join = path.includes("?") ? "&" : "?";
    const answer = await read(`${path}${join}page_size=250${token}`);
    items.push(...answer.items);
    if (!answer.next_page_token) return { items, more: false, position: answer.position };
    token = `&page_token=${encodeURIComponent(answer.next_page_token)}`;
  }
  return { items, more: true };
}
