// Which tags of two people are of the same moment. Pure.

/** So many seconds two people may be apart and still mean the same moment. */
export const NEAR = 1;

/** Frames between two ranges; 0 where they touch or overlap. */
const apart = (a, b) => Math.max(0, a.from_frame - b.to_frame, b.from_frame - a.to_frame);
const kindOf = (a, b) => (a.tag === b.tag ? 'same' : a.number === b.number ? 'layer' : 'other');
const kinds = ['same', 'layer', 'other'];

/** [{a, b, kind}…] by place, of the tags of two people, each {from_frame, to_frame, tag, number: its layer's}: `same` tag, same `layer`,
 * another layer (`other`), or of only one of them (`a`, `b`; the other is null). Each tag stands in one pair: the most alike first, and of
 * those the nearest. Tags further apart than `near` frames are never one moment. */
export function pairs(as, bs, near) {
  const begins = (p) => Math.abs(p.a.from_frame - p.b.from_frame);
  const may = as.flatMap((a) => bs.map((b) => ({ a, b, kind: kindOf(a, b), apart: apart(a, b) }))).filter((p) => p.apart <= near)
    .sort((p, q) => kinds.indexOf(p.kind) - kinds.indexOf(q.kind) || p.apart - q.apart || begins(p) - begins(q));
  const used = new Set(), found = [];
  for (const { a, b, kind } of may) {
    if (used.has(a) || used.has(b)) continue;
    used.add(a).add(b);
    found.push({ a, b, kind });
  }
  for (const a of as) if (!used.has(a)) found.push({ a, b: null, kind: 'a' });
  for (const b of bs) if (!used.has(b)) found.push({ a: null, b, kind: 'b' });
  return found.sort((p, q) => (p.a ?? p.b).from_frame - (q.a ?? q.b).from_frame);
}
