// What a script adds to the pages; every one of them works without it.
"use strict";

const leave = document.querySelector("[data-exit]");
let escaped = 0;

function go(event) {
  if (event) event.preventDefault();
  // In place of this page, so that going back does not lead here.
  window.location.replace(leave.href);
}

if (leave) {
  leave.addEventListener("click", go);
  document.addEventListener("keydown", (event) => {
    const now = event.timeStamp;
    if (event.key !== "Escape") return;
    if (escaped > 0 && now - escaped < 1500) go();
    escaped = now;
  });
}

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// What an official has not sent yet stays in this tab: over a reload, and over the end of a session.
const official = document.querySelector(".staff .person");
const kept = official ? window.sessionStorage : null;
const whose = official ? `written ${official.textContent} ` : "";

function keep(box) {
  const name = `${whose}${box.form.getAttribute("action")} ${box.name}`;
  const found = JSON.parse(kept.getItem(name) || "null");
  // Only where the page still says what it said then; what the server gives back by itself is newer.
  if (found && found.base === box.defaultValue) box.value = found.text;
  box.addEventListener("input", () => kept.setItem(name, JSON.stringify({ base: box.defaultValue, text: box.value })));
}

if (kept) {
  const here = window.location.pathname, done = new URLSearchParams(window.location.search).get("done");
  if (done) {
    for (const name of Object.keys(kept)) {
      if (name.startsWith(`${whose}${here}/${done} `)) kept.removeItem(name);
    }
    // A reload is not done again: what is written from now on stays.
    window.history.replaceState(null, "", here);
  }
  for (const box of document.querySelectorAll("main form[method=post] textarea")) keep(box);
  const out = document.querySelector("form.out");
  if (out) out.addEventListener("submit", () => kept.clear());
}
