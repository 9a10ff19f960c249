// Covering people in a film: marks are set and kept as a draft, the film is looked through with them, and only what a person confirms
// is made (docs/obscuring.md).
import { useEffect, useRef, useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Failure, Loaded, Notice, Select, Title, useEnd, useLoad } from '/app/parts.mjs';
import { Stage, useFrame } from '/app/pages/obscure-stage.mjs';
import { boxAt, inside, placed, read, unplaced, write } from '/app/player/boxes.mjs';
import { filmOf } from '/app/player/film.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { date, list } from '/app/words.mjs';

const methods = [['fill', 'Grey: nothing is left'], ['blur', 'Blurred'], ['pixelate', 'In large squares']];
const voiceLines = { keep: [], alter: ['voice alter all'], mute: ['voice mute all'] };
const voiceWords = [['keep', 'Leave voices as they are'], ['alter', 'Alter all voices'], ['mute', 'No sound at all']];

export function Obscure({ id }) {
  const clip = useLoad(`/api/clips/${id}`, ['clip']), kept = useLoad(`/api/clips/${id}/obscure`, ['clip']), names = usePurposes(), [open, setOpen] = useState(null), [problem, setProblem] = useState(null);
  const use = clip.data?.uses.find((u) => u.rendition === 'as-filmed')?.purpose;
  useEffect(() => { if (use) post(`/api/clips/${id}/open`, { purpose: use, rendition: 'as-filmed' }).then(setOpen, setProblem); }, [use]);
  useEnd(id, open, () => { setOpen(null); setProblem({ message: 'It may not be seen any longer.' }); });
  if (problem) return html`<${Back} to=${`#/clips/${id}`} /><${Failure} problem=${problem} what="the film" />`;
  return html`<${Back} to=${`#/clips/${id}`}>The film</${Back}><${Title}>Cover faces and voices</${Title}>
    <div><${Loaded} of=${clip} what="the film">${(c) => html`<${Loaded} of=${kept} what="the marks">${(k) => (!use ? html`<${Notice} title="It cannot be looked through now"><p class="govuk-body">Only who may see the film as it is can say that
      everyone is covered, and nobody may see it now.</p></${Notice}>` : open && names ? html`<${Marking} c=${c} k=${k} url=${open.url} names=${names} again=${kept.again} />` : html`<p class="govuk-body quiet" role="status">Loading…</p>`)}</${Loaded}>`}</${Loaded}></div>`;
}

const voiceOf = (lines) => Object.keys(voiceLines).find((word) => voiceLines[word].join() === lines.join()) ?? 'draft';

function Marking({ c, k, url, names, again }) {
  const video = useRef(), [film] = useState(() => filmOf(c)), at = useFrame(video, film);
  const [marks, setMarks] = useState(() => read(k.draft?.marks ?? '')), [saved, setSaved] = useState(Boolean(k.draft)), [chosen, choose] = useState(0), [problem, setProblem] = useState(null), [made, setMade] = useState(null);
  const change = (next) => { setMarks((was) => ({ ...was, ...(typeof next === 'function' ? next(was) : next) })); setSaved(false); setMade(null); setProblem(null); };
  const region = (i, next) => change((was) => ({ regions: was.regions.map((r, n) => (n === i ? next(r) : r)).filter((r) => r.places.length) }));
  const name = (person) => c.persons.find((p) => p.person === person)?.name ?? 'somebody';
  const add = (person) => change((was) => { choose(was.regions.length); return { regions: [...was.regions, { person, method: 'fill', end: null,
    places: [{ frame: at.frame, x: Math.round(c.width * 3 / 8), y: Math.round(c.height / 4), w: Math.round(c.width / 4), h: Math.round(c.height / 2) }] }] }; });
  const save = async () => { setProblem(null); await post(`/api/clips/${c.clip}/obscure`, { marks: write(marks) }); setSaved(true); again(); };
  return html`<p class="govuk-body">Put a box over a face, go on a little, and put it where the face is then: in between it moves evenly. Set it wherever a movement begins, turns and ends.</p>
    <${Stage} video=${video} url=${url} film=${film} picture=${{ width: c.width, height: c.height }} at=${at} regions=${marks.regions} label=${(r) => name(r.person)} chosen=${chosen} onChoose=${choose}
      onMove=${(i, box) => region(i, (r) => placed(r, at.frame, box))} />
    <h2 class="govuk-heading-m">Whom to cover</h2>
    <div class="govuk-button-group">${c.persons.map((p) => html`<button type="button" key=${p.person} class="govuk-button govuk-button--secondary" onClick=${() => add(p.person)}>A box over ${p.name}, from here</button>`)}</div>
    ${marks.regions.map((r, i) => html`<${Region} key=${i} r=${r} i=${i} name=${name(r.person)} film=${film} picture=${{ width: c.width, height: c.height }} at=${at} chosen=${i === chosen} onChoose=${() => choose(i)} onChange=${(next) => region(i, next)} />`)}
    <${Select} name="voices" label="Voices" hint="Who knows somebody may know their altered voice still; where that matters, no sound" value=${voiceOf(marks.voices)} onChange=${(word) => change({ voices: voiceLines[word] ?? marks.voices })}
      options=${[...voiceWords, ...(voiceOf(marks.voices) === 'draft' ? [['draft', 'As the draft has it']] : [])]} />
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Action} kind=${saved ? 'secondary' : ''} busy="Keeping…" onProblem=${setProblem} onPress=${save}>${saved ? 'The draft is kept' : 'Keep this draft'}</${Action}>
    <div>${saved && k.draft && !made && html`<${Confirm} c=${c} k=${k} name=${name} names=${names} onProblem=${setProblem} onDone=${(m) => { setMade(m); again(); }} />`}</div>
    <div aria-live="polite">${made && html`<${Notice} kind="good" title="The covered film is made"><p class="govuk-body">It can be seen for ${list(made.purposes.map(names.label)) || 'nothing yet'}.${' '}
      <a class="govuk-link" href=${`#/clips/${c.clip}`}>Back to the film</a></p></${Notice}>`}</div>
    <div>${k.confirmed && html`<${Confirmed} c=${c} k=${k} names=${names} name=${name} onProblem=${setProblem} again=${() => { setMade(null); again(); }} />`}</div>`;
}

/** The box in numbers: the way without dragging it. */
function Numbers({ i, box, picture, onMove }) {
  const fields = [['x', 'From the left'], ['y', 'From the top'], ['w', 'Width'], ['h', 'Height']];
  return html`<details class="govuk-details tight"><summary class="govuk-details__summary">Its place in numbers</summary><div class="govuk-details__text numbered">
    ${fields.map(([key, words]) => html`<div class="govuk-form-group"><label class="govuk-label" for=${`${key}-${i}`}>${words}</label>
      <input class="govuk-input govuk-input--width-5" id=${`${key}-${i}`} type="number" min="0" value=${box[key]} onChange=${(e) => { const n = e.currentTarget.valueAsNumber; if (n >= 0) onMove(inside({ ...box, [key]: n }, picture)); }} /></div>`)}</div></details>`;
}

function Region({ r, i, name, film, picture, at, chosen, onChoose, onChange }) {
  const here = r.places.some((p) => p.frame === at.frame), box = boxAt(r, at.frame);
  return html`<fieldset class=${`govuk-fieldset region ${chosen ? 'region--chosen' : ''}`} onFocusIn=${onChoose}><legend class="govuk-fieldset__legend govuk-fieldset__legend--s">${name}</legend>
    <label class="govuk-label" for=${`method-${i}`}>How</label><select class="govuk-select" id=${`method-${i}`} onChange=${(e) => { const method = e.currentTarget.value; onChange((was) => ({ ...was, method })); }}>
      ${methods.map(([word, words]) => html`<option value=${word} selected=${word === r.method}>${words}</option>`)}</select>
    <p class="govuk-body tight">Set at ${r.places.map((p) => html`<button type="button" class="moment" key=${p.frame} aria-current=${p.frame === at.frame ? 'true' : undefined} onClick=${() => at.go(p.frame)}>${film.time(p.frame)}</button> `)}
      ${r.end === null ? 'and to the end of the film' : html`until <button type="button" class="moment" onClick=${() => at.go(r.end)}>${film.time(r.end)}</button>`}</p>
    ${box && html`<${Numbers} i=${i} box=${box} picture=${picture} onMove=${(next) => onChange((was) => placed(was, at.frame, next))} />`}
    <div class="govuk-button-group">
      ${here && html`<button type="button" class="govuk-button govuk-button--secondary" onClick=${() => onChange((was) => unplaced(was, at.frame))}>${r.places.length > 1 ? 'Take this place away' : 'Take it away'}</button>`}
      ${r.end === null ? at.frame > r.places[0].frame && html`<button type="button" class="govuk-button govuk-button--secondary" onClick=${() => onChange((was) => ({ ...was, places: was.places.filter((p) => p.frame < at.frame), end: at.frame }))}>They are gone from here on</button>`
        : html`<button type="button" class="govuk-button govuk-button--secondary" onClick=${() => onChange((was) => ({ ...was, end: null }))}>Cover to the end</button>`}</div></fieldset>`;
}

function Confirm({ c, k, name, names, onProblem, onDone }) {
  const [looked, set] = useState(false), [slow, setSlow] = useState(null), open = k.draft.people.filter((p) => !p.covered), before = k.confirmed?.at ?? 'none';
  // The server answers within two minutes or says so; what it makes of a long film comes later all the same, and is told of.
  const make = async () => {
    onProblem(null);
    try { onDone(await post(`/api/clips/${c.clip}/obscure/confirm`, { through: 'end' })); } catch (problem) {
      if (problem.status !== 503 || problem.word !== 'unavailable') throw problem;
      setSlow(before);
    }
  };
  if (slow === before) return html`<${Notice} title="It is still being made"><p class="govuk-body">It is a long film. This page shows the covered one as soon as it is there; you can also come back later.</p></${Notice}>`;
  return html`<${Notice} title="Look it through, then confirm">
    <ul class="govuk-list govuk-list--bullet">${k.draft.people.map((p) => html`<li>${name(p.person)} is ${p.covered ? '' : 'not '}covered${p.asked_to_be_obscured_for.length ? `, and asked for it for ${list(p.asked_to_be_obscured_for.map(names.label))}` : ''}.</li>`)}
      ${k.draft.warnings.map((w) => html`<li>${w}</li>`)}</ul>
    ${open.length > 0 && html`<p class="govuk-body">Who is not covered must have agreed to be seen as they are.</p>`}
    <div class="govuk-checkboxes govuk-form-group"><div class="govuk-checkboxes__item"><input class="govuk-checkboxes__input" type="checkbox" id="looked" checked=${looked} onChange=${(e) => set(e.currentTarget.checked)} />
      <label class="govuk-label govuk-checkboxes__label" for="looked">I looked the whole film through, from its beginning to its end, and at every moment the marks cover everyone they name</label></div></div>
    ${looked && html`<${Action} busy="Making the covered film: it may take as long as the film is…" onProblem=${onProblem} onPress=${make}>Confirm, and make the covered film</${Action}>`}</${Notice}>`;
}

function Confirmed({ c, k, name, names, onProblem, again }) {
  const covered = k.confirmed.people.filter((p) => p.covered).map((p) => name(p.person));
  return html`<h2 class="govuk-heading-m">What there is now</h2>
    <p class="govuk-body">A covered film, confirmed on ${date(k.confirmed.at)}: ${covered.length ? `${list(covered)} ${covered.length === 1 ? 'is' : 'are'} covered` : 'voices alone'}. It can be seen for ${list(k.confirmed.purposes.map(names.label)) || 'nothing'}.
      To confirm other marks makes it anew, and destroys this one.</p>
    <${Action} kind="secondary" busy="Destroying…" onProblem=${onProblem} onPress=${async () => { onProblem(null); await post(`/api/clips/${c.clip}/obscure/drop`); again(); }}>Destroy the covered film</${Action}>`;
}
