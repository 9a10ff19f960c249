// The supervisor's seat: what was laid before them, what the practitioner chose first, until when it may be seen; what they say of it;
// and what else they may see.
import { post } from '/app/api.mjs';
import { html, Field, Form, Loaded, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { ClipTiles } from '/app/pages/case.mjs';
import { count, date, parts, sooner, until } from '/app/words.mjs';

const order = ['moment', 'review', 'film'];
const place = (c) => (order.indexOf(c.as) + order.length) % order.length;
const ends = (s) => s.clips.filter((c) => c.may_see).map((c) => c.until ?? '9').sort()[0] ?? '9';

/** Of a cycle its number and question, of a clip that it is one; whose. */
function Head({ s, clips }) {
  const cycle = useLoad(s.cycle && `/api/cycles/${s.cycle}`), known = clips.find((c) => c.case === s.case);
  const what = s.cycle ? (cycle.data ? `Cycle ${cycle.data.number}${cycle.data.question ? `: ${cycle.data.question}` : ''}` : 'A cycle') : 'A clip';
  return html`<div class="split"><h3 class="govuk-heading-s tight">${s.cycle ? html`<a class="govuk-link" href=${`#/cycles/${s.cycle}`}>${what}</a>` : what}</h3>
    <span class="quiet">${`${s.asked_by_name}${known ? `, ${known.case_title}` : ''} · asked on ${date(s.asked_at)}`}</span></div>`;
}

/** What may be seen of it, the chosen moments first; and of the rest why not. */
function Seen({ s, clips }) {
  const sorted = [...s.clips].sort((a, b) => place(a) - place(b)), as = new Map(s.clips.map((c) => [c.clip, c]));
  const may = sorted.filter((c) => c.may_see).map((c) => ({ ...(clips.find((k) => k.clip === c.clip) ?? { clip: c.clip, state: 'live' }), expires_at: c.until })), not = sorted.filter((c) => !c.may_see);
  return html`${may.length > 0 && html`<${ClipTiles} clips=${may} asOf=${(c) => parts[as.get(c.clip)?.as] ?? 'The clip'} />`}
    ${not.length > 0 && html`<ul class="govuk-list">${not.map((c) => html`<li><${Tag}>${parts[c.as] ?? 'The clip'}</${Tag}> <strong>cannot be seen.</strong> ${(c.reasons ?? []).join(' ')}</li>`)}</ul>`}
    ${!s.clips.length && html`<p class="govuk-body quiet">Nothing belongs to it yet.</p>`}`;
}

function Note({ s, again }) {
  const send = async ({ text }) => { await post(`/api/supervision/${s.supervision}/note`, { text }); again(); };
  return html`<details class="govuk-details tight"><summary class="govuk-details__summary">${s.answer ? 'Change your closing note' : 'Write a closing note'}</summary><div class="govuk-details__text">
    <${Form} onSend=${send} send="Keep it" done=${s.cycle ? 'Kept. The cycle waits to be signed off' : 'Kept'} check=${(v) => (v.text ? {} : { text: 'Write something' })}>${(wrong) => html`
      <${Field} name="text" id=${`text-${s.supervision}`} type="area" label="Your closing note" hint=${`${s.asked_by_name} reads it.${s.cycle ? '' : ' The clip is done with it, and leaves this list.'}`} value=${s.answer ?? ''} wrong=${wrong} />`}</${Form}></div></details>`;
}

const checkSign = (v) => ({
  ...(/^\d{1,2}([.,]\d{1,2})?$/.test(v.hours) && Number(v.hours.replace(',', '.')) > 0 ? {} : { hours: 'Enter hours, like 1.5' }),
  ...(v.ending ? {} : { ending: 'Write something' }),
});

function Sign({ s, again }) {
  const send = async (v) => { await post(`/api/cycles/${s.cycle}/sign-off`, { hours: v.hours.replace(',', '.'), note: v.ending }); again(); };
  return html`<details class="govuk-details tight"><summary class="govuk-details__summary">Sign off the cycle</summary><div class="govuk-details__text">
    <p class="govuk-body">${`It counts for ${s.asked_by_name}'s training, with the hours that you enter. This is once and for good.`}</p>
    <${Form} onSend=${send} send="Sign it off" done="Signed off" check=${checkSign}>${(wrong) => html`
      <${Field} name="hours" id=${`hours-${s.supervision}`} label="How many hours did supervision take?" hint="Like 1.5 or 0.75" width="3" inputmode="decimal" wrong=${wrong} />
      <${Field} name="ending" id=${`ending-${s.supervision}`} type="area" label="What you say of it in the end" hint="It stands beside your name in their portfolio, if they choose so: name nobody who was filmed" value=${s.answer ?? ''} wrong=${wrong} />`}</${Form}></div></details>`;
}

const Asked = ({ s, clips, again }) => html`<li class="coming">
  <${Head} s=${s} clips=${clips} />
  ${s.note && html`<blockquote class="quote">${s.note}</blockquote>`}
  <${Seen} s=${s} clips=${clips} />
  ${s.answer && html`<p class="govuk-body"><strong>You said:</strong> ${s.answer}</p>`}
  <${Note} s=${s} again=${again} />${s.cycle && html`<${Sign} s=${s} again=${again} />`}</li>`;

const Done = ({ done }) => done.length > 0 && html`<details class="govuk-details"><summary class="govuk-details__summary">${`What is done (${done.length})`}</summary>
  <${Table} caption="What is done" hidden head=${['Of', 'What', 'Done on', 'What you said']} rows=${done.map((s) => [s.asked_by_name,
    s.cycle ? html`<a class="govuk-link" href=${`#/cycles/${s.cycle}`}>A cycle</a>` : 'A clip', date(s.done_at), s.answer ?? ''])} /></details>`;

export function Queue() {
  const asked = useLoad('/api/supervision?all=true', ['clip']), clips = useLoad('/api/clips?state=live', ['clip']);
  return html`<${Title}>To review</${Title}>
    <${Loaded} of=${clips} what="what you may see">${({ clips: all }) => html`<${Loaded} of=${asked} what="what waits for you">${({ supervision }) => {
      const waits = supervision.filter((s) => s.state === 'waiting').sort((a, b) => ends(a).localeCompare(ends(b))), done = supervision.filter((s) => s.state === 'done');
      return html`<h2 class="govuk-heading-m">${waits.length ? `${count(waits.length, 'request waits', 'requests wait')} for you` : 'Nothing waits for you'}</h2>
        ${waits.length > 0 && html`<p class="govuk-body quiet">What may be seen for the shortest time comes first; in each, the moments that the practitioner chose.</p>`}
        <ul class="govuk-list">${waits.map((s) => html`<${Asked} key=${s.supervision} s=${s} clips=${all} again=${asked.again} />`)}</ul><${Done} done=${done} />`; }}</${Loaded}>
      <h2 class="govuk-heading-m">All that you may see</h2>
      <${ClipTiles} clips=${[...all].sort(sooner)} asOf=${(c) => `${c.practitioner_name}: ${c.case_title}`}
        empty="Nothing yet. You see clips here once a practitioner whom you supervise has some that everyone in them agreed to." />`}</${Loaded}>`;
}
