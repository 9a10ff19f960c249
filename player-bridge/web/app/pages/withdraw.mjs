// "I want it deleted": what would be lost, then it is done, and the receipt is there before the call ends.
import { useEffect, useState } from '/vendor/preact.js';
import { ask, post } from '/app/api.mjs';
import { html, Action, Back, Choices, Failure, Loaded, Notice, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { count, list } from '/app/words.mjs';

/** What a destruction takes, in a few lines. */
export function Lost({ plan, holds = [], names }) {
  const byPurpose = new Map(), clips = new Set(plan.clips_lost.map((l) => l.clip));
  for (const l of plan.clips_lost) byPurpose.set(l.purpose, (byPurpose.get(l.purpose) ?? 0) + 1);
  const kept = holds.filter((h) => h.kind === 'hold' && (h.clips ?? []).some((c) => clips.has(c)));
  return html`<${Notice} kind="warn" title="What would be lost">
    ${clips.size === 0 && !plan.lost_elsewhere && html`<p class="govuk-body">No clip: nothing that exists can be seen because of this consent. Nothing new can be, either.</p>`}
    <ul class="govuk-list govuk-list--bullet">${[...byPurpose].map(([p, n]) => html`<li>${count(n, 'clip')} for ${names.label(p)}</li>`)}</ul>
    ${plan.lost_elsewhere > 0 && html`<p class="govuk-body">And ${count(plan.lost_elsewhere, 'use')} of clips in cases that are not yours.</p>`}
    ${kept.length > 0 && html`<p class="govuk-body"><strong>${count(kept.length, 'hold keeps its copy', 'holds keep their copies')}</strong> (${list(kept.map((h) => h.reason).filter(Boolean))}). Nobody can view it.</p>`}
    <p class="govuk-body">This cannot be taken back: the keys are destroyed, here and in every copy.</p></${Notice}>`;
}

export function Withdraw({ id }) {
  const person = useLoad(`/api/persons/${id}`), consents = useLoad(`/api/consents?person=${id}`), names = usePurposes();
  return html`<${Back} to=${`#/people/${id}`} /><${Loaded} of=${person} what="this person">${(p) => html`<${Loaded} of=${consents} what="their consents">${(c) =>
    names && html`<${Withdrawing} p=${p} consents=${c.consents} names=${names} />`}</${Loaded}>`}</${Loaded}>`;
}

function Withdrawing({ p, consents, names }) {
  const live = [...new Set(consents.flatMap((c) => c.purposes.filter((q) => q.state === 'live').map((q) => q.purpose)))];
  const [purpose, choose] = useState('all'), [plan, setPlan] = useState(null), [done, setDone] = useState(null), [problem, setProblem] = useState(null);
  const holds = useLoad('/api/holds');
  const body = purpose === 'all' ? {} : { purpose };
  useEffect(() => {
    let wanted = true;
    setPlan(null);
    if (live.length && !done) ask('POST', `/api/persons/${p.person}/withdraw`, { ...body, dry_run: 'yes' }).then((x) => wanted && setPlan(x), (x) => wanted && setProblem(x));
    return () => { wanted = false; };
  }, [purpose, done]);
  if (done) return html`<${Done} done=${done} p=${p} names=${names} />`;
  if (!live.length) return html`<${Title} caption=${p.name}>There is no consent to take back</${Title}>
    <p class="govuk-body">${p.name} has not agreed to anything, or has taken it back already. Nothing with them in it can be seen.</p>`;
  return html`<${Title} caption=${p.name}>Take back their consent</${Title}>
    ${problem && html`<${Failure} problem=${problem} what="what would be lost" />`}
    <${Choices} name="purpose" legend="What do they take back?" value="all" onChange=${choose}
      options=${[['all', 'Everything'], ...live.map((q) => [q, `Only ${names.label(q)}`])]} />
    <div aria-live="polite">${plan ? html`<${Lost} plan=${plan} holds=${holds.data?.holds ?? []} names=${names} />` : html`<p class="govuk-body quiet" role="status">Looking what would be lost…</p>`}</div>
    <div class="govuk-button-group">
      <${Action} kind="warning" busy="Destroying the keys…" onProblem=${setProblem} onPress=${async () => setDone(await post(`/api/persons/${p.person}/withdraw`, body))}>${purpose === 'all' ? 'Take back everything now' : 'Take it back now'}</${Action}>
      <a class="govuk-link" href=${`#/people/${p.person}`}>Cancel</a></div>`;
}

export const Receipt = ({ certificate }) => certificate && html`<p class="govuk-body"><a class="govuk-button" href=${`/api/certificates/${certificate}/page`} target="_blank" rel="noopener">Open the receipt to print or send</a></p>
  <p class="govuk-body quiet">It names nobody, so it can be shown to anyone. <a class="govuk-link" href="#/certificates">All certificates</a></p>`;

function Done({ done, p }) {
  const pending = done.state !== 'done';
  return html`<${Title} caption=${p.name}>${pending ? 'Taken back; the keys are not all destroyed yet' : 'It is done'}</${Title}>
    <${Notice} kind=${pending ? 'warn' : 'good'} title=${pending ? 'Nobody can view it any more' : 'The keys are destroyed'}>
      ${pending && html`<p class="govuk-body">One place that keeps a copy of the secret does not answer (${list(done.waiting_for.map(String))}). It is finished as soon as it does, and the certificate says so then.</p>`}
      <p class="govuk-body">${count(new Set(done.clips_lost.map((l) => l.clip)).size, 'clip')} can no longer be used for what was taken back.</p></${Notice}>
    <${Receipt} certificate=${done.certificate} />`;
}
