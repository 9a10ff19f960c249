// Clips and pictures made of a film, by one key from what is marked.
import { html, useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';

const place = (film, frame) => (film.sound ? (frame / 1000).toFixed(3) : String(frame));

/** {does: what keys and buttons call, said: what became of it}. Without `clip` nothing can be made. */
export function useMaking(engine, clip) {
  const [made, tell] = useState([]), { film } = engine;
  if (!clip) return { does: {}, said: null };
  const make = async (what, path, body) => {
    const key = {}, say = (news) => tell((all) => all.map((m) => (m.key === key ? { key, what, ...news } : m)));
    tell((all) => [...all, { key, what, working: true }]); // it keeps its place, whichever is made first
    try { say({ clip: await post(`/api/clips/${clip.clip}/${path}`, body) }); } catch (problem) { say({ problem: problem.message }); }
  };
  const cut = () => {
    const { first, last } = engine.state;
    if (first === null || last === null) return;
    make(`The clip from ${film.time(first)} to ${film.time(last)}`, 'cut', { in: place(film, first), out: place(film, last + 1) });
  };
  const still = () => { engine.pause(); make(`The picture at ${film.time(engine.place)}`, 'still', { at: place(film, engine.place) }); };
  return { does: film.sound ? { cut } : { cut, still }, said: html`<div role="status">${made.length > 0 && html`<ul class="made">${made.map((m) => html`<${Made} ...${m} />`)}</ul>`}</div>` };
}

function Made({ what, working, clip, problem }) {
  if (working) return html`<li>${what} is being made…</li>`;
  if (problem) return html`<li class="made__wrong">${what} was not made: ${problem}</li>`;
  return html`<li>${what} is ready${clip.state === 'quarantined' && ', and waits for consent'}. <a class="govuk-link" href=${`#/clips/${clip.clip}`}>Open it</a></li>`;
}
