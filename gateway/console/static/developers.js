// What a script adds to integrators' pages: copying, and ticks that come by themselves. Both pages work without it.
"use strict";

const WAIT = 3000;

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.said;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

const steps = document.querySelector("[data-steps]");

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(steps.dataset.steps, { headers: { accept: "text/html" }, redirect: "error" });
    const told = await answer.text();
    // Only what has changed is put in place: whoever listens hears a step once.
    if (answer.ok && told !== steps.dataset.last) {
      steps.innerHTML = told;
      steps.dataset.last = told;
    }
  } catch (error) {
    return;
  }
}

if (steps) {
  steps.dataset.last = steps.innerHTML;
  const looking = setInterval(() => {
    if (steps.querySelectorAll(".is-open").length === 0) clearInterval(looking);
    else look();
  }, WAIT);
}
