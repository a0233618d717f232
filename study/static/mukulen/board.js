// The board by itself fetches its newest state, unless someone is about to press something in it or the page is not seen.
import { localise } from "./times.js";

const EVERY_MS = 20_000;
const PRESSED = "a, summary";

const regions = (board) => [...board.querySelectorAll(".scroll")];

// What was open stays open, and a wide table stays where it was pushed to, with the keyboard in it if that was there.
function carry(board, newer) {
  const open = [...board.querySelectorAll("details")].map((details) => details.open);
  newer.querySelectorAll("details").forEach((details, number) => { details.open = open[number] ?? false; });
  const places = regions(board).map((region) => [region.scrollLeft, region === document.activeElement]);
  localise(newer);
  board.replaceWith(newer);
  regions(newer).forEach((region, number) => {
    const [left, isActive] = places[number] ?? [0, false];
    region.scrollLeft = left;
    if (isActive) region.focus({ preventScroll: true });
  });
}

async function renew() {
  const board = document.getElementById("board");
  const busy = document.activeElement?.matches(PRESSED) && board.contains(document.activeElement);
  if (document.hidden || busy) return;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    carry(board, page.getElementById("board"));
  } catch {
    // No line, or logged out: what is shown says from when it is.
  }
}

setInterval(renew, EVERY_MS);
