// The round on a telephone: what is tapped is kept first and sent after, and what waits is always to be seen.
"use strict";

(async () => {
  const phone = document.getElementById("phone");
  if (!phone || !window.indexedDB || !window.fetch) return;
  const words = JSON.parse(phone.dataset.words), outcomes = JSON.parse(phone.dataset.outcomes);
  const find = (id) => document.getElementById(id);
  const round = find("round"), dialog = find("finding"), form = find("finding-form");
  const isShell = phone.dataset.shell === "1";
  let undoing = null, ticking = 0, editing = null, drawn = "", looks = 0;

  const say = (key, facts = {}) => words[key].replace(/\{(\w+)\}/g, (_all, name) => String(facts[name]));
  const clock = (at) => new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" }).format(at);
  const day = (at) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(at);
  const show = (it, text) => { it.hidden = text === ""; if (it.textContent !== text) it.textContent = text; };

  function make(name, text, more = {}) {
    const it = Object.assign(document.createElement(name), more);
    if (text) it.textContent = text;
    return it;
  }

  // --- what waits, and whether it arrives

  function status(rows, pictures) {
    const { state } = queue, here = pictures.filter((each) => each.state === "waiting").length, waiting = rows.filter((row) => row.state === "waiting").length;
    const stuck = rows.length - waiting + pictures.length - here, isOff = !navigator.onLine || (state.last && !state.last.ok);
    let text = isOff ? say("offline") : say("online");
    if (waiting > 0) text = isOff ? say("offline_waiting", { n: waiting }) : say("waiting", { n: waiting });
    else if (here === 0 && !isOff && state.last) text = say("all_sent", { time: clock(state.last.at) });
    if (here > 0) text = `${text} · ${say("photos_waiting", { n: here })}`;
    // "All sent" is said only when all is.
    if (stuck > 0) text = waiting > 0 || here > 0 || isOff ? `${text} · ${say("stuck", { n: stuck })}` : say("stuck", { n: stuck });
    show(find("net"), text);
    find("sign-in").hidden = !(state.signedOut && waiting + here > 0);
    const all = [...rows, ...pictures], oldest = Math.min(...all.map((row) => row.at));
    show(find("nag"), all.length > 0 && Date.now() - oldest > 20 * 3600000 ? say("nag") : "");
  }

  // Photographs stand with their visit while that waits, and alone once it has arrived.
  function pictureLine(visit, own) {
    const it = make("li", "", { className: `kept ${own.some((each) => each.state !== "waiting") ? "attention" : "waiting"}` });
    it.dataset.id = visit;
    it.append(make("strong", own[0].address), make("p", say("photos_here", { n: own.length }), { className: "facts" }));
    it.append(...own.filter((each) => each.state !== "waiting").map(stuckPicture));
    return it;
  }

  function stuckPicture(row) {
    const it = make("div"), acts = make("div", "", { className: "acts" });
    it.append(make("p", `${say("photo_refused")} ${row.problem.title || ""}`, { className: "why" }), make("p", row.problem.detail || ""));
    const away = () => { if (window.confirm(say("photo_drop_sure"))) queue.drop(row.id); };
    acts.append(make("button", say("photo_again"), { type: "button", onclick: () => queue.again(row.id) }));
    acts.append(make("button", say("photo_drop"), { type: "button", className: "secondary", onclick: away }));
    it.append(acts);
    return it;
  }

  function line(row, own) {
    const it = make("li", "", { className: `kept ${row.state}` }), name = outcomes[row.visit.outcome];
    it.dataset.id = row.id;
    it.append(make("strong", row.address), make("p", `${clock(row.at)} · ${name}`, { className: "facts" }));
    if (own.length > 0) it.append(make("p", say("photos_here", { n: own.length }), { className: "facts" }));
    if (row.account && queue.state.account && row.account !== queue.state.account) it.append(make("p", say("anothers")));
    if (row.state === "waiting") return it;
    if (row.state === "decided") return decidedLine(it, row);
    const { problem } = row;
    it.append(make("p", `${say("refused")} ${problem.title || ""}`, { className: "why" }), make("p", problem.detail || ""));
    if (problem.theirs && problem.theirs.outcome) {
      const theirs = { time: clock(new Date(problem.theirs.visited_at)), outcome: outcomes[problem.theirs.outcome] };
      it.append(make("p", say("both", { mine: name, ...theirs })));
    }
    if (row.state === "asked") it.append(make("p", say(row.conflict ? "asked_sent" : "asked", { code: row.visit.rental_code, time: clock(row.at) }), { className: "notice" }));
    const acts = make("div", "", { className: "acts" });
    acts.append(make("button", say("change"), { type: "button", onclick: () => change(row) }));
    if (row.state !== "asked") {
      const ask = () => queue.mark(row.id, { state: "asked", next: 0 }).then(() => queue.upload());
      acts.append(make("button", say("ask"), { type: "button", className: "secondary", onclick: ask }));
    }
    it.append(acts);
    return it;
  }

  function decidedLine(it, row) {
    it.append(make("p", `${say("decided")} ${say(`decided_${row.verdict}`)}${row.reason ? ` · ${row.reason}` : ""}`, { className: "why" }));
    const acts = make("div", "", { className: "acts" });
    acts.append(make("button", say("decided_read"), { type: "button", onclick: () => queue.read(row.id) }));
    it.append(acts);
    return it;
  }

  function board(rows, sent) {
    const today = day(Date.now());
    for (const it of round.querySelectorAll(".stop")) {
      const { code } = it.dataset, went = it.querySelector(".went");
      if (it.dataset.server === undefined) it.dataset.server = went.hidden ? "" : went.querySelector("span").textContent;
      const row = rows.filter((each) => each.visit.rental_code === code && day(each.at) === today).pop();
      const done = sent.filter((each) => each.code === code && day(each.at) === today).pop();
      const told = row ? { at: row.at, outcome: row.visit.outcome } : done;
      let text = it.dataset.server;
      if (told) text = say("went", { time: clock(told.at), outcome: outcomes[told.outcome] });
      if (row) text += ` · ${say(row.state === "waiting" ? "here" : "stuck_here")}`;
      went.hidden = text === "";
      went.querySelector("span").textContent = text;
      it.classList.toggle("is-done", text !== "");
      it.classList.toggle("is-waiting", Boolean(row));
      const normal = it.querySelector("[data-normal]");
      if (normal) normal.hidden = text !== "";
    }
    ring();
    next();
  }

  function ring() {
    const it = round.querySelector(".ring");
    if (!it) return;
    const all = round.querySelectorAll(".stop").length, done = round.querySelectorAll(".stop.is-done").length;
    it.querySelector("title").textContent = say("ring", { done, all });
    it.querySelector("text").textContent = `${done}/${all}`;
    it.querySelector(".arc").setAttribute("stroke-dasharray", `${all ? (100 * done) / all : 0} 100`);
  }

  function next() {
    const link = find("next"), finished = find("finished"), stop = round.querySelector(".stop:not(.is-done)");
    if (!link) return;
    link.hidden = !stop;
    finished.hidden = Boolean(stop);
    if (!stop) return;
    link.href = `#${stop.id}`;
    link.querySelector("span").textContent = stop.dataset.address;
  }

  async function render() {
    const mine = ++looks, rows = await queue.items(), pictures = await queue.pictures();
    const sent = await store.all("sent"), list = find("queue-list");
    // Whoever began to look later has seen more; an older look must not be drawn over theirs.
    if (mine !== looks) return;
    status(rows, pictures);
    const held = new Set(rows.map((row) => row.id)), loose = new Map();
    for (const each of pictures) if (!held.has(each.visit)) loose.set(each.visit, [...(loose.get(each.visit) || []), each]);
    find("queue").hidden = rows.length + loose.size === 0;
    find("queue-title").textContent = say("queue", { n: rows.length + loose.size });
    // Written anew only when something has changed, and whoever stood on a line stands on it still.
    const mark = `${queue.state.account} ${[...rows, ...pictures].map((row) => `${row.id} ${row.state} ${row.conflict || ""}`).join(" ")}`;
    if (mark !== drawn) {
      const stood = document.activeElement && document.activeElement.closest("#queue-list li");
      const lines = rows.map((row) => line(row, pictures.filter((each) => each.visit === row.id)));
      list.replaceChildren(...lines, ...[...loose].map(([visit, own]) => pictureLine(visit, own)));
      drawn = mark;
      const again = stood && [...list.children].find((it) => it.dataset.id === stood.dataset.id);
      if (again && again.querySelector("button")) again.querySelector("button").focus();
    }
    board(rows, sent);
  }

  // --- putting a visit down

  async function keep(code, address, said, old) {
    const visit = {
      visit_id: newId("visit"),
      rental_code: code,
      assistant: queue.state.account,
      visited_at: new Date(said.at || Date.now()).toISOString(),
      outcome: said.outcome,
      entry_basis: said.basis,
      findings: said.findings,
      note: said.note,
    };
    const id = await queue.add(visit, address, old, said.pictures);
    undo(id, address, old);
    setTimeout(() => queue.upload(), UNDO + 50);
  }

  function undo(id, address, old) {
    const bar = find("undo"), button = find("undo-button");
    clearTimeout(undoing);
    bar.querySelector("span").textContent = say("kept", { address });
    bar.hidden = false;
    button.hidden = Boolean(old);
    button.onclick = async () => { bar.hidden = true; await queue.undo(id); };
    undoing = setTimeout(() => { bar.hidden = true; }, UNDO);
  }

  function ask(code, address) {
    form.reset();
    photos.clear();
    drawPhotos(0);
    form.dataset.code = code;
    form.dataset.address = address;
    find("finding-where").textContent = address;
    find("finding-wrong").hidden = true;
    dialog.showModal();
  }

  function change(row) {
    const { visit } = row;
    ask(visit.rental_code, row.address);
    editing = row;
    for (const each of form.elements) {
      if (each.name === "entry") each.checked = each.dataset.outcome === visit.outcome && each.dataset.basis === visit.entry_basis;
      if (each.dataset.finding) each.checked = visit.findings.includes(each.dataset.finding);
    }
    form.elements.text.value = visit.note;
  }

  function drawPhotos(left) {
    const lines = photos.all().map((each, place) => {
      const it = make("li"), name = say("photo_name", { n: place + 1, kb: Math.ceil(each.bytes.byteLength / 1024) });
      const away = () => { photos.remove(each.id); drawPhotos(0); find("photo-files").focus(); };
      it.append(make("img", "", { src: each.thumb, alt: say("photo_alt", { n: place + 1 }) }), make("span", name));
      it.append(make("button", say("photo_away"), { type: "button", className: "secondary outline", ariaLabel: say("photo_away_named", { n: place + 1 }), onclick: away }));
      return it;
    });
    find("photo-list").replaceChildren(...lines);
    show(find("photo-left"), left > 0 ? say("photo_left", { n: left, most: photos.MOST }) : "");
  }

  find("photo-files").addEventListener("change", async (event) => {
    find("photo-pick").setAttribute("aria-busy", "true");
    const left = await photos.add([...event.target.files]);
    event.target.value = "";
    find("photo-pick").removeAttribute("aria-busy");
    drawPhotos(left);
  });
  find("photo-pick").hidden = !photos.can;
  find("photo-cannot").hidden = photos.can;

  function wrong(key) {
    show(find("finding-wrong"), say(key));
    find("finding-wrong").focus();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const entry = form.querySelector("[name=entry]:checked"), note = form.elements.text.value.trim();
    if (!entry) return wrong("wrong");
    if (holdsIdentityNumber(note)) return wrong("identity_number");
    const findings = [...form.querySelectorAll("[data-finding]:checked")].map((each) => each.dataset.finding);
    const { outcome, basis } = entry.dataset, old = editing;
    if (findings.length === 0 && outcome === "done") findings.push("nothing_unusual");
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    const pictures = await photos.given(find("photo-where").checked);
    form.ariaBusy = "false";
    const said = { outcome, basis, findings, note, pictures, at: old ? Date.parse(old.visit.visited_at) : 0 };
    dialog.close();
    await keep(form.dataset.code, form.dataset.address, said, old ? old.id : undefined);
  });
  dialog.addEventListener("close", () => { editing = null; });
  find("finding-cancel").addEventListener("click", () => dialog.close());

  round.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-normal]")) return;
    event.preventDefault();
    const { code, address } = event.target.closest(".stop").dataset;
    keep(code, address, { outcome: "done", basis: "consent", findings: ["nothing_unusual"], note: "", pictures: [] });
  });
  round.addEventListener("click", (event) => {
    const link = event.target.closest("[data-other]");
    if (!link || !dialog.showModal) return;
    event.preventDefault();
    const { code, address } = link.closest(".stop").dataset;
    ask(code, address);
  });

  // --- the list without a network

  function listToKeep() {
    const copy = round.cloneNode(true);
    for (const it of copy.querySelectorAll("input")) it.removeAttribute("value");
    return copy.innerHTML;
  }

  async function lists(pristine) {
    const lock = await store.get("kept", "lock"), list = await store.get("kept", "list");
    if (!vault.can) return show(find("insecure"), say("insecure"));
    if (!isShell) {
      find("choose").hidden = Boolean(lock);
      return lock ? vault.keep(pristine) : null;
    }
    find("open").hidden = !list;
    return list ? null : show(find("first"), say("first"));
  }

  find("choose").addEventListener("submit", async (event) => {
    event.preventDefault();
    find("choose").hidden = true;
    await vault.choose(find("new-digits").value);
    await vault.keep(kept);
    show(find("first"), say("ready"));
  });

  find("open").addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = find("digits"), told = await vault.unlock(given.value);
    given.value = "";
    if (told.plain === undefined) {
      show(find("digits-wrong"), told.left > 0 ? say("digits_wrong", { n: told.left }) : say("wiped"));
      find("open").hidden = told.left === 0;
      return;
    }
    find("open").hidden = true;
    round.innerHTML = told.plain;
    show(find("first"), say("stored", { time: `${day(told.at)} ${clock(told.at)}` }));
    render();
  });

  const out = find("sign-out");
  if (out) out.addEventListener("submit", async (event) => {
    event.preventDefault();
    await vault.wipe();
    out.submit();
  });

  async function order() {
    const answer = await queue.ask("/m/order", {});
    await vault.age(answer.told && answer.told.wiped_before ? Date.parse(answer.told.wiped_before) : 0);
  }

  async function worker() {
    if (!navigator.serviceWorker) return;
    await navigator.serviceWorker.register(phone.dataset.worker, { scope: "/m/" });
    const ready = await navigator.serviceWorker.ready;
    if (!isShell) ready.active.postMessage("fill");
    phone.dataset.ready = "1";
  }

  function tick() {
    clearTimeout(ticking);
    ticking = setTimeout(() => queue.upload().finally(tick), 5000);
  }

  const kept = listToKeep();
  Object.assign(queue.state, { account: phone.dataset.account, csrf: phone.dataset.csrf, language: phone.dataset.language });
  if (queue.state.account) await store.put("kept", queue.state.account, "account");
  else queue.state.account = (await store.get("kept", "account")) || "";
  for (const each of await store.all("sent")) if (day(each.at) !== day(Date.now())) await store.remove("sent", each.id);
  queue.onChange(render);
  window.addEventListener("online", () => queue.hurry());
  window.addEventListener("offline", render);
  await render();
  await order();
  await lists(kept);
  phone.dataset.started = "1";
  worker().catch(() => null);
  await queue.hurry();
  tick();
})();
