// How far somebody's training is: stages, cycles, hours; and the portfolio, which holds no footage.
import { useState } from '/vendor/preact.js';
import { take } from '/app/api.mjs';
import { html, Action, Back, Loaded, Notice, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { count, date } from '/app/words.mjs';

const hours = (minutes) => (minutes / 60).toLocaleString('en-GB', { maximumFractionDigits: 2 });
const Bar = ({ part, whole }) => html`<div class="bar" aria-hidden="true"><div style=${{ width: `${Math.min(100, (100 * part) / whole)}%` }}></div></div>`;

const Stage = ({ s }) => html`<li class="tile"><div class="tile__body"><h2 class="govuk-heading-s">${`Stage ${s.stage} `}${s.done && html`<${Tag} kind="green">Done</${Tag}>`}</h2>
  <p>${`${s.cycles} of ${s.of_cycles} cycles`}</p><${Bar} part=${s.cycles} whole=${s.of_cycles} />
  <p>${`${hours(s.minutes)} of ${hours(s.of_minutes)} hours of supervision`}</p><${Bar} part=${s.minutes} whole=${s.of_minutes} />
  ${s.needs_external && html`<p class="quiet">An external supervisor ends it</p>`}</div></li>`;

function Portfolio() {
  const [notes, withNotes] = useState(false), [problem, setProblem] = useState(null), [taken, told] = useState(false);
  const load = async () => { setProblem(null); told(false); await take('/api/training/export', notes ? { with_notes: 'yes' } : {}, 'portfolio.json'); told(true); };
  return html`<section class="no-print"><h2 class="govuk-heading-m">Your portfolio</h2>
    <p class="govuk-body">Stages, cycles, hours, who signed, and how many clips a cycle had: no film, no picture, no title of a case, nobody who was filmed. It is written down that you took it.
      A film is shown to those who decide on your accreditation by sharing it with them, as far as everyone in it agreed.</p>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <div class="govuk-checkboxes govuk-checkboxes--small govuk-form-group"><div class="govuk-checkboxes__item">
      <input class="govuk-checkboxes__input" type="checkbox" id="with-notes" checked=${notes} onChange=${(e) => withNotes(e.currentTarget.checked)} aria-describedby="with-notes-hint" />
      <label class="govuk-label govuk-checkboxes__label" for="with-notes">With what supervisors said of each cycle</label>
      <div class="govuk-hint govuk-checkboxes__hint" id="with-notes-hint">Read it first: it may tell of a family.</div></div></div>
    <div class="govuk-button-group"><${Action} busy="Writing…" onProblem=${setProblem} onPress=${load}>Download the portfolio</${Action}>
      <button type="button" class="govuk-button govuk-button--secondary" onClick=${() => print()}>Print this page</button><span class="saved" role="status">${taken ? 'Saved by your browser' : ''}</span></div></section>`;
}

function Shown({ t, me }) {
  const own = t.user === me.user, all = t.cycles.reduce((sum, c) => sum + c.minutes, 0);
  return html`${!own && html`<${Back} to="#/training">Training</${Back}>`}<${Title}>Training of ${t.name}</${Title}>
    <p class="govuk-body">${t.cycles.length ? `${count(t.cycles.length, 'cycle')} signed off, ${hours(all)} hours of supervision.` : 'No cycle was signed off yet. A supervisor signs it off once it was laid before them.'}</p>
    <ul class="tiles">${t.stages.map((s) => html`<${Stage} key=${s.stage} s=${s} />`)}</ul>
    ${t.cycles.length > 0 && html`<${Table} caption="Cycles that were signed off" head=${['Signed on', 'By', 'Hours', 'Cycle']} rows=${t.cycles.map((c) => [date(c.signed_at), `${c.supervisor_name}${c.external ? ' (external)' : ''}`, hours(c.minutes),
      html`<a class="govuk-link" href=${`#/cycles/${c.cycle}`}>Open<span class="govuk-visually-hidden"> the cycle signed on ${date(c.signed_at)}</span></a>`])} />`}
    ${own && me.roles.includes('practitioner') && html`<${Portfolio} />`}`;
}

/** Whom a supervisor supervises, as far as they have a case. */
function Whose() {
  const cases = useLoad('/api/cases');
  return html`<${Title}>Training</${Title}><${Loaded} of=${cases} what="whom you supervise">${({ cases: all }) => {
    const whose = [...new Map(all.map((c) => [c.practitioner, c.practitioner_name]))].sort((a, b) => a[1].localeCompare(b[1]));
    return whose.length ? html`<p class="govuk-body">Whose training would you like to see?</p>
      <ul class="govuk-list">${whose.map(([user, name]) => html`<li><a class="govuk-link" href=${`#/training?user=${user}`}>${name}</a></li>`)}</ul>`
      : html`<p class="govuk-body quiet">Nobody yet. You see here those whom you supervise, once they have a case.</p>`; }}</${Loaded}>`;
}

export function Training({ query, me }) {
  const own = me.roles.includes('practitioner'), asked = query.user ?? (own ? me.user : null);
  const training = useLoad(asked && (query.user ? `/api/training?user=${query.user}` : '/api/training'));
  return asked ? html`<${Loaded} of=${training} what="the training">${(t) => html`<${Shown} t=${t} me=${me} />`}</${Loaded}>` : html`<${Whose} />`;
}
