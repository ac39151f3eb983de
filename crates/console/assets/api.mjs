// Talks to the API of this origin, with the key of whoever looks at the page.

import { languageTag } from "./words.mjs";

const KEPT = "gongqiao.key";
const KEY = /^gqk_[A-Za-z0-9_-]{1,200}$/;
const PATIENCE_MS = 8000;
// A roster of thousands of rows is read, compared and stored.
const UPLOAD_PATIENCE_MS = 600000;
const MOST_PAGES = 4;
const PAGE_SIZE = 250;
// By then a browser has taken what was to be saved.
const SAVE_MS = 60000;

let key = null;
/** The last sequence of the log that this page has written. */
let written = 0;

/** A refusal by the API. `status` 0 stands for no answer at all. */
export class Refused extends Error {
  constructor(status, problem = {}, retryAfter = 0) {
    super(String(problem.detail ?? ""));
    this.status = status;
    this.code = String(problem.code ?? "");
    this.pointer = String(problem.pointer ?? "");
    this.params = problem.params ?? {};
    this.retryAfter = retryAfter;
  }

  /** Whether this key may not see or do it. */
  get closed() {
    return this.status === 404 || this.status === 403;
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
  written = 0;
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // There was none.
  }
}

async function call(path, { headers = {}, patience = PATIENCE_MS, ...init } = {}) {
  // Why: some addresses come out of answers; the key goes to the API and nowhere else.
  if (!path.startsWith("/v1/")) throw new Refused(404);
  try {
    return await fetch(path, {
      headers: {
        authorization: `Bearer ${key}`, accept: "application/json", "accept-language": languageTag(), ...headers,
      },
      cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patience), ...init,
    });
  } catch {
    throw new Refused(0);
  }
}

/** The JSON of an answer, or its refusal. */
async function opened(answer) {
  let body;
  try {
    body = await answer.json();
  } catch {
    throw new Refused(answer.ok ? 0 : answer.status);
  }
  if (!answer.ok) throw new Refused(answer.status, body ?? {}, Number(answer.headers.get("retry-after")) || 0);
  return body;
}

/** Reads one address of the API. */
export async function read(path) {
  return opened(await call(path));
}

/** Reads one address as it is after whatever this page has written. */
export function readFresh(path) {
  return read(written ? joined(path, `min_sequence=${written}`) : path);
}

function joined(path, query) {
  return `${path}${path.includes("?") ? "&" : "?"}${query}`;
}

/** Reads a list, a few pages of it: its items, and whether there are more. */
export async function readList(path, one = read, pages = MOST_PAGES) {
  const items = [];
  let token = "";
  for (let page = 0; page < pages; page += 1) {
    const answer = await one(joined(path, `page_size=${PAGE_SIZE}${token}`));
    items.push(...answer.items);
    if (!answer.next_page_token) return { items, more: false, position: answer.position };
    token = `&page_token=${encodeURIComponent(answer.next_page_token)}`;
  }
  return { items, more: true };
}

/** A mark by which a command that is sent again is known to be the same. */
export function newMark() {
  // Why not randomUUID: it is missing where the page came by plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Sends a command; its receipt. */
export async function send(path, body, mark = newMark()) {
  const receipt = await opened(await call(path, {
    method: "POST", body: JSON.stringify(body),
    headers: { "content-type": "application/json", "idempotency-key": mark },
  }));
  written = Math.max(written, receipt.sequence ?? 0);
  return receipt;
}

/** Sends a file and reads line by line how far it has come; the report at its end. */
export async function upload(path, file, onStep) {
  const answer = await call(path, {
    method: "POST", body: file, patience: UPLOAD_PATIENCE_MS,
    headers: { "content-type": "application/octet-stream", accept: "application/x-ndjson" },
  });
  if (!answer.ok) return opened(answer);
  let report;
  for await (const line of lines(answer.body)) {
    if (line.progress) onStep(line.progress);
    if (line.problem) throw new Refused(422, line.problem);
    report = line.report ?? report;
  }
  if (!report) throw new Refused(0); // It was cut off on the way.
  written = Math.max(written, report.sequence ?? 0);
  return report;
}

/** Reads a file and hands it to whoever looks at the page. */
export async function save(path, name) {
  const answer = await call(path, { headers: { accept: "*/*" } });
  if (!answer.ok) await opened(answer);
  const address = URL.createObjectURL(await answer.blob().catch(() => {
    throw new Refused(0);
  }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Why later: some browsers fetch the address only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), SAVE_MS);
}

async function* lines(body) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const whole = rest.split("\n");
      rest = whole.pop();
      for (const line of whole) if (line) yield JSON.parse(line);
      if (done) break;
    }
  } catch (broken) {
    if (broken instanceof Refused) throw broken;
    throw new Refused(0);
  }
  if (rest) yield JSON.parse(rest);
}
