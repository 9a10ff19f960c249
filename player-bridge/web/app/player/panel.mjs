// Remarks beside the film: writing one, tagging with one touch, and what was said, in order.
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { Action, Failure, valuesOf } from '/app/parts.mjs';
import { count, when } from '/app/words.mjs';
import { place, playFrom, threads } from '/app/player/remarks.mjs';
import { useEngine } from '/app/player/state.mjs';

const Options = ({ tags, chosen }) => html`<option value="">No tag</option>
  ${tags.layers.map((l) => html`<optgroup label=${l.layer}>${l.tags.map((t) => html`<option value=${t.code} selected=${t.code === chosen}>${t.label}</option>`)}</optgroup>`)}`;

const share = (yes) => ({ [yes ? 'shared' : 'private']: 'yes' });

/** A form in few lines; `onSend` gets its values, and what it throws is said. */
function Small({ children, send, onSend, onCancel, keep }) {
  const [problem, set] = useState(null), [working, work] = useState(false), alive = useRef(true);
  useEffect(() => () => { alive.current = false; }, []);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (working) return;
    work(true); set(null);
    try { await onSend(valuesOf(form)); if (keep && alive.current) for (const field of form.querySelectorAll('textarea, select')) field.value = ''; } catch (p) { if (alive.current) set(p.message); }
    if (alive.current) work(false);
  };
  // Enter sends, as in any conversation; Shift and Enter begins a line.
  const key = (e) => { if (e.key === 'Enter' && !e.shiftKey && e.target.matches('textarea')) { e.preventDefault(); e.currentTarget.requestSubmit(); } };
  return html`<form class="small" novalidate onSubmit=${submit} onKeyDown=${key}>${children}
    ${problem && html`<p class="govuk-error-message" role="alert">${problem}</p>`}
    <div class="small__end"><button class="govuk-button" aria-disabled=${working}>${working ? 'Saving…' : send}</button>
      ${onCancel && html`<button type="button" class="plain" onClick=${onCancel}>Cancel</button>`}</div></form>`;
}

function Compose({ engine, remarks, now, change, composer, onDone }) {
  const { film } = engine, first = useEngine(engine, (s) => s.first), last = useEngine(engine, (s) => s.last), frame = useEngine(engine, (s) => (s.playing ? null : s.frame));
  const range = first !== null && last !== null;
  const send = async (v) => {
    if (!v.text && !v.tag) throw new Error('Write something, or choose a tag');
    const where = range ? { at: place(film, first), to: place(film, last + 1) } : { at: place(film, engine.place) };
    await remarks.write.add({ ...where, ...(v.text ? { text: v.text } : {}), ...(v.tag ? { tag: v.tag } : {}), ...share(now.shared) });
    onDone();
  };
  return html`<${Small} send="Add" onSend=${send} keep>
    <label class="small__label" for="remark">${range ? `On ${film.time(first)} to ${film.time(last)}` : frame === null ? 'On the frame shown' : `On ${film.time(frame)}`}</label>
    <textarea class="govuk-textarea" id="remark" name="text" rows="2" maxlength="3000" ref=${composer}
      onKeyDown=${(e) => { if (e.key === 'Escape') { e.stopPropagation(); onDone(); } }}></textarea>
    <label class="govuk-visually-hidden" for="remark-tag">Tag</label>
    <select class="govuk-select" id="remark-tag" name="tag"><${Options} tags=${remarks.tags} /></select>
    <${Shared} id="remark-shared" on=${now.shared} onChange=${(shared) => change({ shared })} /></${Small}>`;
}

const Shared = ({ id, on, onChange }) => html`<div class="govuk-checkboxes govuk-checkboxes--small"><div class="govuk-checkboxes__item">
  <input class="govuk-checkboxes__input" type="checkbox" id=${id} name="shared" defaultChecked=${on} onChange=${onChange && ((e) => onChange(e.currentTarget.checked))} />
  <label class="govuk-label govuk-checkboxes__label" for=${id}>Share with whoever may see the film</label></div></div>`;

/** One touch, or one key, for each that has a key. */
function Quick({ remarks }) {
  const keyed = remarks.tags.layers.flatMap((l, i) => l.tags.filter((t) => t.key).map((t) => ({ ...t, number: i + 1 })));
  return html`<div class="quick" role="group" aria-label="Tag this moment">${keyed.sort((a, b) => a.key - b.key).map((t) => html`<button type="button" class=${`quick__tag layer-${t.number}`} title=${`${t.label} (${t.key})`}
    onClick=${() => remarks.tag(t)}><kbd aria-hidden="true">${t.key}</kbd> ${t.label}</button>`)}</div>`;
}

function Said({ r, remarks, engine, answer }) {
  const [doing, set] = useState(null), [problem, setProblem] = useState(null), { film } = engine, tag = remarks.tags.of(r.tag);
  const now = useEngine(engine, (s) => s.frame >= r.from_frame && s.frame < r.to_frame);
  const done = () => set(null), act = (run) => async () => { setProblem(null); await run(); };
  const time = film.time(r.from_frame), long = r.to_frame > r.from_frame + 1;
  const edit = (v) => remarks.write.edit(r, { text: v.text, tag: v.tag ?? '', ...share(v.shared) }).then(done);
  if (doing === 'edit') return html`<${Small} send="Save" onSend=${edit} onCancel=${done}>
    <label class="small__label" for=${`t${r.remark}`}>Your remark at ${time}</label><textarea class="govuk-textarea" id=${`t${r.remark}`} name="text" rows="2" defaultValue=${r.text}></textarea>
    <label class="govuk-visually-hidden" for=${`g${r.remark}`}>Tag</label><select class="govuk-select" id=${`g${r.remark}`} name="tag"><${Options} tags=${remarks.tags} chosen=${r.tag} /></select>
    <${Shared} id=${`s${r.remark}`} on=${r.shared} /></${Small}>`;
  const about = html`<span class="govuk-visually-hidden"> (${time}, ${r.author_name})</span>`;
  return html`<div class=${`said ${now && !answer ? 'said--now' : ''} ${r.resolved ? 'said--settled' : ''}`}>
    <p class="said__head">${!answer && html`<button type="button" class="said__time" title="Play from a little before" onClick=${() => playFrom(engine, r)}>${time}${long && ` – ${film.time(r.to_frame - 1)}`}</button>`}
      ${r.tag && html`<span class=${`said__tag ${tag ? `layer-${tag.number}` : ''}`}>${r.label ?? r.tag}</span>`}</p>
    ${r.text && html`<p class="said__text">${r.text}</p>`}
    <p class="said__who"><span title=${when(r.made_at)}>${r.own ? 'You' : r.author_name}</span>${!r.shared && ' · only you see it'}${r.edited_at && ' · changed'}${r.resolved && ' · settled'}</p>
    ${problem && html`<p class="govuk-error-message" role="alert">${problem.message}</p>`}
    ${doing !== 'answer' && html`<div class="said__acts">
      ${!answer && html`<button type="button" class="plain" onClick=${() => set('answer')}>Answer${about}</button>
        <${Action} kind="plain" busy="…" onProblem=${setProblem} onPress=${act(() => remarks.write.resolve(r))}>${r.resolved ? 'Reopen' : 'Settled'}${about}</${Action}>`}
      ${r.own && html`<button type="button" class="plain" onClick=${() => set('edit')}>Change${about}</button>
        <${Action} kind="plain" busy="…" onProblem=${setProblem} onPress=${act(() => remarks.write.remove(r))}>Remove${about}</${Action}>`}</div>`}
    ${doing === 'answer' && html`<${Small} send="Answer" onCancel=${done} onSend=${async (v) => {
      if (!v.text) throw new Error('Write something');
      await remarks.write.add({ reply_to: r.remark, text: v.text });
      done();
    }}><label class="small__label" for=${`a${r.remark}`}>Your answer</label><textarea class="govuk-textarea" id=${`a${r.remark}`} name="text" rows="2"></textarea></${Small}>`}
  </div>`;
}

export function Panel({ engine, remarks, now, change, composer, onDone }) {
  const [hide, set] = useState(false);
  if (remarks.problem?.status === 403) return html`<aside class="player__side" aria-label="Remarks"><p class="quiet">What is said of this film is for those who work with it.</p></aside>`;
  if (remarks.problem) return html`<aside class="player__side" aria-label="Remarks"><${Failure} problem=${remarks.problem} what="the remarks" again=${remarks.again} /></aside>`;
  if (!remarks.tags || !remarks.all) return html`<aside class="player__side" aria-label="Remarks"><p class="quiet">Loading the remarks…</p></aside>`;
  const all = threads(remarks.all), settled = all.filter((r) => r.resolved).length, shown = hide ? all.filter((r) => !r.resolved) : all;
  return html`<aside class="player__side" aria-label="Remarks">
    <${Quick} remarks=${remarks} /><p class="quick__said" role="status">${remarks.said}</p>
    <${Compose} engine=${engine} remarks=${remarks} now=${now} change=${change} composer=${composer} onDone=${onDone} />
    <div class="side__head"><h2 class="govuk-heading-s">${all.length ? count(all.length, 'remark') : 'No remarks yet'}</h2>
      ${settled > 0 && html`<button type="button" class="plain" aria-pressed=${String(hide)} onClick=${() => set(!hide)}>${hide ? 'Show' : 'Hide'} ${settled} settled</button>`}</div>
    <ol class="side__list">${shown.map((r) => html`<li key=${r.remark}><${Said} r=${r} remarks=${remarks} engine=${engine} />
      ${r.answers.length > 0 && html`<ol class="side__answers">${r.answers.map((a) => html`<li key=${a.remark}><${Said} r=${a} remarks=${remarks} engine=${engine} answer /></li>`)}</ol>`}</li>`)}</ol>
  </aside>`;
}
