// Entry point of the expert's pages: the outbox with its status line, and the step from one trial to the next.

import { openOutbox } from "./outbox.js";
import { text } from "./texts.js";
import { mount } from "./trial.js";

const PATIENCE_MS = 400; // a save faster than this is not worth announcing

const main = document.getElementById("main");
const status = document.getElementById("status");
const bar = document.getElementById("bar");
let quiet = bar.hidden; // a page without answers of its own shows the bar from when some wait
const aside = document.getElementById("aside");
let current = null;
let shown = location.pathname;
let notice = ""; // what the next step is waiting for
let saving = 0;
let losable = false; // answers that closing the page would lose

const outbox = openOutbox({
  tag: document.body.dataset.tag,
  csrfUrl: document.body.dataset.csrf,
  onState: showState,
  onSaved: (entry, reply) => current?.saved(entry, reply),
  onOverruled: (entry, reply) => current?.overruled(entry, reply),
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
  const sentence = notice || text(state, { n: pending });
  if (state === "saving" && !notice) saving = setTimeout(setStatus, PATIENCE_MS, state, sentence);
  else setStatus(state, pending && !durable ? `${sentence} ${text("memory")}` : sentence);
  aside.hidden = !refused.length;
  quiet &&= !pending && !refused.length;
  bar.hidden = quiet;
  const reasons = [...new Set(refused.map((entry) => entry.message))].join(" ");
  aside.querySelector("p").textContent = `${text("aside", { n: refused.length })} ${reasons}`;
}

function enter() {
  current?.close();
  current = main.dataset.trial ? mount(main, outbox, { goTo }) : null;
}

/** Puts another trial's page in the place of this one, so that the clip fetched meanwhile is at hand. */
async function swap(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const incoming = fresh.getElementById("main");
  if (!response.ok || !incoming?.dataset.trial) {
    location.assign(address);
    return true;
  }
  history.pushState(null, "", response.url);
  shown = location.pathname;
  current?.close();
  current = null;
  for (const name of Object.keys(main.dataset)) delete main.dataset[name];
  Object.assign(main.dataset, incoming.dataset);
  main.replaceChildren(...incoming.childNodes);
  document.getElementById("steps").replaceWith(fresh.getElementById("steps"));
  document.querySelector(".languages [name=next]").value = location.pathname;
  document.title = fresh.title;
  enter();
  scrollTo(0, 0);
  document.getElementById("heading").focus();
  return true;
}

let leaving = false;

/** A step that needs the server. Without a connection the page says so and goes on by itself later. */
async function persist(step) {
  if (leaving) return;
  leaving = true;
  while (!(await step().catch(() => false))) {
    notice = text("connection");
    outbox.tell();
    await new Promise((resolve) => {
      setTimeout(resolve, 3_000);
      addEventListener("online", resolve, { once: true });
    });
  }
  notice = "";
  leaving = false;
  outbox.tell();
}

const goTo = (address, { isTrial }) => persist(() => (isTrial ? swap(address) : leave(address)));

// Both fetch first: a lost connection must not end in a dead page.
async function leave(address) {
  if (!(await emptied())) return false;
  location.assign((await fetch(address)).url);
  return true;
}

async function renew() {
  await fetch(location.pathname);
  location.replace(location.pathname);
  return true;
}

/** Whether every answer has arrived; pages that look at all answers must not be asked for before. */
async function emptied() {
  if (outbox.pending().length) await outbox.flush();
  return outbox.pending().length === 0;
}

document.getElementById("submit")?.addEventListener("submit", async (event) => {
  if (!outbox.pending().length) return;
  event.preventDefault();
  setStatus("saving", text("sending"));
  if (await emptied()) event.target.submit();
});
aside.addEventListener("click", (event) => {
  if (event.target.dataset.do === "retry") outbox.retryAside();
  if (event.target.dataset.do !== "discard") return;
  outbox.discardAside();
  persist(renew); // with the answers that the server has
});
addEventListener("beforeunload", (event) => losable && event.preventDefault());
addEventListener("popstate", () => location.pathname !== shown && persist(renew)); // not at a jump within the page

enter();
outbox.flush();
