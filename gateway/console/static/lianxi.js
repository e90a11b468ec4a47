// What a script adds to the public pages; every one of them works without it.
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
