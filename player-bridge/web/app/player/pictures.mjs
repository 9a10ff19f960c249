// The thumbnails and the drawing of the sound that come with a film, in the forms of docs/format.md (Derived objects). Without them,
// or if they are not what they should be, there is none: a film is watched all the same.

/** A film's thumbnails: {picture, across, width, height, count, interval}; tile i shows frame i × interval. */
export async function loadStrip(url) {
  const bytes = await load(url, 'CVST'), view = bytes && new DataView(bytes);
  if (!view || view.byteLength < 28) return null;
  const [across, width, height] = [6, 8, 10].map((at) => view.getUint16(at, true)), [count, interval] = [12, 16].map((at) => view.getUint32(at, true));
  const picture = await createImageBitmap(new Blob([bytes.slice(28)], { type: 'image/jpeg' }));
  return across && width && height && count && interval ? { picture, across, width, height, count, interval } : null;
}

/** The drawing of the sound: {rate, levels: [{samples, pairs}]}, the finest first. */
export async function loadPeaks(url) {
  const bytes = await load(url, 'CVPK'), view = bytes && new DataView(bytes);
  if (!view || view.byteLength < 20) return null;
  const count = view.getUint16(6, true), levels = [];
  for (let i = 0, data = 20 + count * 8; i < count; i++) {
    const [samples, pairs] = [0, 4].map((at) => view.getUint32(20 + i * 8 + at, true));
    levels.push({ samples, pairs: new Int8Array(bytes, data, pairs * 2) });
    data += pairs * 2;
  }
  return levels.length ? { rate: view.getUint32(8, true), levels } : null;
}

async function load(url, magic) {
  if (!url) return null;
  const answer = await fetch(url), bytes = answer.ok ? await answer.arrayBuffer() : new ArrayBuffer(0);
  const said = String.fromCharCode(...new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength)));
  return said === magic && new DataView(bytes).getUint16(4, true) === 1 ? bytes : null;
}

/** As many pixels as the screen has for it; returns what to draw with. */
function fresh(canvas) {
  const scale = globalThis.devicePixelRatio || 1, { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  return canvas.getContext('2d');
}

export function drawStrip(canvas, strip, film) {
  const to = fresh(canvas), wide = canvas.height * strip.width / strip.height;
  for (let x = 0; x < canvas.width; x += wide) {
    const tile = Math.min(Math.floor((x + wide / 2) / canvas.width * film.frames / strip.interval), strip.count - 1);
    const [left, top] = [tile % strip.across, Math.floor(tile / strip.across)];
    to.drawImage(strip.picture, left * strip.width, top * strip.height, strip.width, strip.height, x, 0, wide, canvas.height);
  }
}

/** As high as the loudest place is loud, so that a quiet voice is seen too. */
export function drawPeaks(canvas, peaks, film, colour) {
  const to = fresh(canvas), middle = canvas.height / 2, perPixel = film.seconds * peaks.rate / canvas.width;
  const level = peaks.levels.findLast((l) => l.samples <= perPixel) ?? peaks.levels[0];
  const loudest = Math.max(12, peaks.levels.at(-1).pairs.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
  to.fillStyle = colour;
  for (let x = 0; x < canvas.width; x++) {
    const from = Math.floor(x * perPixel / level.samples), end = Math.max(from + 1, Math.floor((x + 1) * perPixel / level.samples));
    let low = 0, high = 0;
    for (let i = from; i < end && i * 2 + 1 < level.pairs.length; i++) {
      low = Math.min(low, level.pairs[i * 2]);
      high = Math.max(high, level.pairs[i * 2 + 1]);
    }
    to.fillRect(x, middle - high / loudest * middle, 1, Math.max(1, (high - low) / loudest * middle));
  }
}
