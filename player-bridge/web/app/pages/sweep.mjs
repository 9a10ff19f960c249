// What is due, and destroying it now: what the server does by itself.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Loaded, Notice, Table, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { count, when } from '/app/words.mjs';

function Due({ d, names, run }) {
  const row = (x) => [html`<a class="govuk-link long" href=${`#/clips/${x.clip}`}>${x.clip.slice(0, 12)}…</a>`, x.purpose ? names.label(x.purpose) : 'All of it', when(x.due_at), x.held ? 'A hold keeps it' : 'It is destroyed'];
  return html`<${Table} caption="What is due" hidden head=${['Clip', 'What ends', 'Since', 'Then']} rows=${d.would_end.map(row)} empty="Nothing is due." />
    <${Action} kind=${d.due > 0 ? 'warning' : 'secondary'} busy="Sweeping…" ...${run}>${d.due > 0 ? 'Destroy it now' : 'Sweep now all the same'}</${Action}>`;
}

export function Sweep() {
  const due = useLoad('/api/sweep'), names = usePurposes(), [done, setDone] = useState(null), [problem, setProblem] = useState(null);
  const run = { onProblem: setProblem, onPress: async () => { setProblem(null); setDone(await post('/api/sweep')); due.again(); } };
  return html`<${Back} to="#/overview">Overview</${Back}><${Title}>What is due</${Title}>
    <p class="govuk-body">What nobody agrees to any more, or whose time is over, is destroyed by a sweep. The server does one by itself; here you can do it now.</p>
    <div aria-live="polite">${done && html`<${Notice} kind="good" title=${done.shredded ? `${count(done.shredded, 'clip')} destroyed` : 'Swept: there was nothing to destroy'}>${done.certificate && html`<p class="govuk-body"><a class="govuk-link" href=${`/api/certificates/${done.certificate}/page`} target="_blank" rel="noopener">The certificate</a></p>`}</${Notice}>`}
    ${problem && html`<${Notice} kind="bad" title="It was not destroyed"><p class="govuk-body">${problem.message}</p></${Notice}>`}</div>
    <${Loaded} of=${due} what="what is due">${(d) => names && html`<${Due} d=${d} names=${names} run=${run} />`}</${Loaded}>`;
}
