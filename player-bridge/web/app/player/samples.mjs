// Where the pictures of a film lie in its file: the index of an MP4, as our copies have it (docs/copy.md): in front, whole, not
// fragmented. What is not as it should be is no index (null), and the film is sought through like any other.

const HEAD = 16, MOST = 32 << 20; // bytes of a box's beginning; of an index

/** Reads the index with `get(from, end)`, which resolves to these bytes: {codec, description, samples: [{at, size, frame, key}…]}, in the
 * order in which they are decoded. `frameOf(seconds)` says which frame is shown then. */
export async function loadSamples(get, frameOf) {
  for (let at = 0, boxes = 0; boxes < 4; boxes++) {
    const view = new DataView(await get(at, at + HEAD)), size = view.getUint32(0) || NaN, length = size === 1 ? Number(view.getBigUint64(8)) : size;
    if (typeAt(view, 4) !== 'moov') { at += length; continue; }
    return length <= MOST ? samplesOf(new DataView(await get(at, at + length)), frameOf) : null;
  }
  return null;
}

const typeAt = (view, at) => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

/** The boxes within a box, by type: lists of views of what is in them. */
function boxes(view, from = 0) {
  const found = {};
  for (let at = from; at + 8 <= view.byteLength;) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > view.byteLength) throw new RangeError('a box that ends nowhere');
    (found[typeAt(view, at + 4)] ??= []).push(new DataView(view.buffer, view.byteOffset + at + 8, size - 8));
    at += size;
  }
  return found;
}
const into = (view, ...path) => path.reduce((v, type) => boxes(v)[type][0], view);

function samplesOf(moov, frameOf) {
  for (const trak of boxes(into(moov, 'moov')).trak ?? []) {
    const mdia = into(trak, 'mdia');
    if (typeAt(into(mdia, 'hdlr'), 8) !== 'vide') continue;
    const table = boxes(into(mdia, 'minf', 'stbl')), entry = boxes(table.stsd[0], 8).avc1?.[0];
    if (!entry) return null; // of another form than ours
    const avcc = boxes(entry, 78).avcC[0], description = new Uint8Array(avcc.buffer.slice(avcc.byteOffset, avcc.byteOffset + avcc.byteLength));
    const codec = `avc1.${[...description.slice(1, 4)].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
    return { codec, description, samples: timed(placed(table), table, scaleOf(mdia), beginOf(trak), frameOf) };
  }
  return null;
}

function scaleOf(mdia) {
  const mdhd = into(mdia, 'mdhd');
  return mdhd.getUint32(mdhd.getUint8(0) ? 20 : 12);
}

/** Where in its own time what is shown begins: the one entry of the edit list that shows something. */
function beginOf(trak) {
  const list = boxes(trak).edts ? boxes(boxes(trak).edts[0]).elst[0] : null;
  if (!list) return 0;
  const wide = list.getUint8(0) === 1, step = wide ? 20 : 12, times = [];
  for (let i = 0; i < list.getUint32(4); i++) times.push(wide ? Number(list.getBigInt64(8 + i * step + 8)) : list.getInt32(8 + i * step + 4));
  if (times.length !== 1 || times[0] < 0) throw new RangeError('an edit list of several parts');
  return times[0];
}

/** Each value of a table of runs: `count` and a value, one after another. */
function* runs(box, read) {
  for (let i = 0; i < box.getUint32(4); i++) for (let n = box.getUint32(8 + i * 8); n > 0; n--) yield box[read](12 + i * 8);
}

function placed({ stsz: [stsz], stsc: [stsc], stco, co64 }) {
  const offsets = (stco ?? co64)[0], chunks = offsets.getUint32(4), same = stsz.getUint32(4), count = stsz.getUint32(8), samples = [];
  for (let chunk = 0, entry = 0; chunk < chunks && samples.length < count; chunk++) {
    while (entry + 1 < stsc.getUint32(4) && stsc.getUint32(8 + (entry + 1) * 12) <= chunk + 1) entry++;
    let at = stco ? offsets.getUint32(8 + chunk * 4) : Number(offsets.getBigUint64(8 + chunk * 8));
    for (let n = stsc.getUint32(8 + entry * 12 + 4); n > 0 && samples.length < count; n--) {
      const size = same || stsz.getUint32(12 + samples.length * 4);
      samples.push({ at, size });
      at += size;
    }
  }
  return samples;
}

function timed(samples, { stts: [stts], ctts, stss }, scale, begin, frameOf) {
  const lasts = runs(stts, 'getUint32'), later = ctts ? runs(ctts[0], 'getInt32') : null;
  const keys = stss ? new Set(Array.from({ length: stss[0].getUint32(4) }, (_, i) => stss[0].getUint32(8 + i * 4) - 1)) : null;
  let time = 0;
  for (const [i, sample] of samples.entries()) {
    sample.key = !keys || keys.has(i);
    sample.frame = frameOf((time + (later?.next().value ?? 0) - begin) / scale);
    time += lasts.next().value;
  }
  return samples;
}
