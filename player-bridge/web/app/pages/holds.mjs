// Holds (nothing is destroyed) and restrictions (nobody views): what there is, placing one, ending one.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Choices, DateField, Field, Form, Loaded, Notice, Table, Tag, Title, dateOf, useLoad } from '/app/parts.mjs';
import { until } from '/app/words.mjs';

export function Holds() {
  const holds = useLoad('/api/holds'), [problem, setProblem] = useState(null);
  const end = async (h) => {
    setProblem(null);
    await post(`/api/${h.kind === 'hold' ? 'holds' : 'restrictions'}/${h.hold}/release`);
    holds.again();
  };
  const row = (h) => [h.kind === 'hold' ? 'Hold' : 'Restriction', h.reason, h.owner, (h.clips ?? []).length,
    html`${until(h.review_at)} ${h.review_overdue && html`<${Tag} kind="red">Overdue</${Tag}>`}`,
    html`<${Action} kind="secondary" busy="Ending…" onProblem=${setProblem} onPress=${() => end(h)}>End it<span class="govuk-visually-hidden"> (${h.reason})</span></${Action}>`];
  return html`<div class="split"><${Title}>Holds and restrictions</${Title}><a class="govuk-button" href="#/holds/new">Place one</a></div>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <p class="govuk-body">A hold stops destruction and lets nobody view what they could not view before. When it ends, what is due is destroyed at once.</p>
    <${Loaded} of=${holds} what="the holds">${({ holds: all }) => html`<${Table} caption="Holds" hidden head=${['Kind', 'Reason', 'Owner', 'Clips', 'Review by', 'End']} rows=${all.map(row)} empty="There is none." />`}</${Loaded}>`;
}

const check = (v) => ({
  ...(v.target ? {} : { target: 'Enter the clip, case or person' }),
  ...(/^(clp|cas|per)_/.test(v.target) || !v.target ? {} : { target: 'This begins with clp_, cas_ or per_: copy it from its page' }),
  ...(v.reason ? {} : { reason: 'Say why' }),
  ...(v.owner ? {} : { owner: 'Say who answers for it' }),
  ...(dateOf(v, 'review') ? {} : { review: 'Enter the day on which it is looked at again' }),
});

export function NewHold({ query }) {
  const kinds = { clp: 'clip', cas: 'case', per: 'person' };
  const send = async (v) => {
    const body = { [kinds[v.target.slice(0, 3)]]: v.target, reason: v.reason, owner: v.owner, review: dateOf(v, 'review') };
    await post(v.kind === 'hold' ? '/api/holds' : '/api/restrictions', body);
    location.hash = '#/holds';
  };
  return html`<${Back} to="#/holds" /><${Title}>Place a hold or restriction</${Title}>
    <${Form} onSend=${send} check=${check} send="Place it" cancel="#/holds">${(wrong) => html`
      <${Choices} name="kind" legend="What should happen?" value="hold" options=${[['hold', 'Keep it: nothing is destroyed', 'For an inquiry, the police, safeguarding'], ['restriction', 'Freeze it: nobody views, nothing is destroyed', 'While somebody objects, or something is being put right']]} />
      <${Field} name="target" label="Which clip, case or person?" hint="Its code, as its page shows it" value=${query.of ?? ''} wrong=${wrong} />
      <${Field} name="reason" label="Why?" wrong=${wrong} />
      <${Field} name="owner" label="Who answers for it?" width="20" wrong=${wrong} />
      <${DateField} name="review" legend="When is it looked at again?" wrong=${wrong} />`}
    </${Form}>`;
}
