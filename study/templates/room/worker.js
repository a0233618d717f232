{% load static %}// Where a step that the browser takes by itself (a reload, Back, the link) meets no connection, or a proxy whose site is
// just starting, a page of ours comes up instead of theirs, and comes back by itself. Nothing else is kept, and no other
// request is touched.

const OFFLINE = "{% url 'room:offline' %}";
const BY_PROXIES = [502, 504];
const KEPT = [OFFLINE, "{% static 'mukulen/site.css' %}", "{% static 'mukulen/offline.js' %}"];

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open("offline").then((cache) => cache.addAll(KEPT)));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode === "navigate" && request.method === "GET") {
    const answer = fetch(request).then((response) => (BY_PROXIES.includes(response.status) ? caches.match(OFFLINE) : response));
    event.respondWith(answer.catch(() => caches.match(OFFLINE)));
  } else if (KEPT.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(pathname)));
  }
});
