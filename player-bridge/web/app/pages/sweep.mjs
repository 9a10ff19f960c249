// What is due, and destroying it now: what a timer does by itself.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Loaded, Notice, Title, useLoad } from '/app/parts.mjs';
import { count } from '/app/words.mjs';

export function Sweep() {
  const due = useLoad('/api/sweep'), [done, setDone] = useState(null), [problem, setProblem] = useState(null);
  return html`<${Title}>What is due</${Title}>
    ${done && html`<${Notice} kind="good" title=${`${count(done.shredded, 'clip')} destroyed`}>${done.certificate && html`<p class="govuk-body"><a class="govuk-link" href=${`/api/certificates/${done.certificate}/page`} target="_blank" rel="noopener">The certificate</a></p>`}</${Notice}>`}
    ${problem && html`<${Notice} kind="bad" title="It was not destroyed"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Loaded} of=${due} what="what is due">${(d) => html`<p class="govuk-body">${d.due ? `${count(d.due, 'clip')} should be destroyed now.` : 'Nothing is due.'} ${d.held ? `${count(d.held, 'clip')} would be, but for a hold.` : ''}</p>
      ${d.due > 0 && html`<${Action} kind="warning" busy="Destroying…" onProblem=${setProblem} onPress=${async () => { setDone(await post('/api/sweep')); due.again(); }}>Destroy it now</${Action}>`}`}</${Loaded}>`;
}
