// Photographs of a visit: chosen or taken, made small on the telephone, with the digest of exactly what will be sent.
"use strict";

const photos = (() => {
  const MOST = 6, LONGEST = 2048, LARGEST = 1200000, THUMB = 120;
  const TYPES = ["image/jpeg", "image/png", "image/webp"];
  let taken = [];

  function draw(picture, longest) {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height)), canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  function blobOf(canvas, quality) {
    return new Promise((good) => canvas.toBlob(good, "image/jpeg", quality));
  }

  async function small(file, picture) {
    const isLarge = file.size > LARGEST || Math.max(picture.width, picture.height) > LONGEST;
    if (!isLarge && TYPES.includes(file.type)) return file;
    let blob = null;
    for (const [longest, quality] of [[LONGEST, 0.85], [1600, 0.75], [1280, 0.6]]) {
      blob = await blobOf(draw(picture, longest), quality);
      if (blob.size <= LARGEST) break;
    }
    return blob;
  }

  async function prepare(file) {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" }), blob = await small(file, picture);
    const bytes = await blob.arrayBuffer(), made = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return {
      id: newId("photo"),
      bytes,
      type: blob.type,
      sha256: Array.from(made, (each) => each.toString(16).padStart(2, "0")).join(""),
      digest: btoa(String.fromCharCode(...made)),
      taken_at: new Date(Math.min(Date.now(), file.lastModified || Date.now())).toISOString(),
      where: "",
      thumb: draw(picture, THUMB).toDataURL("image/jpeg", 0.7),
    };
  }

  // Where it was taken is told only if the person ticks it, and only for the photographs of this visit.
  function whereabouts() {
    return new Promise((good) => {
      if (!navigator.geolocation) return good("");
      const told = ({ coords }) => good(`${coords.latitude.toFixed(4)},${coords.longitude.toFixed(4)}`);
      return navigator.geolocation.getCurrentPosition(told, () => good(""), { timeout: 8000, maximumAge: 60000 });
    });
  }

  return {
    MOST,
    can: Boolean(self.crypto && crypto.subtle && self.createImageBitmap),
    clear: () => { taken = []; },
    all: () => taken,
    remove: (id) => { taken = taken.filter((each) => each.id !== id); },

    // Answers how many could not be read, or were too many.
    async add(files) {
      let left = 0;
      for (const file of files) {
        if (taken.length >= MOST) { left += 1; continue; }
        try { taken.push(await prepare(file)); } catch (error) { left += 1; }
      }
      return left;
    },

    async given(isPlaced) {
      const where = isPlaced && taken.length > 0 ? await whereabouts() : "";
      const given = taken.map(({ thumb: _thumb, ...each }) => ({ ...each, where }));
      taken = [];
      return given;
    },
  };
})();
