// The network first; without one, the shell of the pages, which holds nobody's data. `FILES` and `SHELL` stand above.
"use strict";

const CACHE = `lianxi-patrol-${VERSION}`;
const PATIENCE = 6000;

async function fill() {
  const cache = await caches.open(CACHE);
  for (const each of FILES) if (!(await cache.match(each, { ignoreVary: true }))) await cache.add(each);
  const shell = await fetch(SHELL, { cache: "reload" });
  if (shell.ok) await cache.put(SHELL, shell);
}

async function forget(prefix) {
  for (const each of await caches.keys()) if (each.startsWith(prefix) && each !== CACHE) await caches.delete(each);
}

async function visit(request) {
  const asked = fetch(request);
  asked.catch(() => null);
  const patience = new Promise((good) => setTimeout(good, PATIENCE, null));
  const kept = async () => (await caches.open(CACHE)).match(SHELL, { ignoreVary: true });
  try {
    const answer = await Promise.race([asked, patience]);
    if (answer && answer.status < 500) return answer;
    return (await kept()) || asked;
  } catch (error) {
    return (await kept()) || Response.error();
  }
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) || fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(forget("lianxi-patrol-").then(() => self.clients.claim())));
self.addEventListener("message", (event) => {
  if (event.data === "fill") event.waitUntil(fill().catch(() => null));
});
self.addEventListener("fetch", (event) => {
  const { request } = event, { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate" && pathname.startsWith("/m/")) event.respondWith(visit(request));
});
