// In the place of a page that could not be reached: asks for it every few seconds, and goes there once the site answers.

const WAIT_MS = 3_000;
// What a proxy answers while the site is not there.
const BY_PROXIES = [502, 504];

async function ask() {
  const response = await fetch(location.href).catch(() => null);
  if (response && !BY_PROXIES.includes(response.status)) location.reload();
  else setTimeout(ask, WAIT_MS);
}

if (!location.pathname.endsWith("/offline/")) ask();
