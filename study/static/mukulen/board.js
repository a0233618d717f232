// The board by itself fetches its newest state, unless someone is busy in it or the page is not seen.
const EVERY_MS = 20_000;

async function renew() {
  const board = document.getElementById("board");
  if (document.hidden || board.contains(document.activeElement)) return;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const newer = page.getElementById("board");
    const open = [...board.querySelectorAll("details")].map((details) => details.open);
    newer.querySelectorAll("details").forEach((details, number) => { details.open = open[number] ?? false; });
    board.replaceWith(newer);
  } catch {
    // No line, or logged out: what is shown says from when it is.
  }
}

setInterval(renew, EVERY_MS);
