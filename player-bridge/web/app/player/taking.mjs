// What was said of a film, for another tool: a file that leaves the vault, which the server enters in the log.
import { html, useState } from '/vendor/preact.js';
import { take } from '/app/api.mjs';
import { Action } from '/app/parts.mjs';

const forms = [['vtt', 'WebVTT', 'vtt'], ['eaf', 'ELAN', 'eaf'], ['boris', 'BORIS', 'boris.csv'], ['csv', 'Table (CSV)', 'csv'], ['json', 'JSON', 'json']];

export function Taking({ clip, purpose }) {
  const [own, set] = useState(false), [problem, setProblem] = useState(null);
  return html`<details class="govuk-details taking"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">Use the remarks in another program</span></summary>
    <p class="govuk-body">A file with the remarks that are shared. It is outside the vault then: it does not end with the film, and it is written down that you took it.</p>
    ${problem && html`<p class="govuk-error-message" role="alert">${problem.message}</p>`}
    <div class="govuk-checkboxes govuk-checkboxes--small"><div class="govuk-checkboxes__item">
      <input class="govuk-checkboxes__input" type="checkbox" id="take-own" checked=${own} onChange=${(e) => set(e.currentTarget.checked)} />
      <label class="govuk-label govuk-checkboxes__label" for="take-own">My private ones too</label></div></div>
    <div class="govuk-button-group">${forms.map(([form, label, ending]) => html`<${Action} key=${form} kind="secondary" busy="Writing…" onProblem=${setProblem}
      onPress=${() => { setProblem(null); return take(`/api/clips/${clip.clip}/remarks/${form}`, own ? { purpose, with_private: 'yes' } : { purpose }, `${clip.clip}.${ending}`); }}>${label}</${Action}>`)}</div></details>`;
}
