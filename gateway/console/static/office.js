// Keeps the row of cards fresh on a page that stays open; without it the page is as fresh as its last load.
"use strict";

const cards = document.querySelector("[data-fresh]");
const EVERY = 30000;
// Well below the time after which a session ends by itself: a page that nobody looks at must not keep it open.
const STOPS_AFTER = 300000;
let touched = Date.now();

async function freshen() {
  if (document.hidden || Date.now() - touched > STOPS_AFTER || cards.contains(document.activeElement)) return;
  try {
    const answer = await fetch(cards.dataset.fresh, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) cards.innerHTML = await answer.text();
  } catch {
    // The line is down for a moment: what stands there stays, and says its hour at the next load.
  }
}

if (cards) {
  for (const name of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    document.addEventListener(name, () => { touched = Date.now(); }, { passive: true });
  }
  setInterval(freshen, EVERY);
}
