// The film with the boxes over it: they are moved and made larger with a pointer or the arrow keys, at the frame that is shown.
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { boxAt, inside } from '/app/player/boxes.mjs';

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** One frame after another: {frame, playing, go(frame), step(n), toggle()} of the video in `ref`. */
export function useFrame(ref, film) {
  const [state, set] = useState({ frame: 0, playing: false });
  useEffect(() => {
    const video = ref.current;
    const look = () => set({ frame: film.at(video.currentTime), playing: !video.paused && !video.ended });
    const names = ['seeked', 'timeupdate', 'play', 'pause', 'ended'];
    for (const name of names) video.addEventListener(name, look);
    return () => { for (const name of names) video.removeEventListener(name, look); video.pause(); video.removeAttribute('src'); video.load(); };
  }, []);
  const go = (frame) => { ref.current.pause(); ref.current.currentTime = film.middle(film.clamp(frame)); };
  return { ...state, go, step: (n) => go(state.frame + n), toggle: () => (ref.current.paused ? ref.current.play() : ref.current.pause()) };
}

/** `onMove(box)` with where it is wanted, in pixels of the picture. */
function Box({ box, picture, label, chosen, onChoose, onMove }) {
  const held = useRef(null);
  const share = (n, of) => `${(100 * n) / of}%`;
  const down = (e) => {
    const area = e.currentTarget.parentElement.getBoundingClientRect();
    held.current = { x: e.clientX, y: e.clientY, box, scale: picture.width / area.width, grows: e.target.classList.contains('box__corner') };
    e.currentTarget.setPointerCapture(e.pointerId);
    onChoose();
  };
  const move = (e) => {
    if (!held.current) return;
    const { box: from, scale, grows } = held.current, dx = (e.clientX - held.current.x) * scale, dy = (e.clientY - held.current.y) * scale;
    onMove(inside(grows ? { ...from, w: from.w + dx, h: from.h + dy } : { ...from, x: from.x + dx, y: from.y + dy }, picture));
  };
  const key = (e) => {
    if (!MOVES[e.key]) return;
    e.preventDefault();
    const [dx, dy] = MOVES[e.key].map((n) => n * Math.max(2, Math.round(picture.width / 100)));
    onMove(inside(e.shiftKey ? { ...box, w: box.w + dx, h: box.h + dy } : { ...box, x: box.x + dx, y: box.y + dy }, picture));
  };
  return html`<button type="button" class=${`box ${chosen ? 'box--chosen' : ''}`} aria-label=${label} aria-describedby="box-keys" onFocus=${onChoose} onPointerDown=${down} onPointerMove=${move}
    onPointerUp=${() => { held.current = null; }} onKeyDown=${key} style=${{ left: share(box.x, picture.width), top: share(box.y, picture.height), width: share(box.w, picture.width), height: share(box.h, picture.height) }}>
    <span class="box__name">${label}</span><span class="box__corner"></span></button>`;
}

/** `video` is a ref, `at` what useFrame gives; `onMove(region's number, box)`. */
export function Stage({ video, url, film, picture, at, regions, label, chosen, onChoose, onMove }) {
  return html`<div class="cover"><div class="cover__film" style=${{ aspectRatio: `${picture.width} / ${picture.height}` }}>
      <video ref=${video} src=${url} preload="auto" muted playsinline disablepictureinpicture tabindex="-1" aria-hidden="true"></video>
      ${regions.map((r, i) => { const box = boxAt(r, at.frame); return box && html`<${Box} key=${i} box=${box} picture=${picture} label=${label(r)} chosen=${i === chosen} onChoose=${() => onChoose(i)} onMove=${(b) => onMove(i, b)} />`; })}
    </div>
    <p class="govuk-visually-hidden" id="box-keys">Arrow keys move it, with the shift key they change its size.</p>
    <div class="cover__keys" role="group" aria-label="Where in the film">
      ${[['1 s back', undefined, -film.count(1)], ['‹', 'A frame back', -1]].map(([sign, words, n]) => html`<button type="button" key=${sign} aria-label=${words} onClick=${() => at.step(n)}>${sign}</button>`)}
      <button type="button" class="cover__play" onClick=${at.toggle}>${at.playing ? 'Pause' : 'Play'}</button>
      ${[['›', 'A frame on', 1], ['1 s on', undefined, film.count(1)]].map(([sign, words, n]) => html`<button type="button" key=${sign} aria-label=${words} onClick=${() => at.step(n)}>${sign}</button>`)}
      <label class="cover__slide"><span class="govuk-visually-hidden">Place in the film</span><input type="range" min="0" max=${film.last} value=${at.frame} aria-valuetext=${film.time(at.frame)} onInput=${(e) => at.go(Number(e.currentTarget.value))} /></label>
      <span>${film.time(at.frame)} of ${film.time(film.last)}</span></div></div>`;
}
