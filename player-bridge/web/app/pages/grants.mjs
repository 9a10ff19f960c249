// What was shared beyond its own case: with whom, for what, until when. Codes of clips and cases, and names of colleagues alone.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Loaded, Notice, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { until } from '/app/words.mjs';

const states = { stands: ['green', 'Stands'], revoked: ['grey', 'Taken back'], ended: ['grey', 'Over'], 'used-up': ['grey', 'Used up'], requested: ['yellow', 'Asked for'] };

export function Grants({ me }) {
  const grants = useLoad('/api/grants'), names = usePurposes(), [problem, setProblem] = useState(null), officer = me.roles.includes('officer');
  const end = async (g) => { setProblem(null); await post(`/api/grants/${g.grant}/revoke`); grants.again(); };
  const what = (g) => html`${g.case ? 'The whole case ' : ''}<code class="long small">${g.case ?? g.clip}</code>`;
  const row = (g) => [g.user_name, what(g), g.purpose === 'break-glass' ? officer ? html`<a class="govuk-link" href=${`#/glass/${g.grant}`}>Emergency, by two officers</a>` : 'Emergency, by two officers' : names.label(g.purpose), until(g.until), g.views ? `${g.used} of ${g.views}` : String(g.used), g.by_name,
    html`<${Tag} kind=${states[g.state]?.[0]}>${states[g.state]?.[1] ?? g.state}</${Tag}>`,
    ...(officer ? [g.state === 'stands' && html`<${Action} kind="secondary" busy="Ending…" onProblem=${setProblem} onPress=${() => end(g)}>End it<span class="govuk-visually-hidden"> (with ${g.user_name})</span></${Action}>`] : [])];
  return html`<${Title}>What is shared</${Title}>
    <p class="govuk-body">Practitioners share clips of their cases with colleagues; each share ends by itself, and at once when anybody in the clip changes their mind.</p>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Loaded} of=${grants} what="what is shared">${({ grants: all }) => names && html`<${Table} caption="Shares" hidden empty="Nothing is shared."
      head=${['With', 'What', 'For', 'Until', 'Seen', 'Shared by', 'State', ...(officer ? ['End it'] : [])]} rows=${all.map(row)} />`}</${Loaded}>`;
}
