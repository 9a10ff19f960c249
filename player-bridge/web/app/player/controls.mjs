// The player's buttons and fields. Each says its key; none needs a key or a drag.
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { Icon } from '/app/player/icons.mjs';
import { speeds } from '/app/player/engine.mjs';
import { useEngine } from '/app/player/state.mjs';

/** A button with a sign, or with words. `keyed`: its key; `pressed`: for one that is on or off. */
export function Button({ icon, label, keyed, pressed, off, onPress, children, big }) {
  return html`<button type="button" class=${`control ${big ? 'control--big' : ''} ${children ? 'control--words' : ''}`} aria-label=${children ? undefined : label} title=${keyed ? `${label} (${keyed})` : label}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)} aria-disabled=${off ? 'true' : undefined} onClick=${off ? undefined : onPress}>
    ${icon && html`<${Icon} name=${icon} />`}${children}</button>`;
}

export function Transport({ does, engine, step }) {
  const playing = useEngine(engine, (s) => s.playing), unit = engine.film.sound ? 'millisecond' : 'frame';
  return html`<div class="controls__group" role="group" aria-label="Playing">
    <${Button} icon="backMany" label=${`${step} ${unit}s back`} keyed="<" onPress=${does.backMany} />
    <${Button} icon="back" label=${`One ${unit} back`} keyed="," onPress=${does.back} />
    <${Button} icon=${playing ? 'pause' : 'play'} label=${playing ? 'Pause' : 'Play'} keyed="Space" onPress=${does.toggle} big />
    <${Button} icon="on" label=${`One ${unit} on`} keyed="." onPress=${does.on} />
    <${Button} icon="onMany" label=${`${step} ${unit}s on`} keyed=">" onPress=${does.onMany} />
  </div>`;
}

/** The time, which can be typed over: another time, or a frame's number. */
export function Place({ engine, onDone }) {
  const frame = useEngine(engine, (s) => s.frame), [typed, type] = useState(null), [wrong, setWrong] = useState(false), { film } = engine;
  const go = (event) => {
    event.preventDefault();
    const target = typed === null ? frame : film.parse(typed);
    setWrong(target === null);
    if (target === null) return;
    engine.pause();
    engine.seek(target);
    type(null);
    onDone();
  };
  const leave = () => { type(null); setWrong(false); };
  return html`<form class="place" onSubmit=${go}>
    <label class="govuk-visually-hidden" for="place">Time; type another one, or a frame’s number, and press Enter</label>
    <input class=${`place__time ${wrong ? 'place__time--wrong' : ''}`} id="place" autocomplete="off" inputmode="decimal" value=${typed ?? film.time(frame)} aria-invalid=${wrong ? 'true' : undefined} aria-describedby=${wrong ? 'place-wrong' : undefined}
      onFocus=${(e) => e.currentTarget.select()} onInput=${(e) => type(e.currentTarget.value)} onBlur=${leave} onKeyDown=${(e) => { if (e.key === 'Escape') { leave(); e.currentTarget.blur(); } }} />
    ${wrong ? html`<span class="place__wrong" id="place-wrong" role="alert">Like 1:02.5, or a frame’s number</span>`
      : html`<span class="place__of">${film.sound ? `of ${film.time(film.frames)}` : html`frame <span class="place__frame">${frame}</span> of ${film.frames}`}</span>`}
  </form>`;
}

export function Speed({ engine }) {
  const speed = useEngine(engine, (s) => s.speed), rate = useEngine(engine, (s) => (s.playing && (s.direction < 0 || s.rate !== s.speed) ? s.direction * s.rate : 0));
  return html`<div class="speed"><label class="govuk-visually-hidden" for="speed">Speed</label>
    <select class="control-select" id="speed" title="Speed ([ and ])" onChange=${(e) => engine.setSpeed(Number(e.currentTarget.value))}>
      ${speeds.map((s) => html`<option value=${s} selected=${s === speed}>${`${s}×`}</option>`)}</select>
    ${rate !== 0 && html`<span class="speed__now">${rate < 0 ? `◀ ${-rate}×` : `▶ ${rate}×`}</span>`}</div>`;
}

export function Sound({ engine, does }) {
  const volume = useEngine(engine, (s) => s.volume), muted = useEngine(engine, (s) => s.muted);
  return html`<div class="controls__group sound" role="group" aria-label="Sound">
    <${Button} icon=${muted || !volume ? 'silent' : 'sound'} label="Silent" keyed="V" pressed=${muted} onPress=${does.mute} />
    <label class="govuk-visually-hidden" for="volume">Volume</label>
    <input class="sound__range" id="volume" type="range" min="0" max="1" step="0.05" value=${volume} aria-valuetext=${`${Math.round(volume * 100)} %`} onInput=${(e) => engine.setVolume(Number(e.currentTarget.value))} /></div>`;
}

const said = (film, frame) => (frame === null ? '–' : film.time(frame));

/** The range, and what is made of it. `cut` and `still` are left out for whoever may make none. */
export function Marks({ engine, does }) {
  const first = useEngine(engine, (s) => s.first), last = useEngine(engine, (s) => s.last), loop = useEngine(engine, (s) => s.loop), { film } = engine;
  const both = first !== null && last !== null;
  return html`<div class="controls__group marks" role="group" aria-label="Marking">
    <${Button} label="Mark the first frame" keyed="I" onPress=${does.markFirst}>From <span class="marks__time">${said(film, first)}</span></${Button}>
    <${Button} label="Mark the last frame" keyed="O" onPress=${does.markLast}>To <span class="marks__time">${said(film, last)}</span></${Button}>
    <${Button} icon="loop" label="Repeat what is marked" keyed="R" pressed=${loop} off=${!both && !loop} onPress=${does.loop} />
    ${(first !== null || last !== null) && html`<${Button} label="Take the marks away" keyed="X" onPress=${does.clear}>Clear</${Button}>`}
    ${does.cut && html`<${Button} icon="cut" label="Make a clip of what is marked" keyed="E" off=${!both} onPress=${does.cut}>Cut</${Button}>`}
    ${does.still && html`<${Button} icon="still" label="Make a picture of this frame" keyed="S" onPress=${does.still}>Picture</${Button}>`}
    ${both && html`<span class="marks__length">${`${film.time(last - first + 1)}${film.sound ? '' : `, ${last - first + 1} frames`}`}</span>`}</div>`;
}

/** What a screen reader is told: where it stopped, once it did. */
export function Told({ engine }) {
  const [told, tell] = useState(''), timer = useRef();
  useEffect(() => {
    const stop = engine.subscribe((s) => {
      clearTimeout(timer.current);
      if (s.playing || s.busy) return;
      timer.current = setTimeout(() => tell(`${engine.film.time(s.frame)} ${engine.film.name(s.frame)}`), 700);
    });
    return () => { stop(); clearTimeout(timer.current); };
  }, [engine]);
  return html`<p class="govuk-visually-hidden" aria-live="polite">${told}</p>`;
}
