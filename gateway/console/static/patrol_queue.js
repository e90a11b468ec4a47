// The visits that wait. One leaves only when the server has said that it is there; whatever else comes, it stays.
"use strict";

const UNDO = 5000;
const LONGEST_PAUSE = 300000;
const LATER = [408, 425, 429];
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

function newId(noun) {
  // `crypto.randomUUID` is missing without a secure connection; these random bytes are there everywhere.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
  return `${noun}_${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function holdsIdentityNumber(text) {
  const plain = text.normalize("NFKC").replace(/[\s\-\u2010-\u2015.\u00b7_]+/g, "");
  for (let at = 0; at + 18 <= plain.length; at += 1) {
    const found = plain.slice(at, at + 18);
    if (!/^\d{17}[\dXx]$/.test(found)) continue;
    const total = WEIGHTS.reduce((sum, weight, place) => sum + weight * Number(found[place]), 0);
    if ("10X98765432"[total % 11] === found[17].toUpperCase()) return true;
  }
  return false;
}

const queue = (() => {
  const state = { account: "", csrf: "", language: "zh-CN", signedOut: false, last: null, busy: false };
  let changed = () => {};

  async function items() {
    const rows = await store.all("queue"), found = [];
    for (const row of rows) found.push({ ...row, ...(await vault.open(row.body)) });
    return found.sort((one, other) => one.at - other.at);
  }

  // What waits of photographs, without the pictures themselves.
  async function pictures() {
    const rows = await store.all("pictures"), found = [];
    for (const row of rows) found.push({ ...row, body: null, ...(await vault.open(row.told)) });
    return found.sort((one, other) => one.at - other.at);
  }

  async function add(visit, address, old, taken = []) {
    const body = await vault.seal({ visit, address });
    const now = Date.now(), begun = { account: state.account, at: now, next: now + UNDO, tries: 0, state: "waiting" };
    const row = { ...begun, id: visit.visit_id, body };
    // Photographs of what is corrected go on with the correction: they are sent after their visit only.
    const earlier = (await store.all("pictures")).filter((each) => old && each.visit === old);
    const fresh = [];
    for (const { id, bytes, type, ...told } of taken) {
      const sealed = { told: await vault.seal({ ...told, type, address, size: bytes.byteLength }), body: await vault.sealBytes(bytes) };
      fresh.push({ ...begun, id, visit: row.id, ...sealed });
    }
    await store.together((visits, kept) => {
      visits.put(row);
      if (old && old !== row.id) visits.delete(old);
      for (const each of [...earlier, ...fresh]) kept.put({ ...each, visit: row.id });
    });
    changed();
    return row.id;
  }

  async function undo(id) {
    const row = await store.get("queue", id), own = (await store.all("pictures")).filter((each) => each.visit === id);
    if (row && row.tries === 0) {
      await store.together((visits, kept) => {
        visits.delete(id);
        for (const each of own) kept.delete(each.id);
      });
    }
    changed();
  }

  async function again(id) {
    const row = await store.get("pictures", id);
    if (row) await store.put("pictures", { ...row, state: "waiting", problem: null, next: Date.now() });
    return upload();
  }

  // Only the person takes a photograph away, never the program.
  async function drop(id) {
    await store.remove("pictures", id);
    changed();
  }

  async function mark(id, more) {
    const row = await store.get("queue", id);
    if (row) await store.put("queue", { ...row, ...more });
    changed();
  }

  // Who we are for the server: the page says so, a page out of the store does not.
  async function known() {
    if (state.csrf) return true;
    const answer = await ask("/v1/me", {});
    if (answer.status === 401) state.signedOut = true;
    if (!answer.told || !answer.told.csrf) return false;
    Object.assign(state, { csrf: answer.told.csrf, account: answer.told.account_id, signedOut: false });
    return true;
  }

  async function ask(path, more) {
    const headers = { Accept: "application/json", "Accept-Language": state.language, ...(more.headers || {}) };
    try {
      const stop = new AbortController(), timer = setTimeout(() => stop.abort(), more.patience || 20000);
      const answer = await fetch(path, { ...more, headers, cache: "no-store", redirect: "error", signal: stop.signal });
      // A hotel's network answers 200 with a page of its own: only what we can read is an answer.
      const told = await answer.json().catch(() => null);
      clearTimeout(timer);
      return { status: answer.status, told };
    } catch (error) {
      return { status: 0, told: null };
    }
  }

  function isLater(answer) {
    const again = answer.told && answer.told.code === "idempotency.in_progress";
    return answer.status < 200 || answer.status >= 500 || LATER.includes(answer.status) || !answer.told || again;
  }

  async function send(row) {
    const { visit, address } = await vault.open(row.body);
    const headers = { "Content-Type": "application/json", "Lianxi-CSRF": state.csrf, "Idempotency-Key": visit.visit_id };
    const answer = await ask("/v1/visits", { method: "POST", headers, body: JSON.stringify(visit) });
    if (answer.status < 300 && answer.told && answer.told.visit_id === visit.visit_id) return arrived(row, visit);
    if (answer.status === 401 || (answer.told && answer.told.code === "session.not_meant")) return out(row);
    if (isLater(answer) || answer.status < 400) return later(row);
    return refused(row, visit, answer);
  }

  async function sendPicture(row) {
    const told = await vault.open(row.told), body = await vault.openBytes(row.body);
    const headers = {
      "Content-Type": told.type,
      "Content-Digest": `sha-256=:${told.digest}:`,
      "Lianxi-Taken-At": told.taken_at,
      "Lianxi-CSRF": state.csrf,
      "Idempotency-Key": row.id,
      ...(told.where ? { "Lianxi-Taken-Where": told.where } : {}),
    };
    const answer = await ask(`/v1/visits/${row.visit}/photographs/${row.id}`, { method: "PUT", headers, body, patience: 120000 });
    if (answer.status < 300 && answer.told && answer.told.photo_id === row.id && answer.told.sent_sha256 === told.sha256) {
      await store.remove("pictures", row.id);
      state.last = { ok: true, at: Date.now() };
      return true;
    }
    if (answer.status === 401 || (answer.told && answer.told.code === "session.not_meant")) return out(row);
    if (isLater(answer) || answer.status < 400) return later(row, "pictures");
    const problem = { status: answer.status, title: answer.told.title, detail: answer.told.detail };
    await store.put("pictures", { ...row, tries: row.tries + 1, state: "attention", problem });
    state.last = { ok: true, at: Date.now() };
    return true;
  }

  async function arrived(row, visit) {
    await store.put("sent", { id: row.id, code: visit.rental_code, outcome: visit.outcome, at: row.at });
    await store.remove("queue", row.id);
    state.last = { ok: true, at: Date.now() };
    return true;
  }

  async function out() {
    // Once with fresh papers; whoever has none is asked to sign in, and the visit waits.
    state.csrf = "";
    return (await known()) ? null : false;
  }

  async function later(row, name = "queue") {
    const tries = row.tries + 1, pause = Math.min(LONGEST_PAUSE, 2000 * 2 ** Math.min(tries, 10));
    await store.put(name, { ...row, tries, next: Date.now() + pause * (0.75 + Math.random() / 2) });
    state.last = { ok: false, at: Date.now() };
    return false;
  }

  async function refused(row, visit, answer) {
    const { code, title, detail } = answer.told, problem = { status: answer.status, code, title, detail, theirs: null };
    if (answer.status === 409) problem.theirs = (await ask(`/v1/visits/${visit.visit_id}`, {})).told;
    await store.put("queue", { ...row, tries: row.tries + 1, state: "attention", problem });
    state.last = { ok: true, at: Date.now() };
    return true;
  }

  // The supervisor is asked, and what they decide is fetched; the person reads it before the line goes.
  async function help(row) {
    const { visit } = await vault.open(row.body);
    if (row.conflict) return decision(row);
    const headers = { "Content-Type": "application/json", "Lianxi-CSRF": state.csrf, "Idempotency-Key": row.id };
    const body = JSON.stringify({ visit, problem: (row.problem && row.problem.code) || "unknown" });
    const answer = await ask(`/v1/visits/${row.id}/help`, { method: "PUT", headers, body });
    if (answer.status < 300 && answer.told && answer.told.conflict_id) {
      await mark(row.id, { conflict: answer.told.conflict_id, next: Date.now() + 30000 });
      return true;
    }
    if (answer.status === 401 || (answer.told && answer.told.code === "session.not_meant")) return out(row);
    if (isLater(answer) || answer.status < 400) return later(row);
    const { code, title, detail } = answer.told;
    await mark(row.id, { state: "attention", problem: { ...row.problem, status: answer.status, code, title, detail } });
    return true;
  }

  async function decision(row) {
    const answer = await ask(`/v1/visit-conflicts/${row.conflict}`, {});
    if (answer.status === 401) return out(row);
    if (isLater(answer)) return later(row);
    const { state: stands, verdict, reason } = answer.told;
    const isDone = answer.status < 300 && (stands === "decided" || stands === "dissolved");
    await mark(row.id, isDone ? { state: "decided", verdict: verdict || "theirs", reason } : { next: Date.now() + 60000 });
    return true;
  }

  // Read by the person; only then does a decided line go.
  async function read(id) {
    const row = await store.get("queue", id);
    if (!row || row.state !== "decided") return;
    const { visit } = await vault.open(row.body);
    if (row.verdict === "mine") await store.put("sent", { id, code: visit.rental_code, outcome: visit.outcome, at: row.at });
    await store.remove("queue", id);
    changed();
  }

  const isDue = (row) => row.state === "waiting" && row.next <= Date.now();

  async function work() {
    const due = (await store.all("queue")).filter(isDue), pieces = (await store.all("pictures")).filter(isDue);
    const asked = (await store.all("queue")).filter((row) => row.state === "asked" && (row.next || 0) <= Date.now());
    if (due.length + pieces.length + asked.length === 0) return;
    if (!(await known())) {
      if (state.signedOut) return;
      for (const row of due) await later(row);
      for (const row of pieces) await later(row, "pictures");
      return;
    }
    if (!(await each(due, send))) return;
    if (!(await each(asked, help))) return;
    const held = new Set((await store.all("queue")).filter((row) => row.state !== "decided").map((row) => row.id));
    await each(pieces.filter((row) => !held.has(row.visit)), sendPicture);
  }

  // One after the other, until one does not get through.
  async function each(rows, one) {
    for (const row of rows.sort((first, second) => first.at - second.at)) {
      if (row.account && row.account !== state.account) continue;
      const before = { ...row, account: state.account };
      let went = await one(before);
      if (went === null) went = await one(before);
      if (!went) return false;
      changed();
    }
    return true;
  }

  async function upload() {
    if (state.busy) return;
    state.busy = true;
    try {
      if (navigator.locks) await navigator.locks.request("lianxi-upload", { ifAvailable: true }, (held) => held && work());
      else await work();
    } finally {
      state.busy = false;
      changed();
    }
  }

  async function hurry() {
    state.signedOut = false;
    for (const name of ["queue", "pictures"]) {
      for (const row of await store.all(name)) {
        if (row.state === "waiting" && row.tries > 0) await store.put(name, { ...row, next: Date.now() });
      }
    }
    return upload();
  }

  return { state, items, pictures, add, undo, again, drop, read, mark, upload, hurry, ask, onChange: (call) => { changed = call; } };
})();
