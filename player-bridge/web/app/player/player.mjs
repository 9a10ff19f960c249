// The review player: the film, exact to the frame, with what moves and marks it. `open` is what the server answered when the film was
// opened: {url, strip_url?, peaks_url?}, and for which `purpose`; `make` is whether this person may make clips and pictures of it.
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { Notice } from '/app/parts.mjs';
import { Button, Marks, Place, Sound, Speed, Told, Transport } from '/app/player/controls.mjs';
import { Engine } from '/app/player/engine.mjs';
import { filmOf } from '/app/player/film.mjs';
import { Keys, Settings } from '/app/player/help.mjs';
import { keyboard } from '/app/player/keys.mjs';
import { Beside } from '/app/player/beside.mjs';
import { Chart } from '/app/player/chart.mjs';
import { useMaking } from '/app/player/making.mjs';
import { Panel } from '/app/player/panel.mjs';
import { useRemarks } from '/app/player/remarks.mjs';
import { keep, settings, useSettings } from '/app/player/settings.mjs';
import { useEngine } from '/app/player/state.mjs';
import { styled } from '/app/styled.mjs';
import { Taking } from '/app/player/taking.mjs';
import { Timeline } from '/app/player/timeline.mjs';

await styled('/style/player.css');

/** Who watches stands over the picture, so that what is filmed from the screen says from whose. It deters; it prevents nothing. */
const Name = ({ me, clip }) => html`<div class="watermark" aria-hidden="true"><span>${me.name}<br />${new Date().toLocaleDateString('en-GB')} · ${clip.clip.slice(-6)}</span></div>`;

function Stage({ engine, clip, me, onPress }) {
  const place = useRef();
  useEffect(() => place.current.prepend(engine.video, ...(engine.near ? [engine.near.element] : [])), []);
  const stuck = useEngine(engine, (s) => s.stuck || !s.ready);
  const [shown, show] = useState(false); // only if it takes long
  useEffect(() => { const timer = setTimeout(() => show(stuck), stuck ? 500 : 0); return () => clearTimeout(timer); }, [stuck]);
  return html`<div class=${`stage ${engine.film.sound ? 'stage--sound' : ''}`} ref=${place}><div class="stage__touch" onClick=${onPress} onContextMenu=${(e) => e.preventDefault()}></div>
    <${Name} me=${me} clip=${clip} />${shown && html`<p class="stage__wait">Loading the film…</p>`}</div>`;
}

/** What keys and buttons do, by the words of keys.mjs; `more` adds to it. */
function actions(engine, root, dialog, more) {
  const to = (frame) => { if (frame !== null) { engine.pause(); engine.seek(frame); } };
  const unlessBusy = (run) => (event) => { if (!(event?.repeat && engine.state.busy)) run(); }; // a key that is held goes no faster than pictures come
  return {
    toggle: () => engine.toggle(),
    halt: () => { const { playing } = engine.state; if (playing) engine.pause(); return playing; },
    forward: () => engine.shuttle(1), backward: () => engine.shuttle(-1), slowlyOn: () => engine.shuttle(1, true), slowlyBack: () => engine.shuttle(-1, true),
    slower: () => engine.faster(false), faster: () => engine.faster(true),
    back: unlessBusy(() => engine.step(-1)), on: unlessBusy(() => engine.step(1)),
    backMany: unlessBusy(() => engine.step(-settings().step)), onMany: unlessBusy(() => engine.step(settings().step)),
    skipBack: () => engine.skip(-5), skipOn: () => engine.skip(5), skipBackLess: () => engine.skip(-1), skipOnLess: () => engine.skip(1),
    skipBackMore: () => engine.skip(-60), skipOnMore: () => engine.skip(60), home: () => engine.seek(0), end: () => engine.seek(engine.film.last),
    markFirst: () => engine.mark('first'), markLast: () => engine.mark('last'), toFirst: () => to(engine.state.first), toLast: () => to(engine.state.last),
    clear: () => engine.clearMarks(), loop: () => engine.loop(),
    mute: () => { engine.mute(); keep({ muted: engine.state.muted }); },
    ...(document.fullscreenEnabled ? { full: () => (document.fullscreenElement ? document.exitFullscreen() : root.current.requestFullscreen()) } : {}),
    help: () => dialog('keys'), settings: () => dialog('settings'),
    ...more,
  };
}

function useFull(root) {
  const [full, set] = useState(false);
  useEffect(() => {
    const changed = () => set(document.fullscreenElement === root.current && root.current !== null);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, []);
  return full;
}

function videoOf(open) {
  const video = document.createElement('video');
  Object.assign(video, { src: open.url, preload: 'auto', playsInline: true, disablePictureInPicture: true, disableRemotePlayback: true, tabIndex: -1 });
  video.setAttribute('aria-hidden', 'true'); // what it shows no reader can tell; where it is, the player tells
  return video;
}

const marksOf = ({ all, tags }) => (all ?? []).map((r) => ({ key: r.remark, frame: r.from_frame, to: r.to_frame, layer: tags?.of(r.tag)?.number ?? 0 }));

export function Player({ clip, open, me, make, onAgain, onLost }) {
  const [engine] = useState(() => new Engine(videoOf(open), filmOf(clip), settings()));
  const root = useRef(), keys = useRef(), acts = useRef(), [asked, ask] = useState(null), [now, change] = useSettings(), full = useFull(root);
  const problem = useEngine(engine, (s) => s.problem), busy = useEngine(engine, (s) => s.busy);
  const composer = useRef(), making = useMaking(engine, make), remarks = useRemarks(engine, clip, open.purpose, now, composer);
  const does = actions(engine, root, ask, { ...making.does, ...remarks.does });
  acts.current = does;
  keys.current ??= keyboard(() => acts.current);
  const focus = () => root.current?.focus({ preventScroll: true });
  useEffect(() => { focus(); return () => engine.end(); }, []);
  useEffect(() => engine.subscribe((s, before) => { if (s.volume !== before.volume) keep({ volume: s.volume }); }), []);
  useEffect(() => { if (problem) onLost(); }, [problem]); // what the clip is now says why
  if (problem) return html`<${Notice} kind="warn" title="The film cannot be shown any more">
    <p class="govuk-body">Perhaps the connection was lost, or it may not be seen any longer.</p>
    <button type="button" class="govuk-button" onClick=${onAgain}>Open it again</button></${Notice}>`;
  return html`<div class=${`player ${full ? 'player--full' : ''}`} ref=${root} role="region" aria-label="Player" tabindex="-1" data-busy=${busy ? 'yes' : 'no'}
      onKeyDown=${(e) => now.keys && keys.current.down(e)} onKeyUp=${(e) => keys.current.up(e)} onFocusOut=${(e) => root.current?.contains(e.relatedTarget) || keys.current.left()}>
    <div class="player__main">
      <${Stage} engine=${engine} clip=${clip} me=${me} onPress=${() => { focus(); does.toggle(); }} />
      <${Timeline} engine=${engine} open=${open} marks=${marksOf(remarks)} />
      <div class="controls">
        <${Transport} does=${does} engine=${engine} step=${now.step} />
        <${Place} engine=${engine} onDone=${focus} /><${Speed} engine=${engine} /><${Sound} engine=${engine} does=${does} />
        <div class="controls__group controls__group--end">
          <${Button} icon="keys" label="Keys" keyed="?" onPress=${does.help} /><${Button} icon="settings" label="Settings" onPress=${does.settings} />
          ${does.full && html`<${Button} icon="full" label="Full screen" keyed="F" pressed=${full} onPress=${does.full} />`}</div>
      </div>
      <div class="controls"><${Marks} engine=${engine} does=${does} /></div>
      ${making.said}
    </div>
    <${Panel} engine=${engine} remarks=${remarks} now=${now} change=${change} composer=${composer} onDone=${focus} />
    <${Told} engine=${engine} />
    ${asked === 'keys' && html`<${Keys} does=${does} now=${now} change=${change} onEnd=${() => ask(null)} />`}
    ${asked === 'settings' && html`<${Settings} now=${now} change=${change} onEnd=${() => ask(null)} />`}
    <${Beside} engine=${engine} remarks=${remarks} clip=${clip} />
    <${Chart} engine=${engine} remarks=${remarks} taking=${make && html`<${Taking} clip=${clip} purpose=${open.purpose} />`} />
  </div>`;
}
