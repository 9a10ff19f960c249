// The officer's first page: what needs a person, each with the way to it.
import { html, Loaded, Notice, Title, useLoad } from '/app/parts.mjs';
import { Glasses } from '/app/pages/glass.mjs';
import { alarms } from '/app/pages/health.mjs';
import { refuses } from '/app/pages/people.mjs';
import { away, when } from '/app/words.mjs';

const soon = () => new Date(Date.now() + 30 * 864e5).toISOString().slice(0, 10);
const number = (n) => (n === undefined ? '0' : String(n));

function Number({ n, label, to, urgent }) {
  return html`<li class=${`number ${urgent ? 'number--urgent' : ''}`}><strong>${n}</strong> <a class="govuk-link" href=${to}>${label}</a></li>`;
}

/** What cannot wait, one by one; then the rest as a list. */
function Alarms({ of }) {
  const urgent = of.filter((a) => a.urgent), rest = of.filter((a) => !a.urgent);
  return html`${urgent.map((a) => html`<${Notice} key=${a.title} kind="bad" title=${a.title}><p class="govuk-body">${a.words} <a class="govuk-link" href=${a.to}>${a.link}</a>.</p></${Notice}>`)}
    ${rest.length > 0 && html`<${Notice} kind="warn" title="To be put right"><ul class="govuk-list">${rest.map((a) => html`<li><strong>${a.title}.</strong> ${a.words} <a class="govuk-link" href=${a.to}>${a.link}</a></li>`)}</ul></${Notice}>`}`;
}

export function Overview({ me }) {
  const stats = useLoad('/api/stats', ['clip']), replicas = useLoad('/api/replicas'), places = replicas.data?.replicas;
  const expiring = useLoad(`/api/clips?expiring_before=${soon()}&state=live`), waiting = useLoad('/api/clips?state=quarantined', ['clip']);
  const missing = useLoad('/api/persons?missing=on'), people = useLoad('/api/persons'), refused = people.data?.persons.filter(refuses).length;
  return html`<${Title}>Overview</${Title}><${Loaded} of=${stats} what="the overview">${(s) => html`
    <div><${Glasses} me=${me} />${places && html`<${Alarms} of=${alarms(s, places)} />`}</div>
    <ul class="numbers">
      <${Number} n=${expiring.data ? expiring.data.clips.length : '…'} label="end within 30 days" to=${`#/clips?expiring_before=${soon()}&state=live`} />
      <${Number} n=${number(s.overdue)} label="overdue" to="#/sweep" urgent=${s.overdue > 0} />
      <${Number} n=${waiting.data ? waiting.data.clips.length : '…'} label="wait for consent" to="#/clips?state=quarantined" urgent=${waiting.data?.clips.length > 0} />
      <${Number} n=${missing.data ? missing.data.persons.length : '…'} label="people not asked" to="#/people?missing=on" urgent=${missing.data?.persons.length > 0} />
      <${Number} n=${refused ?? '…'} label="people who said no to something" to="#/people?refused=on" />
      <${Number} n=${number(s.holds_to_review)} label="holds to review" to="#/holds" urgent=${s.holds_to_review > 0} />
      <${Number} n=${places ? `${places.filter((p) => p.state === 'live').length} of ${places.length}` : '…'} label="copies of the keys follow" to="#/health" urgent=${places && places.some((p) => p.state !== 'live')} />
    </ul>
    <h2 class="govuk-heading-m">What you can do</h2>
    <ul class="tiles">
      ${[['#/people', 'Somebody takes back their consent', 'Find the person, see what would be lost, hand over the receipt'],
        ['#/people', 'Somebody asks what is held about them', 'Find the person: a page to print, and until when to answer'],
        ['#/people', 'Somebody asks to be erased, or to be put right', 'Find the person: their record is corrected, or destroyed with a receipt'],
        ['#/holds', 'Something must be kept for an inquiry', 'Place a hold: it stops destruction and widens no viewing'],
        ['#/why', 'Why can or can’t somebody see this?', 'The reasons, in the words that they see themselves'],
        ['#/grants', 'What is shared, and with whom?', 'Each share can be ended here'],
        ['#/certificates', 'Prove that something was destroyed', 'Certificates, each with a page for parents'],
        ['#/audit', 'What was done, and by whom?', 'The log, and whether it is whole']].map(([to, title, words]) => html`<li class="tile"><div class="tile__body">
          <h3 class="govuk-heading-s"><a class="govuk-link tile__link" href=${to}>${title}</a></h3><p class="govuk-body">${words}</p></div></li>`)}
    </ul>
    <p class="govuk-body quiet">${s.last_sweep_at ? `The vault was last swept ${away(s.last_sweep_at)}, at ${when(s.last_sweep_at)}.` : 'The vault was not swept yet.'} <a class="govuk-link" href="#/health">How the vault is</a>.
      ${s.assurance === 'tpm' ? ' The secret is kept in a TPM.' : ' The secret is kept in a file, which is the weaker way: the threat model says why.'}</p>`}</${Loaded}>`;
}
