// What was destroyed, and the proof of it.
import { html, Loaded, Table, Title, useLoad } from '/app/parts.mjs';
import { when } from '/app/words.mjs';

export function Certificates() {
  const all = useLoad('/api/certificates', ['clip']);
  return html`<${Title}>Certificates</${Title}>
    <p class="govuk-body">Each says what was destroyed, when and why, and is signed. It names nobody.</p>
    <${Loaded} of=${all} what="the certificates">${({ certificates }) => html`<${Table} caption="Certificates" hidden head=${['Made', 'Certificate', 'To read and print', 'To check']}
      empty="Nothing was destroyed yet."
      rows=${[...certificates].reverse().map((c) => [when(c.made_at), html`<code class="long">${c.certificate}</code>`,
        html`<a class="govuk-link" href=${`/api/certificates/${c.certificate}/page`} target="_blank" rel="noopener">Receipt<span class="govuk-visually-hidden"> of ${when(c.made_at)}, opens in a new tab</span></a>`,
        html`<a class="govuk-link" href=${`/api/certificates/${c.certificate}`} download=${`${c.certificate}.json`}>Signed file<span class="govuk-visually-hidden"> of ${when(c.made_at)}</span></a>`])} />`}</${Loaded}>`;
}
