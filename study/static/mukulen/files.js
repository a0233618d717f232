// Files go up in parts, so that an upload that stopped continues; one clip sounds at a time.

const card = document.getElementById("files");
const status = document.getElementById("uploading");
const progress = document.getElementById("upload-progress");
const token = card.querySelector("[name=csrfmiddlewaretoken]").value;
// Less than what a proxy lets through in one request (deploy/nginx.conf).
const PART = 2 << 20;

const address = (name, size, at) => `${card.dataset.url}?${new URLSearchParams({ name, size, at })}`;

async function answer(reply) {
  const news = await reply.json().catch(() => ({})); // a proxy's own page is no JSON
  if (!reply.ok) throw news.fault ? new Error(news.fault) : new TypeError(`${reply.status}`);
  return news.size;
}

async function upload(file, name) {
  let at = await answer(await fetch(address(name, file.size, 0)));
  while (at < file.size) {
    const body = file.slice(at, at + PART);
    const headers = { "X-CSRFToken": token, "Content-Type": "application/octet-stream" };
    at = await answer(await fetch(address(name, file.size, at), { method: "PUT", body, headers }));
    show(name, (100 * at) / file.size);
  }
}

function show(name, percent) {
  progress.hidden = false;
  progress.value = percent;
  status.textContent = card.dataset.uploading.replace("NAME", name).replace("PERCENT", Math.floor(percent));
}

async function uploadAll(files) {
  const wanted = files.filter(([file, name]) => file.size && !name.split("/").some((part) => part.startsWith(".")));
  if (!wanted.length) return;
  try {
    for (const [file, name] of wanted) await upload(file, name);
  } catch (error) {
    status.textContent = error instanceof TypeError ? card.dataset.failed : error.message;
    progress.hidden = true;
    return;
  }
  const form = card.querySelector("form");
  const button = Object.assign(document.createElement("button"), { name: "do", value: "listen", hidden: true });
  form.reset();
  form.append(button);
  form.requestSubmit(button);
}

for (const input of card.querySelectorAll("input[type=file]"))
  input.addEventListener("change", () => {
    const files = [...input.files].map((file) => [file, file.webkitRelativePath || file.name]);
    input.value = ""; // the same files can be chosen again, after an upload that stopped
    uploadAll(files);
  });
document.getElementById("upload-folder-field").hidden = !("webkitdirectory" in HTMLInputElement.prototype);

card.addEventListener("dragover", (event) => { event.preventDefault(); card.classList.add("over"); });
card.addEventListener("dragleave", () => card.classList.remove("over"));
card.addEventListener("drop", async (event) => {
  event.preventDefault();
  card.classList.remove("over");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  uploadAll((await Promise.all(entries.map((entry) => filesIn(entry, "")))).flat());
});

async function filesIn(entry, before) {
  const name = `${before}${entry.name}`;
  if (entry.isFile) return [[await new Promise((done, fail) => entry.file(done, fail)), name]];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map((one) => filesIn(one, `${name}/`)))).flat();
}

const audio = new Audio();
let playing = null;
audio.addEventListener("ended", stop);

function stop() {
  audio.pause();
  if (playing) { playing.textContent = "▶"; playing.setAttribute("aria-pressed", "false"); }
  playing = null;
}

for (const button of card.querySelectorAll(".hear"))
  button.addEventListener("click", async () => {
    const again = playing === button;
    stop();
    if (again) return;
    playing = button;
    button.textContent = "❚❚";
    button.setAttribute("aria-pressed", "true");
    const sound = await (await fetch(button.dataset.sound)).blob();
    if (playing !== button) return;
    URL.revokeObjectURL(audio.src);
    audio.src = URL.createObjectURL(sound);
    audio.play().catch(stop);
  });

const owners = document.getElementById("owners");
owners?.addEventListener("change", () => owners.requestSubmit());
