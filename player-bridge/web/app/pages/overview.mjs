// The officer's first page: what needs a person, each with the way to it.
import { html, Loaded, Notice, Title, useLoad } from '/app/parts.mjs';
import { away, when } from '/app/words.mjs';

const soon = () => new Date(Date.now() + 30 * 864e5).toISOString().slice(0, 10);
const number = (n) => (n === undefined ? '0' : String(n));

function Number({ n, label, to, urgent }) {
  return html`<li class=${`number ${urgent ? 'number--urgent' : ''}`}><strong>${n}</strong> <a class="govuk-link" href=${to}>${label}</a></li>`;
}

export function Overview() {
  const stats = useLoad('/api/stats', ['clip']), replicas = useLoad('/api/replicas');
  const expiring = useLoad(`/api/clips?expiring_before=${soon()}&state=live`), waiting = useLoad('/api/clips?state=quarantined', ['clip']);
  const missing = useLoad('/api/persons?missing=on');
  return html`<${Title}>Overview</${Title}><${Loaded} of=${stats} what="the overview">${(s) => html`
    ${s.overdue > 0 && html`<${Notice} kind="bad" title=${`${s.overdue} overdue: what should be destroyed is not`}>
      <p class="govuk-body">It has been due ${away(s.overdue_since)}. <a class="govuk-link" href="#/sweep">See what is due and destroy it</a>.</p></${Notice}>`}
    ${s.pending > 0 && html`<${Notice} kind="bad" title="A destruction is not finished"><p class="govuk-body">It waits for a place where a copy of the secret is kept. Viewing has ended already.
      <a class="govuk-link" href="#/health">See which place does not answer</a>.</p></${Notice}>`}
    ${replicas.data?.replicas.length === 0 && html`<${Notice} kind="warn" title="There is one copy of the secret only"><p class="govuk-body">If this machine is lost, so are all films. Ask the administrator for a second place.</p></${Notice}>`}
    <ul class="numbers">
      <${Number} n=${expiring.data ? expiring.data.clips.length : '…'} label="end within 30 days" to=${`#/clips?expiring_before=${soon()}&state=live`} />
      <${Number} n=${waiting.data ? waiting.data.clips.length : '…'} label="wait for consent" to="#/clips?state=quarantined" urgent=${waiting.data?.clips.length > 0} />
      <${Number} n=${missing.data ? missing.data.persons.length : '…'} label="people not asked" to="#/people?missing=on" urgent=${missing.data?.persons.length > 0} />
      <${Number} n=${number(s.holds_to_review)} label="holds to review" to="#/holds" urgent=${s.holds_to_review > 0} />
      <${Number} n=${number(s.overdue)} label="overdue" to="#/sweep" urgent=${s.overdue > 0} />
    </ul>
    <h2 class="govuk-heading-m">What you can do</h2>
    <ul class="tiles">
      ${[['#/people', 'Somebody takes back their consent', 'Find the person, see what would be lost, hand over the receipt'],
        ['#/holds', 'Something must be kept for an inquiry', 'Place a hold: it stops destruction and widens no viewing'],
        ['#/why', 'Why can or can’t somebody see this?', 'The reasons, in the words that they see themselves'],
        ['#/certificates', 'Prove that something was destroyed', 'Certificates, each with a page for parents'],
        ['#/audit', 'What was done, and by whom?', 'The log, and whether it is whole']].map(([to, title, words]) => html`<li class="tile"><div class="tile__body">
          <h3 class="govuk-heading-s"><a class="govuk-link tile__link" href=${to}>${title}</a></h3><p class="govuk-body">${words}</p></div></li>`)}
    </ul>
    <p class="govuk-body quiet">${s.last_sweep_at ? `The vault was last swept ${away(s.last_sweep_at)}, at ${when(s.last_sweep_at)}.` : 'The vault was not swept yet.'}
      ${s.assurance === 'tpm' ? ' The secret is kept in a TPM.' : ' The secret is kept in a file, which is the weaker way: the threat model says why.'}</p>`}</${Loaded}>`;
}
