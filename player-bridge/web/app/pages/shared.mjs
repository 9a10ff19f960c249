// Shared review: on a screen that a family looks at, the chosen clips and big controls, and nothing else of the vault: what lies below
// cannot be reached by keys either, and whoever goes back is asked first.
import { useEffect, useRef, useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Dialog, Loaded, Title, useEnd, useLoad } from '/app/parts.mjs';
import { inOrder } from '/app/pages/cycle.mjs';

const PURPOSE = 'intervention';
const AGAIN_S = 5, SLOW = 0.5;

/** What was chosen to be shown; where nothing was, all that belongs to the cycle. */
function chosen(clips) {
  const live = inOrder(clips).filter((c) => c.state === 'live' && c.kind !== 'document'), moments = live.filter((c) => c.as === 'moment');
  return moments.length ? moments : live;
}

export function Shared({ id }) {
  const cycle = useLoad(`/api/cycles/${id}`, ['clip']);
  return html`<${Loaded} of=${cycle} what="the clips">${(c) => html`<${Screen} clips=${chosen(c.clips)} back=${`#/cycles/${id}`} />`}</${Loaded}>`;
}

/** The frame of the application is out of reach as long as this is there. */
function useAlone() {
  useEffect(() => {
    const others = [...document.querySelectorAll('.top, .govuk-skip-link')];
    for (const other of others) other.inert = true;
    return () => { for (const other of others) other.inert = false; };
  }, []);
}

/** [whether somebody wants to go back, a function that says no]: the browser's Back leads to here once more. */
function useBack() {
  const [asked, ask] = useState(false);
  useEffect(() => {
    const stay = () => history.pushState(null, '', location.href), back = () => { stay(); ask(true); };
    stay();
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  return [asked, () => ask(false)];
}

function useFilm(clip) {
  const [film, setFilm] = useState(null), [problem, setProblem] = useState(null), [turn, next] = useState(0);
  useEffect(() => {
    let wanted = true;
    setFilm(null); setProblem(null);
    if (clip) post(`/api/clips/${clip.clip}/open`, { purpose: PURPOSE }).then((f) => wanted && setFilm(f), (p) => wanted && setProblem(p.message));
    return () => { wanted = false; };
  }, [clip?.clip, turn]);
  useEnd(clip?.clip, film, () => { setFilm(null); setProblem('It may not be seen any longer.'); });
  return { film, problem, lost: () => { setFilm(null); setProblem('It stopped. Perhaps the connection was lost, or it may not be seen any longer.'); }, again: () => next(turn + 1) };
}

function Screen({ clips, back }) {
  const [n, choose] = useState(0), [slow, setSlow] = useState(false), [playing, setPlaying] = useState(false), [going, stay] = useBack();
  const video = useRef(), screen = useRef(), at = Math.min(n, Math.max(0, clips.length - 1)), clip = clips[at], { film, problem, lost, again } = useFilm(clip);
  useAlone();
  useEffect(() => setPlaying(false), [clip?.clip]);
  useEffect(() => { if (video.current) video.current.playbackRate = slow ? SLOW : 1; }, [slow, film]);
  const leave = async () => { if (document.fullscreenElement) await document.exitFullscreen(); location.replace(back); };
  const toggle = () => (video.current?.paused ? video.current.play() : video.current?.pause());
  const repeat = () => { if (video.current) { video.current.currentTime = Math.max(0, video.current.currentTime - AGAIN_S); video.current.play(); } };
  const key = (e) => { if (e.key === ' ' && !e.target.closest('button, dialog')) { e.preventDefault(); toggle(); } };
  return html`<div class="shared" ref=${screen} onKeyDown=${key}>
    <div class="govuk-visually-hidden"><${Title}>Shared review</${Title}></div>
    <div class="shared__film">
      ${!clips.length && html`<p>None of the clips can be seen now.</p>`}
      ${problem && html`<div class="shared__told" role="alert"><p>${problem}</p><button type="button" onClick=${again}>Try again</button></div>`}
      ${clip && !film && !problem && html`<p role="status">Loading…</p>`}
      ${film && (clip.kind === 'still' ? html`<img src=${film.url} alt="The picture" onError=${lost} />`
        : html`<video ref=${video} key=${film.url} src=${film.url} playsinline disablepictureinpicture onClick=${toggle} onPlay=${() => setPlaying(true)} onPause=${() => setPlaying(false)} onError=${lost}></video>`)}
    </div>
    <div class="shared__keys">
      ${clips.length > 1 && html`<div><button type="button" disabled=${at === 0} onClick=${() => choose(at - 1)}>‹ Before</button>
        <span class="shared__which" role="status">${`${at + 1} of ${clips.length}`}</span>
        <button type="button" disabled=${at >= clips.length - 1} onClick=${() => choose(at + 1)}>Next ›</button></div>`}
      ${clip && clip.kind !== 'still' && html`<div><button type="button" title="The last 5 seconds again" onClick=${repeat}>Again</button>
        <button type="button" class="shared__play" onClick=${toggle}>${playing ? 'Pause' : 'Play'}</button>
        <button type="button" aria-pressed=${String(slow)} onClick=${() => setSlow(!slow)}>Slowly</button></div>`}
      <div>${document.fullscreenEnabled && html`<button type="button" onClick=${() => (document.fullscreenElement ? document.exitFullscreen() : screen.current.requestFullscreen())}>Full screen</button>`}
        <button type="button" onClick=${leave}>Done</button></div>
    </div>
    ${going && html`<${Dialog} title="Stop the shared review?" onEnd=${stay}>
      <p class="govuk-body">Your own pages come next: what is said about the films can be seen there.</p>
      <div class="govuk-button-group"><button type="button" class="govuk-button" onClick=${stay}>Go on watching</button>
        <button type="button" class="govuk-button govuk-button--secondary" onClick=${leave}>Stop</button></div></${Dialog}>`}</div>`;
}
