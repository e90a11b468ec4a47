// What lies on the telephone: the visits that wait, sealed under a key of this device that no script can read out, and
// the day's list, sealed so that only the person's digits open it. No tips, no cases, nobody's name.
"use strict";

const LIST_LIVES = 3 * 24 * 3600 * 1000;
const MOST_WRONG = 10;
const ROUNDS = 600000;
const CACHES = "lianxi-patrol-";

const store = (() => {
  let opened = null;

  function open() {
    opened = opened || new Promise((good, bad) => {
      const asked = indexedDB.open("lianxi-patrol", 2);
      asked.onupgradeneeded = () => {
        const known = asked.result.objectStoreNames, keyed = { keyPath: "id" };
        for (const each of ["queue", "sent", "pictures"]) if (!known.contains(each)) asked.result.createObjectStore(each, keyed);
        if (!known.contains("kept")) asked.result.createObjectStore("kept");
      };
      asked.onsuccess = () => good(asked.result);
      asked.onerror = () => bad(asked.error);
    });
    return opened;
  }

  // Answers once the disk has it: only then is a visit said to be kept.
  async function run(name, mode, work) {
    const base = await open();
    return new Promise((good, bad) => {
      const going = base.transaction(name, mode, { durability: "strict" });
      const asked = typeof name === "string" ? work(going.objectStore(name)) : work(...name.map((each) => going.objectStore(each)));
      going.oncomplete = () => good(asked ? asked.result : undefined);
      going.onabort = () => bad(going.error);
    });
  }

  return {
    all: (name) => run(name, "readonly", (it) => it.getAll()),
    get: (name, key) => run(name, "readonly", (it) => it.get(key)),
    put: (name, value, key) => run(name, "readwrite", (it) => it.put(value, key)),
    remove: (name, key) => run(name, "readwrite", (it) => it.delete(key)),
    clear: (name) => run(name, "readwrite", (it) => it.clear()),

    // A visit and its photographs are kept together, or none of them is.
    together: (work) => run(["queue", "pictures"], "readwrite", work),
    add: (name, value, key) => run(name, "readwrite", (it) => {
      const asked = it.add(value, key);
      asked.onerror = (event) => event.preventDefault();
      return null;
    }),
  };
})();

const vault = (() => {
  const subtle = self.crypto && self.crypto.subtle;
  const own = { name: "RSA-OAEP", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const text = new TextEncoder(), back = new TextDecoder();

  function random(bytes) {
    return self.crypto.getRandomValues(new Uint8Array(bytes));
  }

  async function shut(key, plain) {
    const iv = random(12);
    return { iv, data: await subtle.encrypt({ name: "AES-GCM", iv }, key, plain) };
  }

  function unshut(key, sealed) {
    return subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.data);
  }

  function fresh(extractable) {
    return subtle.generateKey({ name: "AES-GCM", length: 256 }, extractable, ["encrypt", "decrypt"]);
  }

  async function device() {
    const known = await store.get("kept", "device");
    if (known) return known;
    // Two windows may come at once: the first key stays.
    await store.add("kept", await fresh(false), "device");
    return store.get("kept", "device");
  }

  async function of(digits, salt) {
    const given = await subtle.importKey("raw", text.encode(digits), "PBKDF2", false, ["deriveKey"]);
    const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
    return subtle.deriveKey(way, given, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  }

  return {
    can: Boolean(subtle),

    // Without a secure connection a browser has no cryptography: then a visit waits as it is, and no list is kept.
    async seal(what) {
      const plain = JSON.stringify(what);
      return subtle ? shut(await device(), text.encode(plain)) : { plain };
    },

    async sealBytes(plain) {
      return subtle ? shut(await device(), plain) : { plain };
    },

    async openBytes(sealed) {
      return sealed.plain !== undefined ? sealed.plain : unshut(await device(), sealed);
    },

    async open(sealed) {
      return JSON.parse(sealed.plain !== undefined ? sealed.plain : back.decode(await unshut(await device(), sealed)));
    },

    async choose(digits) {
      const pair = await subtle.generateKey(own, true, ["encrypt", "decrypt"]), salt = random(16);
      const locked = await shut(await of(digits, salt), await subtle.exportKey("pkcs8", pair.privateKey));
      await store.put("kept", { salt, locked, open: pair.publicKey, wrong: 0 }, "lock");
    },

    async keep(list) {
      const lock = await store.get("kept", "lock");
      if (!lock) return;
      const key = await fresh(true), raw = await subtle.exportKey("raw", key);
      const wrapped = await subtle.encrypt({ name: "RSA-OAEP" }, lock.open, raw);
      const sealed = await shut(key, text.encode(list));
      await store.put("kept", { at: Date.now(), wrapped, ...sealed }, "list");
    },

    // Counted before it is tried, so that ending the program in between is no way to try for ever.
    async unlock(digits) {
      const lock = await store.get("kept", "lock"), list = await store.get("kept", "list");
      await store.put("kept", { ...lock, wrong: lock.wrong + 1 }, "lock");
      try {
        const key = await of(digits, lock.salt), pkcs8 = await unshut(key, lock.locked);
        const mine = await subtle.importKey("pkcs8", pkcs8, own, false, ["decrypt"]);
        const raw = await subtle.decrypt({ name: "RSA-OAEP" }, mine, list.wrapped);
        const opener = await subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
        const plain = back.decode(await unshut(opener, list));
        await store.put("kept", { ...lock, wrong: 0 }, "lock");
        return { plain, at: list.at };
      } catch (error) {
        if (lock.wrong + 1 >= MOST_WRONG) await vault.wipe();
        return { left: Math.max(0, MOST_WRONG - lock.wrong - 1) };
      }
    },

    async wipe() {
      for (const each of ["list", "lock"]) await store.remove("kept", each);
      await store.clear("sent");
      if (!self.caches) return;
      for (const each of await caches.keys()) if (each.startsWith(CACHES)) await caches.delete(each);
    },

    async age(wipedBefore) {
      const list = await store.get("kept", "list");
      if (!list) return;
      if (Date.now() - list.at > LIST_LIVES || list.at < wipedBefore) await vault.wipe();
    },
  };
})();
