// Shared review: on a screen that a family looks at, the chosen clips and big controls, and nothing else of the vault.
import { useEffect, useRef, useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Loaded, Title, useLoad } from '/app/parts.mjs';
import { inOrder } from '/app/pages/cycle.mjs';

const PURPOSE = 'intervention';

export function Shared({ id }) {
  const cycle = useLoad(`/api/cycles/${id}`, ['clip']);
  return html`<${Loaded} of=${cycle} what="the clips">${(c) => html`<${Screen} clips=${inOrder(c.clips).filter((k) => k.state === 'live' && k.kind !== 'document')} back=${`#/cycles/${id}`} />`}</${Loaded}>`;
}

function Screen({ clips, back }) {
  const [n, choose] = useState(0), [film, setFilm] = useState(null), [problem, setProblem] = useState(null), [slow, setSlow] = useState(false), [playing, setPlaying] = useState(false);
  const video = useRef(), screen = useRef(), clip = clips[n];
  useEffect(() => {
    let wanted = true;
    setFilm(null); setProblem(null); setPlaying(false);
    if (clip) post(`/api/clips/${clip.clip}/open`, { purpose: PURPOSE }).then((f) => wanted && setFilm(f), (p) => wanted && setProblem(p));
    return () => { wanted = false; };
  }, [clip?.clip]);
  useEffect(() => { if (video.current) video.current.playbackRate = slow ? 0.5 : 1; }, [slow, film]);
  const leave = async () => { if (document.fullscreenElement) await document.exitFullscreen(); location.hash = back; };
  const toggle = () => (video.current?.paused ? video.current.play() : video.current?.pause());
  const skip = (s) => { if (video.current) video.current.currentTime = Math.max(0, video.current.currentTime + s); };
  return html`<div class="shared" ref=${screen}>
    <div class="govuk-visually-hidden"><${Title}>Shared review</${Title}></div>
    <div class="shared__film">
      ${!clips.length && html`<p>None of the clips can be seen now.</p>`}
      ${problem && html`<p role="alert">${problem.message}</p>`}
      ${film && (clip.kind === 'still' ? html`<img src=${film.url} alt="The picture" />`
        : html`<video ref=${video} src=${film.url} playsinline disablepictureinpicture onClick=${toggle} onPlay=${() => setPlaying(true)} onPause=${() => setPlaying(false)}></video>`)}
    </div>
    <div class="shared__keys">
      <button type="button" disabled=${n === 0} onClick=${() => choose(n - 1)}>‹ Before</button>
      <button type="button" onClick=${() => skip(-5)}>Again</button>
      <button type="button" class="shared__play" onClick=${toggle}>${playing ? 'Pause' : 'Play'}</button>
      <button type="button" aria-pressed=${slow} onClick=${() => setSlow(!slow)}>Slowly</button>
      <button type="button" disabled=${n >= clips.length - 1} onClick=${() => choose(n + 1)}>Next ›</button>
      <span class="shared__which">${clips.length > 0 && `${n + 1} of ${clips.length}`}</span>
      ${document.fullscreenEnabled && html`<button type="button" onClick=${() => (document.fullscreenElement ? document.exitFullscreen() : screen.current.requestFullscreen())}>Full screen</button>`}
      <button type="button" onClick=${leave}>Done</button>
    </div></div>`;
}
