// Sends answers and listening reports, oldest first, until the server has them.
// An entry: {kind: "rating" | "remark" | "listening", trial, scale?, url, body}; a repeat does no harm.

import { measured, now } from "./clock.js";
import { openStore } from "./store.js";

const TIMEOUT_MS = 15_000;
const TURN_MS = 5_000;
const KEEPALIVE_LENGTH = 30_000;
const MAX_WAIT_MS = 30_000;
const REMEMBERED_MS = 120_000;

export function openOutbox({ tag, csrfUrl, onState, onSaved, onOverruled, onElsewhere }) {
  const store = openStore(tag);
  let token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  let failures = 0;
  let trouble = ""; // "", "offline" or "link"
  let timer = 0;
  let running = null;

  const pending = () => store.list("queue");
  const aside = () => store.list("aside");
  const tell = () => onState({ pending: pending().length, aside: aside(), trouble, durable: store.durable });

  async function ask(entry) {
    const body = JSON.stringify(entry.body);
    const response = await fetch(entry.url, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, "X-Expert-Tag": tag },
      body,
      keepalive: body.length < KEEPALIVE_LENGTH,
      signal: within(TIMEOUT_MS),
    });
    const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
    return { status: response.status, reply: isJson ? await response.json() : null };
  }

  const refusals = () => import("./refusals.js");
  const put = (entry) => measured(() => ask(entry), ({ reply }) => reply?.now);

  async function freshToken() {
    const response = await fetch(csrfUrl, { signal: within(TIMEOUT_MS) });
    return (token = (await response.json()).token);
  }

  /** "done" | "wait" | "offline" (for every entry) */
  async function send(entry) {
    let answer;
    try {
      answer = await put(entry);
      if (answer.status === 403 && answer.reply === null) {
        await freshToken();
        answer = await put(entry);
      }
    } catch {
      trouble = "offline";
      return "offline";
    }
    return settle(entry, answer).catch(() => "wait");
  }

  async function settle(entry, { status, reply }) {
    trouble = "";
    if (status >= 200 && status < 300 && reply) {
      remember(entry);
      onSaved(entry, reply);
      if (entry.kind === "listening" && aside().length) (await refusals()).retryUnheard(store, entry.trial);
      return "done";
    }
    if (reply === null || status >= 500 || status === 429) {
      trouble = "offline";
      return "wait";
    }
    if (reply.error === "link") {
      trouble = "link";
      return "offline";
    }
    (await refusals()).refuse(store, entry, reply, onOverruled);
    return "done";
  }

  /** For a page that the server made before it saved this. */
  function remember({ key, ...entry }) {
    for (const old of store.list("sent")) {
      if (Math.abs(now() - old.sentAt) > REMEMBERED_MS) store.remove(old.key);
    }
    store.add("sent", { ...entry, sentAt: now() });
    store.remove(key);
  }

  async function pass() {
    const held = new Set(); // trials of which an earlier entry still waits
    for (;;) {
      const entry = pending().find((candidate) => !held.has(candidate.trial));
      if (!entry) return held.size > 0;
      tell();
      const outcome = await send(entry);
      if (outcome === "offline") return true;
      if (outcome === "wait") held.add(entry.trial);
    }
  }

  /** One tab sends at a time. */
  async function inTurn(work) {
    if (!navigator.locks) return work();
    let begun = false;
    const turn = () => {
      begun = true;
      return work();
    };
    try {
      return await navigator.locks.request(store.prefix, { signal: within(TURN_MS) }, turn);
    } catch (error) {
      if (begun) throw error;
      return work();
    }
  }

  function flush() {
    clearTimeout(timer);
    running ??= inTurn(pass)
      .catch(() => true)
      .then((left) => {
        running = null;
        failures = left ? failures + 1 : 0;
        if (pending().length) timer = setTimeout(flush, Math.min(MAX_WAIT_MS, 500 * 2 ** failures));
        tell();
      });
    tell();
    return running;
  }

  addEventListener("online", () => {
    failures = 0;
    flush();
  });
  addEventListener("storage", (event) => {
    if (!event.key?.startsWith(store.prefix)) return;
    tell();
    if (event.newValue && event.key.startsWith(`${store.prefix}queue:`)) onElsewhere(JSON.parse(event.newValue));
  });
  document.addEventListener("visibilitychange", () => pending().length && flush());

  return {
    store,
    pending,
    signedOut: () => trouble === "link",
    justSent: () => store.list("sent"),
    flush,
    tell,
    freshToken,
    add(entry) {
      const kept = store.add("queue", entry);
      flush();
      return kept;
    },
  };
}

/** AbortSignal.timeout, also for older browsers. */
export function within(ms) {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), ms);
  return abort.signal;
}
