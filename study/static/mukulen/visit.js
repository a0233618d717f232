// The steps that need the server. A trial takes the place of the one before, with the clip fetched meanwhile; a form keeps
// what is typed until the server has it; other pages are loaded.

import { measured } from "./clock.js";
import { within } from "./outbox.js";

const STEP_MS = 30_000; // on a dead line
let room; // given and not imported: scripts that import each other could have no hashes in their names

/** The steps, with what they need of the room. */
export function connect(tools) {
  room = tools;
  return { visit, post, renew };
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

async function visit(address) {
  const ask = async () => {
    const response = await fetch(address, { headers: { Accept: "text/html" }, signal: within(STEP_MS) });
    return [response, parsed(await response.text())];
  };
  const [response, fresh] = await measured(ask, ([, page]) => Number(page.body.dataset.now));
  if (response.status >= 500) return false;
  if (response.ok && room.main.dataset.trial && fresh.getElementById("main")?.dataset.trial) show(fresh, response.url);
  // Other pages look at all answers, and more may have been written meanwhile.
  else if (!(await room.emptied()) && !room.outbox.signedOut()) return false;
  else location.assign(response.redirected ? response.url : address);
  return true;
}

function show(fresh, address) {
  history.pushState(null, "", address);
  room.leave();
  put(fresh);
  document.getElementById("steps").replaceWith(fresh.getElementById("steps"));
  document.querySelector(".languages [name=next]").value = location.pathname;
  room.enter();
}

function put(fresh) {
  const incoming = fresh.getElementById("main");
  for (const name of Object.keys(room.main.dataset)) delete room.main.dataset[name];
  Object.assign(room.main.dataset, incoming.dataset);
  room.main.replaceChildren(...incoming.childNodes);
  document.title = fresh.title;
  scrollTo(0, 0);
  (document.getElementById("fault") ?? document.getElementById("heading") ?? room.main).focus();
}

/** A page open too long fetches a fresh token. */
async function post(form, submitter) {
  const data = new FormData(form);
  const button = submitter ?? form.querySelector("button");
  if (button.name) data.append(button.name, button.value);
  const send = () => fetch(form.action, { method: "POST", body: data, signal: within(STEP_MS) });
  let response = await send();
  if (response.status === 403) {
    data.set("csrfmiddlewaretoken", await room.outbox.freshToken());
    response = await send();
  }
  if (response.status >= 500) return false;
  if (response.redirected) location.assign(response.url);
  else put(parsed(await response.text()));
  return true;
}

async function renew() {
  await fetch(location.pathname, { signal: within(STEP_MS) });
  location.replace(location.pathname);
  return true;
}
