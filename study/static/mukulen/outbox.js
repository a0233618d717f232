// Sends answers and listening reports, oldest first, until the server acknowledges them.
// An entry: {kind: "rating" | "remark" | "listening", trial, scale?, url, body}; its UUID makes a repeat harmless.

import { measured, now, timeOf } from "./clock.js";
import { identifier, openStore } from "./store.js";

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
    return settle(entry, answer);
  }

  function settle(entry, { status, reply }) {
    trouble = "";
    if (status >= 200 && status < 300 && reply) {
      remember(entry);
      if (entry.kind === "listening") retryUnheard(entry.trial);
      onSaved(entry, reply);
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
    if (reply.error === "revision") return resolveRevision(entry, reply);
    store.add("aside", { ...entry, error: reply.error, message: reply.message });
    store.remove(entry.key);
    return "done";
  }

  /** For a page that the server made just before it saved this entry. */
  function remember({ key, ...entry }) {
    for (const old of store.list("sent")) {
      if (Math.abs(now() - old.sentAt) > REMEMBERED_MS) store.remove(old.key);
    }
    store.add("sent", { ...entry, sentAt: now() });
    store.remove(key);
  }

  /** Another tab or device used this revision, or it leapt ahead (`given_at` is null): the later answer counts. */
  function resolveRevision(entry, reply) {
    const rivals = pending().filter((other) => other.url === entry.url);
    const newest = rivals[rivals.length - 1] ?? entry;
    const isLater = reply.given_at === null || timeOf(newest.body) > Date.parse(reply.given_at);
    if (isLater) {
      const body = { ...newest.body, client_uuid: identifier(), revision: reply.revision + 1 };
      store.add("queue", { ...newest, body });
    }
    for (const rival of rivals) store.remove(rival.key);
    store.remove(entry.key);
    if (!isLater) onOverruled(entry, reply);
    return "done";
  }

  function retryUnheard(trial) {
    for (const entry of aside()) {
      if (entry.trial === trial && entry.error === "unheard") requeue(entry);
    }
  }

  function requeue({ error, message, key, ...entry }) {
    store.add("queue", entry);
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

  /** One tab sends at a time, unless another holds the turn too long: a repeat does no harm. */
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
    retryAside() {
      aside().forEach(requeue);
      return flush();
    },
    discardAside() {
      for (const entry of aside()) store.remove(entry.key);
      tell();
    },
  };
}

/** AbortSignal.timeout, also for older browsers. */
export function within(ms) {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), ms);
  return abort.signal;
}
