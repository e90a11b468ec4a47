// Keeps the row of cards fresh on a page that stays open; without it the page is as fresh as its last load.
"use strict";

const cards = document.querySelector("[data-fresh]");
const EVERY = 30000;

async function freshen() {
  if (document.hidden || cards.contains(document.activeElement)) return;
  try {
    const answer = await fetch(cards.dataset.fresh, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) cards.innerHTML = await answer.text();
  } catch {
    // The line is down for a moment: what stands there stays, and says its hour at the next load.
  }
}

if (cards) setInterval(freshen, EVERY);
