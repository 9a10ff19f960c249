// Boxes over people, as the text of docs/obscuring.md and as a page draws them. Pure. A region is {person, method, places, end}:
// `places` [{frame, x, y, w, h}…] in order, in pixels of the upright picture; from the frame `end` on it covers nothing (null: it
// covers to the end). Lines about voices are kept as they are.

const frameOf = (text) => Number(text.replace(/^f/, ''));

/** {regions, voices} of a draft as the server keeps it, whose times are frames. */
export function read(text) {
  const regions = [], voices = [];
  for (const line of text.split('\n').map((l) => l.replace(/#.*/, '').trim()).filter(Boolean)) {
    const words = line.split(/\s+/), last = regions.at(-1);
    if (words[0] === 'voice' || words[2] === 'voice') voices.push(line);
    else if (words[0] === 'person') regions.push({ person: words[1], method: words[2], places: [], end: null });
    else if (words[0] === 'end') last.end = frameOf(words[1]);
    else last.places.push({ frame: frameOf(words[0]), x: +words[1], y: +words[2], w: +words[3], h: +words[4] });
  }
  return { regions, voices };
}

export const write = ({ regions, voices }) => [
  ...regions.flatMap((r) => [`person ${r.person} ${r.method}`, ...r.places.map((p) => `f${p.frame} ${p.x} ${p.y} ${p.w} ${p.h}`), ...(r.end === null ? [] : [`end f${r.end}`])]),
  ...voices].join('\n') + '\n';

/** The box at that frame, or null where it covers nothing: between two places it moves evenly, after the last it stays. */
export function boxAt({ places, end }, frame) {
  const after = places.findIndex((p) => p.frame > frame), before = places[after < 0 ? places.length - 1 : after - 1];
  if (!before || (end !== null && frame >= end)) return null;
  if (after < 0) return before;
  const to = places[after], part = (frame - before.frame) / (to.frame - before.frame), mix = (key) => Math.round(before[key] + (to[key] - before[key]) * part);
  return { frame, x: mix('x'), y: mix('y'), w: mix('w'), h: mix('h') };
}

/** Within a picture of that size, and no smaller than can be taken hold of. */
export function inside({ x, y, w, h }, { width, height }) {
  const least = 16, wide = Math.round(Math.min(Math.max(w, least), width)), high = Math.round(Math.min(Math.max(h, least), height));
  return { x: Math.round(Math.min(Math.max(x, 0), width - wide)), y: Math.round(Math.min(Math.max(y, 0), height - high)), w: wide, h: high };
}

/** The region with its box at that frame put there; one that had ended goes on to the end. */
export function placed(region, frame, box) {
  const places = [...region.places.filter((p) => p.frame !== frame), { ...box, frame }].sort((a, b) => a.frame - b.frame);
  return { ...region, places, end: region.end !== null && region.end <= frame ? null : region.end };
}
export const unplaced = (region, frame) => ({ ...region, places: region.places.filter((p) => p.frame !== frame) });
