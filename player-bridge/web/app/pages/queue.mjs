// The supervisor's seat: what was laid before them, until when it may be seen; what they say of it; what else they may see.
import { post } from '/app/api.mjs';
import { html, Field, Form, Loaded, Tag, Title, useLoad } from '/app/parts.mjs';
import { ClipTiles } from '/app/pages/case.mjs';
import { date, sooner, until } from '/app/words.mjs';

const parts = { film: 'Film', review: 'Shared review', moment: 'Chosen moment' };

function Asked({ s, again }) {
  const note = async ({ text }) => { await post(`/api/supervision/${s.supervision}/note`, { text }); again(); };
  const sign = async (v) => { await post(`/api/cycles/${s.cycle}/sign-off`, { hours: v.hours.replace(',', '.'), note: v.ending }); again(); };
  const key = s.supervision.slice(-6);
  return html`<li class="coming"><div class="split"><h3 class="govuk-heading-s">${s.cycle ? 'A cycle' : 'A clip'} of ${s.asked_by_name}</h3><span class="quiet">Asked on ${date(s.asked_at)}</span></div>
    ${s.note && html`<p class="govuk-body">“${s.note}”</p>`}
    <ul class="govuk-list">${s.clips.map((c) => html`<li>${c.may_see ? html`<a class="govuk-link" href=${`#/clips/${c.clip}`}>${parts[c.as] ?? 'The clip'}</a> <span class="quiet">until ${until(c.until)}</span>`
      : html`<${Tag}>${parts[c.as] ?? 'The clip'}</${Tag}> ${(c.reasons ?? []).join(' ')}`}</li>`)}</ul>
    ${s.answer && html`<p class="govuk-body"><strong>You said:</strong> ${s.answer}</p>`}
    <details class="govuk-details tight"><summary class="govuk-details__summary">${s.answer ? 'Say it otherwise' : 'Say something of it'}</summary><div class="govuk-details__text">
      <${Form} onSend=${note} send="Keep it" check=${(v) => (v.text ? {} : { text: 'Write something' })}>${() => html`<${Field} name="text" id=${`text-${key}`} type="area" label="Your closing note" value=${s.answer ?? ''} />`}</${Form}></div></details>
    ${s.cycle && html`<details class="govuk-details tight"><summary class="govuk-details__summary">Sign off the cycle</summary><div class="govuk-details__text">
      <${Form} onSend=${sign} send="Sign it off" check=${(v) => ({ ...(/^\d{1,2}([.,]\d{1,2})?$/.test(v.hours) ? {} : { hours: 'Enter hours, like 1.5' }), ...(v.ending ? {} : { ending: 'Write something' }) })}>${(wrong) => html`
        <${Field} name="hours" label="How many hours did supervision take?" width="3" wrong=${wrong} /><${Field} name="ending" type="area" label="What you say of it in the end" wrong=${wrong} />`}</${Form}></div></details>`}
  </li>`;
}

export function Queue() {
  const asked = useLoad('/api/supervision'), clips = useLoad('/api/clips?state=live', ['clip']);
  return html`<${Title}>To review</${Title}>
    <${Loaded} of=${asked} what="what waits for you">${({ supervision }) => supervision.length > 0 && html`<h2 class="govuk-heading-m">Waits for you</h2>
      <ul class="govuk-list">${supervision.map((s) => html`<${Asked} key=${s.supervision} s=${s} again=${asked.again} />`)}</ul>`}</${Loaded}>
    <h2 class="govuk-heading-m">What you may see</h2>
    <${Loaded} of=${clips} what="what you may see">${({ clips: all }) => html`<${ClipTiles} clips=${[...all].sort(sooner)} from
      empty="Nothing yet. You see clips here once a practitioner whom you supervise has some that everyone in them agreed to." />`}</${Loaded}>`;
}

/** A practitioner's own way through training, or one's whom a supervisor supervises. */
export function Training({ query }) {
  const training = useLoad(query.user ? `/api/training?user=${query.user}` : '/api/training');
  return html`<${Loaded} of=${training} what="the training">${(t) => html`<${Title}>Training of ${t.name}</${Title}>
    <ul class="tiles">${t.stages.map((s) => html`<li class="tile"><div class="tile__body"><h2 class="govuk-heading-s">Stage ${s.stage} ${s.done && html`<${Tag} kind="green">Done</${Tag}>`}</h2>
      <p>${s.cycles} of ${s.of_cycles} cycles</p><div class="bar" aria-hidden="true"><div style=${{ width: `${Math.min(100, (100 * s.cycles) / s.of_cycles)}%` }}></div></div>
      <p>${(s.minutes / 60).toLocaleString('en-GB')} of ${s.of_minutes / 60} hours of supervision</p>
      ${s.needs_external && html`<p class="quiet">An external supervisor ends it</p>`}</div></li>`)}</ul>`}</${Loaded}>`;
}
