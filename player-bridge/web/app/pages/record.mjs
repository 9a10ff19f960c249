// A person's record put right, and its end: what would be lost is told first, then it is done, and there is a receipt.
import { useEffect, useState } from '/vendor/preact.js';
import { ask, post } from '/app/api.mjs';
import { html, Action, Back, Choices, DateField, Failure, Field, Form, Loaded, Notice, Title, dateOf, useLoad } from '/app/parts.mjs';
import { Lost, Receipt } from '/app/pages/withdraw.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { count, kinds } from '/app/words.mjs';

const Erased = () => html`<${Title}>This record is erased</${Title}><p class="govuk-body">Name and birthday cannot be read any more; there is nothing left to put right.</p>`;

function Living({ id, children }) {
  const person = useLoad(`/api/persons/${id}`);
  return html`<${Back} to=${`#/people/${id}`} /><${Loaded} of=${person} what="this person">${(p) => (p.state === 'live' ? children(p) : html`<${Erased} />`)}</${Loaded}>`;
}

// ---- putting it right

const checkFacts = (p) => (v) => ({
  ...(v.name ? {} : { name: 'Enter their name' }),
  ...(dateOf(v, 'born') === null || (!dateOf(v, 'born') && p.born) ? { born: p.born ? 'Enter the right date: it can be corrected, not taken away' : 'This is no date; leave it empty if you do not know it' } : {}),
});

/** Only what is said otherwise now. */
function changesOf(p, v) {
  const born = dateOf(v, 'born');
  return { ...(v.name !== p.name ? { name: v.name } : {}), ...(v.kind !== p.kind ? { kind: v.kind } : {}), ...(born && born !== p.born?.slice(0, 10) ? { born } : {}) };
}

export function Correct({ id, me }) {
  return html`<${Living} id=${id}>${(p) => html`<${Correcting} p=${p} me=${me} />`}</${Living}>`;
}

function Correcting({ p, me }) {
  const names = usePurposes(), [plan, setPlan] = useState(null), [done, setDone] = useState(null), path = `/api/persons/${p.person}/correct`;
  const put = async (body) => {
    const answer = await post(path, body);
    if (answer.clips_lost.length || answer.lost_elsewhere) setDone(answer); else location.hash = `#/people/${p.person}`;
  };
  const send = async (v) => {
    const body = changesOf(p, v), would = await post(path, { ...body, dry_run: 'yes' });
    if (would.clips_lost.length || would.lost_elsewhere) setPlan({ ...would, body }); else await put(body);
  };
  if (done) return html`<${Title} caption=${done.name}>It is put right</${Title}>
    <${Notice} kind="good" title=${done.certificate ? 'What nobody agrees to any more is destroyed' : 'Nobody can see any more what is over'}>
      <p class="govuk-body">${count(new Set(done.clips_lost.map((l) => l.clip)).size, 'clip')} can no longer be used for what has ended.${!done.certificate && me.roles.includes('officer') ? html` The next sweep destroys it; then there is a receipt. <a class="govuk-link" href="#/sweep">What is due</a>` : ''}</p></${Notice}>
    <${Receipt} certificate=${done.certificate} />`;
  if (plan) return html`<${Sure} p=${p} plan=${plan} names=${names} onBack=${() => setPlan(null)} onPress=${() => put(plan.body)} />`;
  return html`<${Title} caption=${p.name}>Correct their record</${Title}>
    <p class="govuk-body">A birthday, and whether somebody is a child, may decide until when a yes counts, and whose it takes. If a clip would be lost by it, you are told before.</p>
    <${Form} onSend=${send} check=${checkFacts(p)} send="Put it right" cancel=${`#/people/${p.person}`}>${(wrong) => html`
      <${Field} name="name" label="Their name" value=${p.name} wrong=${wrong} width="20" />
      <${Choices} name="kind" legend="Who are they?" value=${p.kind} wrong=${wrong} options=${Object.entries(kinds)} />
      <${DateField} name="born" legend="Date of birth" hint=${p.born ? undefined : 'For children, if you know it'} value=${p.born?.slice(0, 10)} wrong=${wrong} />`}</${Form}>`;
}

function Sure({ p, plan, names, onBack, onPress }) {
  const [problem, setProblem] = useState(null);
  return html`<${Title} caption=${p.name}>This would end something</${Title}>
    ${problem && html`<${Failure} problem=${problem} what="the correction" />`}
    ${names && html`<${Lost} plan=${plan} names=${names} />`}
    <div class="govuk-button-group"><${Action} kind="warning" busy="Saving…" onProblem=${setProblem} onPress=${onPress}>Put it right all the same</${Action}>
      <${Action} kind="secondary" onPress=${onBack}>Back to the form</${Action}></div>`;
}

// ---- its end

export function Erase({ id }) {
  return html`<${Living} id=${id}>${(p) => html`<${Erasing} p=${p} />`}</${Living}>`;
}

/** Why it cannot be done yet, and what to do about it. */
function InTheWay({ p, plan }) {
  return html`<${Notice} kind="warn" title="It cannot be done yet">
    ${plan.held && html`<p class="govuk-body">A hold or restriction keeps what shows them, so their record stays as well. <a class="govuk-link" href="#/holds">Holds and restrictions</a></p>`}
    ${plan.clips.length > 0 && html`<p class="govuk-body">They are still in ${count(plan.clips.length, 'clip')}: who is in a film must be known for as long as there is one.</p>
      <ul class="govuk-list govuk-list--bullet">${plan.clips.map((c) => html`<li><a class="govuk-link long" href=${`#/clips/${c}`}>${c.slice(0, 12)}…</a></li>`)}</ul>
      <p class="govuk-body"><a class="govuk-link" href=${`#/people/${p.person}/withdraw`}>Take back their consent</a> first. What still waits for a consent then is destroyed from its own page.</p>`}</${Notice}>`;
}

function WouldGo({ plan }) {
  return html`<${Notice} kind="warn" title="What would be lost">
    <ul class="govuk-list govuk-list--bullet"><li>Their name, their birthday and who they are</li>
      <li>${plan.consents ? `What was recorded with ${count(plan.consents, 'consent')}: who signed, how, for what` : 'No consent: they were not asked'}</li>
      ${plan.forms > 0 && html`<li>${count(plan.forms, 'signed form')}</li>`}</ul>
    <p class="govuk-body">The log and the certificates stay. They know this person by a code, which leads to nobody then.</p>
    <p class="govuk-body">This cannot be taken back: the keys are destroyed, here and in every copy.</p></${Notice}>`;
}

function Erasing({ p }) {
  const [plan, setPlan] = useState(null), [done, setDone] = useState(null), [problem, setProblem] = useState(null), path = `/api/persons/${p.person}/erase`;
  useEffect(() => {
    let wanted = true;
    ask('POST', path, { dry_run: 'yes' }).then((x) => wanted && setPlan(x), (x) => wanted && setProblem(x));
    return () => { wanted = false; };
  }, []);
  const free = plan && !plan.held && !plan.clips.length;
  if (done) return html`<${Title}>${done.state === 'pending' ? 'Erased; the keys are not all destroyed yet' : 'It is done'}</${Title}>
    <${Notice} kind=${done.state === 'pending' ? 'warn' : 'good'} title=${done.state === 'pending' ? 'Nobody can read it any more' : 'The keys are destroyed'}>
      ${done.state === 'pending' && html`<p class="govuk-body">One place that keeps a copy of the secret does not answer. It is finished as soon as it does, and the certificate says so then.</p>`}
      <p class="govuk-body">Name, birthday, what was recorded with their consents and the forms they signed can no longer be read.</p></${Notice}>
    <${Receipt} certificate=${done.certificate} />`;
  return html`<${Title} caption=${p.name}>Erase their record</${Title}>
    ${problem && html`<${Failure} problem=${problem} what="what would be lost" />`}
    <div aria-live="polite">${plan ? free ? html`<${WouldGo} plan=${plan} />` : html`<${InTheWay} p=${p} plan=${plan} />` : !problem && html`<p class="govuk-body quiet" role="status">Looking what would be lost…</p>`}</div>
    <div class="govuk-button-group">
      ${free && html`<${Action} kind="warning" busy="Destroying the keys…" onProblem=${setProblem} onPress=${async () => setDone(await post(path))}>Erase their record now</${Action}>`}
      <a class="govuk-link" href=${`#/people/${p.person}`}>Cancel</a></div>`;
}
