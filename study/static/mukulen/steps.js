// Forms of pages other than trials: what is typed stays on the page until the server has it.

import { within } from "./outbox.js";
import { STEP_MS, outbox, parsed, put, ways } from "./room.js";

/** A page open too long fetches a fresh token. */
ways.post = async (form, { name, value }) => {
  const data = new FormData(form);
  if (name) data.append(name, value);
  const send = () => fetch(form.action, { method: "POST", body: data, signal: within(STEP_MS) });
  let response = await send();
  if (response.status === 403) {
    data.set("csrfmiddlewaretoken", await outbox.freshToken());
    response = await send();
  }
  if (response.status >= 500) return false;
  if (response.redirected) location.assign(response.url);
  else put(parsed(await response.text()));
  return true;
};
