// The server's time, which pages and replies carry: a browser's clock may be wrong.

const born = Date.now() - performance.now();
let base = null; // the server's time when the count was 0

/** Milliseconds, with those of a computer's sleep. */
const count = () => Math.max(performance.now(), Date.now() - born);

function measure(server, asked, arrived) {
  const low = server - arrived;
  if (Number.isFinite(low)) base = Math.min(Math.max(base ?? low, low), server - asked);
}

export async function measured(work, timeIn) {
  const asked = count();
  const reply = await work();
  measure(timeIn(reply), asked, count());
  return reply;
}

export const now = () => Math.round((base ?? performance.timeOrigin) + count());

/** The browser's time, and how far it is behind the server's. */
export function stamp() {
  const date = new Date();
  return { given_at: date.toISOString(), offset_ms: now() - date };
}

/** The server's time of a stamp. Older pages measured nothing. */
export const timeOf = ({ given_at, offset_ms = 0 }) => Date.parse(given_at) + offset_ms;

const [page] = performance.getEntriesByType("navigation");
measure(Number(document.body.dataset.now), 0, page?.responseStart || performance.now());
