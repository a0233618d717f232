// What the server refuses. Pages load this once it has refused something, or where something lies aside.

import { timeOf } from "./clock.js";
import { identifier } from "./store.js";
import { text } from "./texts.js";

/** An answer that another tab or device overtook is settled by its time; anything else is put aside. */
export function refuse(store, entry, reply, onOverruled) {
  if (reply.error === "revision") return resolveRevision(store, entry, reply, onOverruled);
  // Another tab, to which it was refused as well, may have put it aside before, or sent it again since.
  const isWaiting = store.list("queue").some(({ key }) => key === entry.key);
  if (isWaiting) store.add("aside", { ...entry, error: reply.error, message: reply.message });
  store.remove(entry.key);
}

/** Another tab or device used this revision, or it leapt ahead (`given_at` is null): the later answer counts. */
function resolveRevision(store, entry, reply, onOverruled) {
  const rivals = store.list("queue").filter((other) => other.url === entry.url);
  const newest = rivals[rivals.length - 1] ?? entry;
  const isLater = reply.given_at === null || timeOf(newest.body) > Date.parse(reply.given_at);
  if (isLater) {
    const body = { ...newest.body, client_uuid: identifier(), revision: reply.revision + 1 };
    store.add("queue", { ...newest, body });
  }
  for (const rival of rivals) store.remove(rival.key);
  store.remove(entry.key);
  if (!isLater) onOverruled(entry, reply);
}

/** Answers that came before the listening they need. */
export function retryUnheard(store, trial) {
  for (const entry of store.list("aside")) {
    if (entry.trial === trial && entry.error === "unheard") requeue(store, entry);
  }
}

function requeue(store, { error, message, key, ...entry }) {
  store.add("queue", entry);
  store.remove(key);
}

/** Shows what lies aside, with its two ways out. */
export function tell({ store, flush, tell: retell }, onDiscarded) {
  const refused = store.list("aside");
  const notice = document.getElementById("aside") ?? made();
  notice.hidden = !refused.length;
  const reasons = [...new Set(refused.map((entry) => entry.message))].join(" ");
  const words = `${text("aside", { n: refused.length })} ${reasons}`;
  if (notice.firstChild.textContent !== words) notice.firstChild.textContent = words;
  const [retry, discard] = notice.querySelectorAll("button");
  retry.onclick = () => {
    for (const entry of refused) requeue(store, entry);
    flush();
  };
  discard.onclick = () => {
    for (const entry of refused) store.remove(entry.key);
    retell();
    onDiscarded();
  };
}

function made() {
  const part = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const button = (name) => part("button", { type: "button", className: "button quiet" }, text(name));
  const row = part("div", { className: "row" }, button("retry"), button("discard"));
  const notice = part("div", { id: "aside", className: "notice error" }, part("p"), row);
  notice.setAttribute("role", "alert");
  document.getElementById("bar").append(notice);
  return notice;
}
