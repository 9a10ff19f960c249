// The whole film from left to right: thumbnails, sound, what is marked, remarks, and where it is. It is dragged, or moved by keys; the
// field for the time is the way without either.
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { drawPeaks, drawStrip, loadPeaks, loadStrip } from '/app/player/pictures.mjs';
import { useEngine } from '/app/player/state.mjs';

const percent = (film, frame) => `${frame / film.frames * 100}%`;

/** A canvas that is drawn again when its size changes. */
function Drawing({ name, draw }) {
  const ref = useRef();
  useEffect(() => {
    const seen = new ResizeObserver(() => draw(ref.current));
    seen.observe(ref.current);
    return () => seen.disconnect();
  }, [draw]);
  return html`<canvas class=${`timeline__${name}`} ref=${ref} aria-hidden="true"></canvas>`;
}

/** What `load(url)` gives, once it is here; whatever is wrong with it, it is only not shown. */
function useLoaded(load, url) {
  const [loaded, set] = useState(null);
  useEffect(() => { let wanted = true; load(url).then((l) => wanted && set(l), () => {}); return () => { wanted = false; }; }, [url]);
  return loaded;
}

function Pictures({ film, open }) {
  const strip = useLoaded(loadStrip, open.strip_url), peaks = useLoaded(loadPeaks, open.peaks_url);
  const drawings = useRef({});
  if (strip && drawings.current.of !== strip) drawings.current = { ...drawings.current, of: strip, strip: (canvas) => drawStrip(canvas, strip, film) };
  if (peaks && !drawings.current.peaks) drawings.current.peaks = (canvas) => drawPeaks(canvas, peaks, film, '#7cc4b8');
  return html`${strip && html`<${Drawing} name="strip" draw=${drawings.current.strip} />`}
    ${peaks && html`<${Drawing} name="peaks" draw=${drawings.current.peaks} />`}`;
}

function Range({ engine }) {
  const first = useEngine(engine, (s) => s.first), last = useEngine(engine, (s) => s.last), loop = useEngine(engine, (s) => s.loop);
  if (first === null && last === null) return null;
  const { film } = engine, from = first ?? 0, to = (last ?? film.last) + 1;
  return html`<div class=${`timeline__range ${loop ? 'timeline__range--loop' : ''}`} style=${{ left: percent(film, from), width: percent(film, to - from) }}></div>`;
}

function Head({ engine }) {
  const frame = useEngine(engine, (s) => s.frame);
  return html`<div class="timeline__head" style=${{ left: percent(engine.film, frame + 0.5) }}></div>`;
}

/** `marks`: [{frame, to, layer}…] of remarks. */
export function Timeline({ engine, open, marks = [] }) {
  const { film } = engine, frame = useEngine(engine, (s) => s.frame), ref = useRef();
  const frameUnder = (event) => {
    const box = ref.current.firstElementChild.getBoundingClientRect();
    return film.clamp((event.clientX - box.left) / box.width * film.frames - 0.5);
  };
  const begin = (event) => {
    if (event.button) return;
    ref.current.setPointerCapture(event.pointerId);
    engine.seek(frameUnder(event));
  };
  const drag = (event) => { if (ref.current.hasPointerCapture(event.pointerId)) engine.seek(frameUnder(event)); };
  // What any slider does, whether or not the player's own keys are on.
  const key = (event) => {
    const seconds = event.shiftKey ? 1 : event.ctrlKey ? 60 : 5;
    const does = { ArrowLeft: () => engine.skip(-seconds), ArrowRight: () => engine.skip(seconds), ArrowDown: () => engine.step(-1), ArrowUp: () => engine.step(1),
      PageUp: () => engine.skip(60), PageDown: () => engine.skip(-60), Home: () => engine.seek(0), End: () => engine.seek(film.last) }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  };
  return html`<div class="timeline" ref=${ref} role="slider" tabindex="0" aria-label="Place in the film" aria-valuemin="0" aria-valuemax=${film.last} aria-valuenow=${frame}
      aria-valuetext=${[film.time(frame), film.name(frame)].filter(Boolean).join(', ')} onPointerDown=${begin} onPointerMove=${drag} onKeyDown=${key}>
    <div class="timeline__in">
      <${Pictures} film=${film} open=${open} />
      <div class="timeline__rail"></div>
      ${marks.map((m) => html`<div key=${m.key} class=${`timeline__mark layer-${m.layer}`} style=${{ left: percent(film, m.frame), width: `max(4px, ${percent(film, m.to - m.frame)})` }}></div>`)}
      <${Range} engine=${engine} /><${Head} engine=${engine} />
    </div></div>`;
}
