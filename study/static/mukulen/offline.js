// In the place of a page that could not be reached: asks for it every few seconds, and goes there once it answers.

const WAIT_MS = 3_000;

async function ask() {
  try {
    await fetch(location.href);
    location.reload();
  } catch {
    setTimeout(ask, WAIT_MS);
  }
}

if (!location.pathname.endsWith("/offline/")) ask();
