// The expert's pages: the outbox with its status line, and each step from page to page. Pages other than trials load
// steps.js as well.

import { measured } from "./clock.js";
import { openOutbox, within } from "./outbox.js";
import { text } from "./texts.js";
import { mount } from "./trial.js";

const PATIENCE_MS = 400;
export const STEP_MS = 30_000; // on a dead line

/** What steps.js replaces: here a form, that of the language, is sent as browsers do. */
export const ways = {
  async post(form, { name, value }) {
    form.elements.csrfmiddlewaretoken.value = await outbox.freshToken();
    const chosen = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(chosen);
    form.submit();
    return true;
  },
};

const main = document.getElementById("main");
const status = document.getElementById("status");
const bar = document.getElementById("bar");
let quiet = bar.hidden; // until answers wait
const aside = document.getElementById("aside");
const dead = document.getElementById("dead");
let current = null;
let shown = location.pathname;
let notice = ""; // what the next step is waiting for
let saving = 0;
let losable = false; // answers that closing the page would lose

export const outbox = openOutbox({
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
  aside.hidden = !refused.length;
  quiet &&= !pending && !refused.length && !notice && dead.hidden;
  bar.hidden = quiet;
  const reasons = [...new Set(refused.map((entry) => entry.message))].join(" ");
  aside.querySelector("p").textContent = `${text("aside", { n: refused.length })} ${reasons}`;
}

function enter() {
  current?.close();
  current = null;
  if (main.dataset.trial) wire(mount(main, outbox, { goTo }));
}

/** Until now nobody could press what nothing heard. */
export function wire(page) {
  current = page;
  for (const part of document.querySelectorAll("[inert]")) part.inert = false;
}

let leaving = false;

/** A step that needs the server. Without a connection the page says so and tries again. */
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

/** Gives the outbox what is typed; false where the page has just said that something is no answer. */
const isSettled = (options) => current?.settle?.(options) ?? true;

/** A trial takes the place of this one, with the clip fetched meanwhile; other pages are loaded. */
async function visit(address) {
  // Trials open in their order, and other pages look at all answers.
  const isFree = async () => (await emptied()) || outbox.signedOut();
  if (!(await isFree())) return false;
  const ask = async () => {
    const response = await fetch(address, { headers: { Accept: "text/html" }, signal: within(STEP_MS) });
    return [response, parsed(await response.text())];
  };
  const [response, fresh] = await measured(ask, ([, page]) => Number(page.body.dataset.now));
  if (response.status >= 500) return false;
  if (response.ok && main.dataset.trial && fresh.getElementById("main")?.dataset.trial) show(fresh, response.url);
  else if (!(await isFree())) return false; // more was written meanwhile
  else location.assign(response.redirected ? response.url : address);
  return true;
}

export const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

function show(fresh, address) {
  history.pushState(null, "", address);
  shown = location.pathname;
  current?.close();
  current = null;
  put(fresh);
  document.getElementById("steps").replaceWith(fresh.getElementById("steps"));
  document.querySelector(".languages [name=next]").value = location.pathname;
  enter();
}

export function put(fresh) {
  const incoming = fresh.getElementById("main");
  for (const name of Object.keys(main.dataset)) delete main.dataset[name];
  Object.assign(main.dataset, incoming.dataset);
  main.replaceChildren(...incoming.childNodes);
  document.title = fresh.title;
  scrollTo(0, 0);
  (document.getElementById("fault") ?? document.getElementById("heading") ?? main).focus();
}

async function renew() {
  await fetch(location.pathname, { signal: within(STEP_MS) });
  location.replace(location.pathname);
  return true;
}

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
  const button = event.submitter ?? event.target.querySelector("button");
  persist(async () => (await emptied()) && ways.post(event.target, button));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
  if (!link || elsewhere || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  goTo(link.href);
});
aside.addEventListener("click", (event) => {
  if (event.target.dataset.do === "retry") outbox.retryAside();
  if (event.target.dataset.do !== "discard") return;
  outbox.discardAside();
  persist(renew);
});
addEventListener("beforeunload", (event) => {
  isSettled({ leaving: true });
  if (losable) event.preventDefault();
});
addEventListener("popstate", () => location.pathname !== shown && persist(renew));

enter();
outbox.flush();
navigator.serviceWorker?.register(document.body.dataset.worker).catch(() => {});
