// While a task is running, its part of the page is refreshed; when it ends, the whole page.

const EVERY_MS = 1500;

async function look() {
  try {
    const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const now = page.getElementById("job");
    if (!reply.ok || !now || now.dataset.state !== "running") return location.reload();
    const here = document.getElementById("job");
    const [said, says] = [here, now].map((job) => job.querySelector("[role=status]"));
    if (said.textContent !== says.textContent) said.textContent = says.textContent;
    here.querySelector("progress").replaceWith(now.querySelector("progress"));
  } catch {
    // Without a connection the page stays as it is until there is one.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
