// Each change of a field is saved by itself; what is still missing is shown without loading the page again.

const form = document.getElementById("draft");
const saved = document.getElementById("saved");
const waiting = new Map();
let chain = Promise.resolve();
let timer = 0;

function valueOf(field) {
  if (!("several" in field.dataset)) return field.type === "checkbox" && !field.checked ? "" : field.value;
  const boxes = [...form.querySelectorAll("[data-several]")].filter((box) => box.name === field.name && box.checked);
  return boxes.map((box) => box.value).join("\n");
}

function later(field, delay) {
  if (!field.name || field.type === "hidden") return;
  waiting.set(field.name, valueOf(field));
  clearTimeout(timer);
  timer = setTimeout(flush, delay);
}

function flush() {
  clearTimeout(timer);
  if (!waiting.size) return chain;
  const sent = new Map(waiting);
  waiting.clear();
  chain = chain.then(() => send(sent));
  return chain;
}

async function send(sent) {
  saved.textContent = saved.dataset.saving;
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "shape"]) body.append(name, form.elements[name].value);
  for (const [name, value] of sent) body.append(name, value);
  try {
    const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (reply.redirected || !reply.headers.get("Content-Type")?.includes("json")) throw new Error("no answer");
    const news = await reply.json();
    if (!reply.ok) saved.textContent = news.fault;
    else show(news);
  } catch {
    for (const [name, value] of sent) if (!waiting.has(name)) waiting.set(name, value);
    saved.textContent = saved.dataset.failed;
  }
}

function show(news) {
  form.elements.shape.value = news.shape;
  for (const field of form.elements) {
    const place = field.id && document.getElementById(`${field.id}-faults`);
    if (!place) continue;
    const faults = news.faults[field.name] ?? [];
    place.textContent = faults.join(" ");
    if (faults.length) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  for (const count of document.querySelectorAll("[data-step]")) {
    const number = news.rail[count.dataset.step];
    count.hidden = !number;
    count.querySelector(".number").textContent = number;
  }
  const list = document.getElementById("consequences");
  const lines = news.consequences.length ? news.consequences : [list.dataset.none];
  list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  document.getElementById("undo").disabled = !news.can_undo;
  saved.textContent = saved.dataset.saved;
  for (const { contentWindow } of document.querySelectorAll("iframe.preview")) {
    if (contentWindow.location.href !== "about:blank") contentWindow.location.reload(); // others are still to come
  }
}

form.addEventListener("input", (event) => later(event.target, 800));
form.addEventListener("change", (event) => {
  if ("reloads" in event.target.dataset) {
    const button = Object.assign(document.createElement("button"), { name: "do", value: `show:${event.target.name}`, hidden: true });
    form.append(button);
    form.requestSubmit(button);
  } else later(event.target, 0);
});
// A press of a button sends all fields with it.
form.addEventListener("submit", () => { clearTimeout(timer); waiting.clear(); });
addEventListener("online", flush);
// What is typed and not yet sent goes before another page comes.
for (const link of document.querySelectorAll(".rail a, .ways a")) {
  link.addEventListener("click", async (event) => {
    if (!waiting.size || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await flush();
    location.assign(link.href);
  });
}
document.querySelector(".bar form").addEventListener("submit", (event) => {
  if (!waiting.size) return;
  event.preventDefault();
  const { target, submitter } = event;
  flush().then(() => target.requestSubmit(submitter));
});
addEventListener("pagehide", () => {
  if (!waiting.size) return;
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "shape"]) body.append(name, form.elements[name].value);
  for (const [name, value] of waiting) body.append(name, value);
  fetch(form.action, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } });
});
