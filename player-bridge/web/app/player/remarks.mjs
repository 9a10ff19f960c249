// What was said of a film: remarks and tags on its frames, as the server has them for the purpose for which it is watched. Drawn by
// panel.mjs and chart.mjs.
import { useCallback, useEffect, useMemo, useRef, useState } from '/vendor/preact.js';
import { at, post } from '/app/api.mjs';
import { useLoad } from '/app/parts.mjs';
import { settings } from '/app/player/settings.mjs';

/** A frame as the server takes it; of sound a time. */
export const place = (film, frame) => (film.sound ? (frame / 1000).toFixed(3) : String(frame));

/** {layers: [{layer, tags}…], of(code) → {code, label, key, layer, number} or undefined, byKey(key)}: layers are numbered from 1. */
export function tagSet({ layers }) {
  const all = layers.flatMap((l, i) => l.tags.map((t) => ({ ...t, layer: l.layer, number: i + 1 })));
  return { layers, of: (code) => all.find((t) => t.code === code), byKey: (key) => all.find((t) => t.key === key) };
}

/** Those that answer nothing that is here, each with its answers, by place. */
export function threads(remarks) {
  const here = new Set(remarks.map((r) => r.remark)), of = (id) => remarks.filter((r) => r.reply_to === id);
  const within = (r) => of(r.remark).flatMap((a) => [a, ...within(a)]);
  return remarks.filter((r) => !here.has(r.reply_to)).map((r) => ({ ...r, answers: within(r) }));
}

/** {tags, all, again, problem, said, does, write}: null until they are here, `problem` instead if they cannot be had. `does` is what keys
 * call; `write` = {add, edit, remove, resolve} throws what the server says. */
export function useRemarks(engine, clip, purpose, now, composer) {
  const path = `/api/clips/${clip.clip}/remarks`, { film } = engine;
  const loaded = useLoad(at(path, { purpose })), known = useLoad('/api/tags'), [said, say] = useState('');
  const tags = useMemo(() => known.data && tagSet(known.data), [known.data]);
  const all = loaded.data?.remarks ?? null, latest = useRef();
  latest.current = all ?? [];
  useEffect(() => { engine.stops = now.pause && all ? [...new Set(all.map((r) => r.from_frame))].sort((a, b) => a - b) : []; }, [all, now.pause]);
  const saved = useCallback(async (request) => { const answer = await request; loaded.again(); return answer; }, []);
  const write = {
    add: (body) => saved(post(path, { purpose, ...body })),
    edit: (r, body) => saved(post(`/api/remarks/${r.remark}/edit`, body)),
    remove: (r) => saved(post(`/api/remarks/${r.remark}/remove`)),
    resolve: (r) => saved(post(`/api/remarks/${r.remark}/resolve`, r.resolved ? { reopen: 'yes' } : {})),
  };
  /** While it plays, what is tagged was seen a moment ago. */
  const tag = async (found) => {
    const { playing, rate, direction } = engine.state, { delay, shared } = settings();
    const seen = film.clamp(engine.place - (playing ? direction * film.count(delay * rate) : 0));
    try {
      await write.add({ at: place(film, seen), tag: found.code, [shared ? 'shared' : 'private']: 'yes' });
      say(`${found.label}, at ${film.time(seen)}`);
    } catch (problem) { say(`Not tagged: ${problem.message}`); }
  };
  const move = (forwards) => {
    const places = [...new Set(latest.current.map((r) => r.from_frame))].sort((a, b) => a - b), from = engine.place;
    const to = forwards ? places.find((p) => p > from) : places.findLast((p) => p < from);
    if (to !== undefined) { engine.pause(); engine.seek(to); }
  };
  const does = {
    comment: () => { engine.pause(); composer.current?.focus(); },
    tag: (event) => { const found = tags?.byKey(event.key); if (found) tag(found); },
    previous: () => move(false), next: () => move(true),
  };
  return { tags, all, tag, said, does, write, again: loaded.again, problem: loaded.problem ?? known.problem };
}

/** Plays from a little before a remark, where it can be seen. */
export function playFrom(engine, remark) {
  engine.video.parentElement?.scrollIntoView({ block: 'nearest' });
  const { preroll } = settings();
  engine.seek(remark.from_frame - engine.film.count(preroll));
  if (preroll > 0) engine.play(); else engine.pause();
}
