// What is due, and destroying it now: what the server does by itself, unless the clock is doubted or unusually much is due at once.
// Then a person has to look first.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Field, Form, Loaded, Notice, Table, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { count, when } from '/app/words.mjs';

const MOST = 50;

function List({ d, names }) {
  const [most, show] = useState(MOST);
  const row = (x) => [html`<a class="govuk-link long" href=${`#/clips/${x.clip}`}>${x.clip.slice(0, 12)}…</a>`, html`<a class="govuk-link long" href=${`#/cases/${x.case}`}>${x.case.slice(0, 12)}…</a>`,
    x.purpose ? names.label(x.purpose) : 'All of it', when(x.due_at), x.held ? 'A hold keeps it' : 'It is destroyed'];
  return html`<${Table} caption="What is due" hidden head=${['Clip', 'Case', 'What ends', 'Since', 'Then']} rows=${d.would_end.slice(0, most).map(row)} empty="Nothing is due." />
    ${d.would_end.length > most && html`<p class="govuk-body quiet">The first ${most} of ${d.would_end.length}.</p><${Action} kind="secondary" onPress=${() => show(most + 200)}>Show more of them</${Action}>`}`;
}

/** What is due of each case: whether that is right, somebody can tell who knows what ended. */
function ByCase({ d }) {
  const cases = useLoad('/api/cases'), of = new Map();
  for (const x of d.would_end) of.set(x.case, [...(of.get(x.case) ?? []), x]);
  const named = (id) => cases.data?.cases.find((c) => c.case === id);
  const row = ([id, all]) => [html`<a class="govuk-link long" href=${`#/cases/${id}`}>${named(id)?.title ?? `${id.slice(0, 12)}…`}</a>`, named(id)?.practitioner_name ?? '', String(all.length),
    when(all.map((x) => x.due_at).sort()[0]), String(all.filter((x) => x.held).length)];
  return html`<${Table} caption="What is due, by case" hidden head=${['Case', 'Practitioner', 'Due', 'Since', 'Kept by a hold']} rows=${[...of].sort((a, b) => b[1].length - a[1].length).map(row)} />`;
}

const tally = (d, of) => new Set(d.would_end.map(of)).size;

/** So much at once may be a mistake: it goes when somebody has looked, and says how much it is. */
function Much({ d, names, run }) {
  const held = d.would_end.filter((x) => x.held).length;
  return html`<${Notice} kind="bad" title="Unusually much fell due at once: nothing was destroyed">
      <p class="govuk-body">${`${count(tally(d, (x) => x.clip), 'clip')} in ${count(tally(d, (x) => x.case), 'case')}`}, more than a tenth of what is kept. That is right where a project or many cases ended together. It is a mistake where the clock is wrong, or the day on which consents end.
        Until you have looked, nothing is destroyed, and nobody can see any film.</p>
      <p class="govuk-body"><strong>This machine takes it to be ${when(d.now)}.</strong> If it is not, whoever runs it sets the clock right, and you destroy nothing.</p>
      <p class="govuk-body">What must stay is kept by <a class="govuk-link" href="#/holds/new">a hold</a>: nobody can see it then, and it is not destroyed.${held > 0 && ` A hold keeps ${held} of these already.`}</p></${Notice}>
    <${ByCase} d=${d} />
    <details class="govuk-details"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">Each of the ${d.due}</span></summary><div class="govuk-details__text"><${List} d=${d} names=${names} /></div></details>
    <h2 class="govuk-heading-m">Is it right?</h2>
    <${Form} kind="warning" send="Yes, destroy them now" busy="Destroying the keys…" cancel="#/overview" onSend=${(v) => run({ confirm: v.confirm })}
      check=${(v) => (v.confirm === String(d.due) ? {} : { confirm: `This is not how many are due here: ${d.due}` })}>${(wrong) => html`
      <${Field} name="confirm" label="How many are due?" hint="The sum of what is due in all cases. It is asked for so that it is a person who says yes" width="5" inputmode="numeric" autocomplete="off" wrong=${wrong} />`}</${Form}>`;
}

function Jumped({ d, names, onPress, onProblem }) {
  return html`<${Notice} kind="bad" title="The clock has jumped: nothing is shown, and nothing destroyed">
      <p class="govuk-body">The vault was not used for more than 31 days, or its clock was set. <strong>This machine takes it to be ${when(d.now)}.</strong> If it is not, whoever runs it sets the clock right.</p>
      <p class="govuk-body">${d.due ? 'If it is right, what is listed here is over, and the next sweep destroys it.' : 'If it is right, films can be seen again.'}</p></${Notice}>
    <${List} d=${d} names=${names} /><${Action} kind="warning" busy="Please wait…" onProblem=${onProblem} onPress=${onPress}>The time is right</${Action}>`;
}

const Behind = ({ d }) => html`<${Notice} kind="bad" title="The clock is behind: nothing is shown, and nothing destroyed">
  <p class="govuk-body"><strong>This machine takes it to be ${when(d.now)}</strong>, and this vault has already seen a later time. Whoever runs the machine has to set its clock right; nothing else helps.</p></${Notice}>`;

function Due({ d, names, run, confirmClock, onProblem }) {
  if (d.clock === 'mass-due') return html`<${Much} d=${d} names=${names} run=${run} />`;
  if (d.clock === 'jumped') return html`<${Jumped} d=${d} names=${names} onPress=${confirmClock} onProblem=${onProblem} />`;
  if (d.clock === 'backwards') return html`<${Behind} d=${d} />`;
  return html`<${List} d=${d} names=${names} />
    <${Action} kind=${d.due > 0 ? 'warning' : 'secondary'} busy="Sweeping…" onProblem=${onProblem} onPress=${() => run({})}>${d.due > 0 ? 'Destroy it now' : 'Sweep now all the same'}</${Action}>`;
}

export function Sweep() {
  const due = useLoad('/api/sweep'), names = usePurposes(), [done, setDone] = useState(null), [problem, setProblem] = useState(null);
  const run = async (body) => { setProblem(null); setDone(await post('/api/sweep', body)); due.again(); };
  const confirmClock = async () => { setProblem(null); await post('/api/clock/confirm'); due.again(); };
  return html`<${Back} to="#/overview">Overview</${Back}><${Title}>What is due</${Title}>
    <p class="govuk-body">What nobody agrees to any more, or whose time is over, is destroyed by a sweep. The server does one by itself; here you can do it now.</p>
    <div aria-live="polite">${done && html`<${Notice} kind="good" title=${done.shredded ? `${count(done.shredded, 'clip or use', 'clips and uses')} destroyed` : 'Swept: there was nothing to destroy'}>${done.certificate && html`<p class="govuk-body"><a class="govuk-link" href=${`/api/certificates/${done.certificate}/page`} target="_blank" rel="noopener">The certificate</a></p>`}</${Notice}>`}
    ${problem && html`<${Notice} kind="bad" title="It was not destroyed"><p class="govuk-body">${problem.message}</p></${Notice}>`}</div>
    <${Loaded} of=${due} what="what is due">${(d) => names && html`<${Due} d=${d} names=${names} run=${run} confirmClock=${confirmClock} onProblem=${setProblem} />`}</${Loaded}>`;
}
