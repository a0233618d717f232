// The expert's pages: the outbox with its status line, and each step from page to page.

import { openOutbox } from "./outbox.js";
import { text } from "./texts.js";
import { mount } from "./trial.js";

const PATIENCE_MS = 400;

const main = document.getElementById("main");
const status = document.getElementById("status");
const bar = document.getElementById("bar");
let quiet = bar.hidden; // until answers wait
const dead = document.getElementById("dead");
let current = null;
let shown;
let notice = ""; // what the next step is waiting for
let saving = 0;
let losable = false; // answers that closing the page would lose

const outbox = openOutbox({
  tag: document.body.dataset.tag,
  csrfUrl: document.body.dataset.csrf,
  onState: showState,
  onSaved: (entry, reply) => current?.saved?.(entry, reply),
  onOverruled: (entry, reply) => current?.overruled?.(entry, reply),
  onElsewhere: (entry) => current?.elsewhere?.(entry),
});

function setStatus(state, sentence) {
  if (status.dataset.state !== state) status.dataset.state = state;
  if (status.textContent !== sentence) status.textContent = sentence;
}

function showState({ pending, aside: refused, trouble, durable }) {
  clearTimeout(saving);
  losable = pending > 0 && !durable;
  document.body.dataset.pending = pending;
  const sending = trouble || (navigator.onLine ? "saving" : "offline");
  const state = refused.length ? "refused" : pending ? sending : "saved";
  const sentence = (!outbox.signedOut() && notice) || text(state, { n: pending });
  if (state === "saving" && !notice) saving = setTimeout(setStatus, PATIENCE_MS, state, sentence);
  else setStatus(state, pending && !durable ? `${sentence} ${text("memory")}` : sentence);
  if (refused.length || document.getElementById("aside")) {
    import("./refusals.js").then(({ tell }) => tell(outbox, () => persist(() => online("renew"))), () => {});
  }
  quiet &&= !pending && !refused.length && !notice && dead.hidden;
  bar.hidden = quiet;
}

function leave() {
  current?.close();
  current = null;
}

function enter() {
  shown = location.pathname;
  if (main.dataset.trial) wire(mount(main, outbox, { goTo }));
}

/** Until now nobody could press what nothing heard. */
export function wire(page) {
  current = page;
  for (const part of document.querySelectorAll("[inert]")) part.inert = false;
}

let leaving = false;

/** Tries a step that needs the server until there is a connection. */
async function persist(step) {
  if (leaving) return;
  leaving = true;
  const announce = (name) => {
    notice = name && text(name);
    outbox.tell();
  };
  const moment = setTimeout(announce, PATIENCE_MS, "moment");
  while (!(await step().catch(() => false))) {
    clearTimeout(moment);
    announce("connection");
    await new Promise((resolve) => {
      setTimeout(resolve, 3_000);
      addEventListener("online", resolve, { once: true });
    });
  }
  clearTimeout(moment);
  leaving = false;
  announce("");
}

const goTo = (address) => isSettled() && persist(() => visit(address));

/** By visit.js, or as links do. */
async function visit(address) {
  if (!(await emptied()) && !outbox.signedOut()) return false;
  const found = await steps().catch(() => null);
  if (found) return found.visit(address);
  location.assign(address);
  return true;
}

/** False where what is typed is no answer. */
const isSettled = (options) => current?.settle?.(options) ?? true;

/** What the server is needed for. */
const steps = async () => (await import("./visit.js")).connect({ emptied, enter, leave, main, outbox });
const online = async (name, ...given) => (await steps())[name](...given);

async function emptied() {
  isSettled({ leaving: true });
  if (outbox.pending().length) await outbox.flush();
  return outbox.pending().length === 0;
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  event.preventDefault();
  if (!isSettled()) return;
  if (outbox.pending().length) setStatus("saving", text("sending"));
  persist(async () => (await emptied()) && online("post", event.target, event.submitter));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
  if (!link || elsewhere || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  goTo(link.href);
});
addEventListener("beforeunload", (event) => {
  isSettled({ leaving: true });
  if (losable) event.preventDefault();
});
addEventListener("popstate", () => location.pathname !== shown && persist(() => online("renew")));

enter();
outbox.flush();
navigator.serviceWorker?.register(document.body.dataset.worker).catch(() => {});
