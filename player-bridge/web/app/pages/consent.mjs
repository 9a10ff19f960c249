// What one person agreed to and refused, asked in words, with what will follow shown before it is saved.
import { useRef, useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Back, Choices, DateField, Field, Form, Loaded, Title, dateOf, useLoad, valuesOf } from '/app/parts.mjs';
import { formOf } from '/app/form-photo.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { count, date as day, until } from '/app/words.mjs';

const ends = [
  ['end-of-involvement:2m', 'Two months after our work together ends'],
  ['recording:90d', 'Three months after each film was made'],
  ['until', 'On a day that we choose'],
];
const capacities = {
  child: [['parental-responsibility', 'A parent or other holder of parental responsibility'], ['self', 'The young person, who understands what it means'],
    ['foster-carer', 'A foster carer', 'A foster carer usually has no parental responsibility: please ask who has'], ['representative', 'Somebody else who represents them']],
  staff: [['staff', 'They themselves, as staff'], ['representative', 'Somebody who represents them']],
  other: [['self', 'They themselves'], ['representative', 'Somebody who represents them']],
};
const methods = [['form', 'A form they signed'], ['electronic', 'An electronic form'], ['on-film', 'They said so on film'], ['email', 'An e-mail']];

function bodyOf(v, person, id, names) {
  const said = (answer) => names.purposes.map((p) => p.purpose).filter((p) => v[`say-${p}`] === answer);
  const body = { person, case: id, media: v.media, identifiability: v.identifiability, capacity: v.capacity, method: v.method };
  if (said('yes').length) body.purpose = said('yes');
  if (said('no').length) body.refuse = said('no');
  if (v.assent) body.assent = v.assent;
  if (v.signed_by) body.signed_by = v.signed_by;
  if (v.ends === 'until') body.until = dateOf(v, 'until'); else body.after = [v.ends];
  return body;
}

function check(v, names) {
  const wrong = {};
  if (!names.purposes.some((p) => v[`say-${p.purpose}`] && v[`say-${p.purpose}`] !== 'open')) wrong[`say-${names.purposes[0].purpose}`] = 'Say for at least one purpose whether they agree';
  if (!v.media?.length) wrong.media = 'Say what may be made of them';
  if (!v.capacity) wrong.capacity = 'Say who decided';
  if (!v.ends) wrong.ends = 'Say when it ends';
  if (v.ends === 'until' && !dateOf(v, 'until')) wrong.until = 'Enter the day on which it ends';
  return wrong;
}

/** Who it is that says no, in words; null as long as nobody has said who decided. */
function speaker(v, p) {
  if (v.assent === 'no') return p.name;
  if (v.signed_by) return v.signed_by;
  return { 'parental-responsibility': 'the parent', 'foster-carer': 'the foster carer', representative: 'their representative', self: p.name, staff: p.name }[v.capacity] ?? null;
}

const ending = (v) => (v.ends === 'until' ? (dateOf(v, 'until') ? `until ${day(dateOf(v, 'until'))}` : 'until the day that you choose')
  : `until ${(ends.find(([value]) => value === v.ends)?.[1] ?? 'you say when').replace(/^\w/, (c) => c.toLowerCase())}`);

/** Of one purpose: what it comes to, given what they said before in this case. */
function outcome(answer, { v, p, before, purpose }) {
  const who = speaker(v, p), no = `no${who ? `, ${who} said no` : ''}${before.agreed.includes(purpose) ? '. They had agreed to it: what is kept for it is destroyed as soon as you save' : ''}`;
  if (answer === 'no' || (answer === 'yes' && v.assent === 'no')) return no;
  if (answer === 'yes') return `yes, ${ending(v)}${before.refused.includes(purpose) ? '. They said no to it before: this counts only if the one who said no says yes now, and stands below as who signed' : ''}`;
  if (before.agreed.includes(purpose)) return `as before: yes, until ${until(before.until)}`;
  return before.refused.includes(purpose) ? 'as before: no' : null;
}

/** "Supervision: yes, until 14 March; training: no, the child said no", before anything is saved. */
function Follows({ v, names, p, before }) {
  const told = names.purposes.map((q) => [q, outcome(v[`say-${q.purpose}`], { v, p, before, purpose: q.purpose })]), open = told.filter(([, words]) => !words).length;
  return html`<section class="notice" aria-live="polite"><h2 class="govuk-heading-m">What will follow</h2>
    ${open < told.length && html`<ul class="govuk-list">${told.filter(([, words]) => words).map(([q, words]) => html`<li><strong>${q.label}:</strong> ${words}.</li>`)}</ul>`}
    ${open > 0 && html`<p class="govuk-body">${`${open === told.length ? 'Nothing was asked yet' : `Not asked: ${count(open, 'purpose')}`}. Not asked means not allowed.`}</p>`}
    <p class="govuk-body quiet">A film can be seen once everyone in it has agreed; the one whose yes ends first counts. They can change their mind at any time.</p></section>`;
}

export function Consent({ id, person }) {
  const who = useLoad(`/api/persons/${person}`), names = usePurposes();
  return html`<${Back} to=${`#/cases/${id}`} /><${Loaded} of=${who} what="this person">${(p) => (names ? html`<${Ask} p=${p} id=${id} names=${names} />` : '')}</${Loaded}>`;
}

function Ask({ p, id, names }) {
  const child = p.kind === 'child', before = p.cases.find((c) => c.case === id) ?? { agreed: [], refused: [] };
  const [v, set] = useState({ ends: 'end-of-involvement:2m', media: ['recording', 'clip', 'still', 'audio'] });
  const paper = useRef();
  const send = async (values) => {
    const [file] = paper.current.files, body = bodyOf(values, p.person, id, names);
    await post('/api/consents', file ? { ...body, form: await formOf(file) } : body);
    location.hash = `#/cases/${id}`;
  };
  return html`<${Title} caption=${p.name}>What do they agree to?</${Title}>
    <div onInput=${(e) => set(valuesOf(e.currentTarget.querySelector('form')))} onChange=${(e) => set(valuesOf(e.currentTarget.querySelector('form')))}>
    <${Form} onSend=${send} check=${(values) => check(values, names)} send="Save what they said" cancel=${`#/cases/${id}`}>${(wrong) => html`
      <h2 class="govuk-heading-m">What may films with ${p.name} be used for?</h2>
      <div class="asked">${names.purposes.map((q) => html`<${Choices} key=${q.purpose} name=${`say-${q.purpose}`} legend=${q.label} hint=${q.about} inline small wrong=${wrong}
        options=${[['yes', 'Yes'], ['no', 'No'], ['open', 'Not asked']]} value=${v[`say-${q.purpose}`] ?? 'open'} />`)}</div>
      <${Choices} name="media" many legend="What may be made?" wrong=${wrong} options=${names.media.map((m) => [m.medium, m.label])} value=${v.media} size="m" />
      <${Choices} name="identifiability" legend="Faces and voices" size="m" value="as-filmed"
        options=${[['as-filmed', 'As filmed'], ['obscured', 'Only with faces and voices made unrecognisable']]} />
      <${Choices} name="ends" legend="When does it end?" hint="The earliest of everyone in a film counts." size="m" options=${ends} value=${v.ends} wrong=${wrong} />
      ${v.ends === 'until' && html`<${DateField} name="until" legend="The last day" wrong=${wrong} />`}
      <${Choices} name="capacity" legend="Who decided?" size="m" wrong=${wrong} options=${capacities[p.kind] ?? capacities.other} value=${child ? undefined : (capacities[p.kind] ?? capacities.other)[0][0]} />
      ${child && html`<${Choices} name="assent" legend=${`What does ${p.name} say?`} hint="A child's no counts more than a parent's yes." size="m"
        options=${[['yes', 'Yes'], ['no', 'No'], ['not-sought', 'Not asked: too young, or another reason']]} />`}
      <${Field} name="signed_by" label="Who signed?" width="20" wrong=${wrong} />
      <${Choices} name="method" legend="How was it given?" size="m" options=${methods} value="form" />
      <div class="govuk-form-group"><label class="govuk-label" for="paper">The signed form</label>
        <div class="govuk-hint" id="paper-hint">Photograph or scan it, if there is one. It is kept sealed, as proof.</div>
        <input class="govuk-file-upload" type="file" id="paper" ref=${paper} accept="image/*,application/pdf" aria-describedby="paper-hint" /></div>
      <${Follows} v=${v} names=${names} p=${p} before=${before} />`}
    </${Form}></div>`;
}
