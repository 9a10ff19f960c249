// Who is in a clip, put right: it is sealed anew for those who are, and waits where a consent is missing.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Loaded, Notice, Table, Title, useLoad } from '/app/parts.mjs';
import { kinds } from '/app/words.mjs';

export function ClipPeople({ id }) {
  const clip = useLoad(`/api/clips/${id}`, ['clip']);
  return html`<${Back} to=${`#/clips/${id}`} /><${Title}>Who is in it?</${Title}>
    <${Loaded} of=${clip} what="the clip">${(c) => html`<${Choose} c=${c} again=${clip.again} />`}</${Loaded}>`;
}

function Choose({ c, again }) {
  const people = useLoad(`/api/persons?case=${c.case}`), [problem, setProblem] = useState(null);
  const change = (person, how) => async () => { setProblem(null); await post(`/api/clips/${c.clip}/people/${how}`, { person }); again(); };
  return html`<p class="govuk-body">Whoever is added must have agreed, or the film waits. Whoever is taken out has no say over it any more.</p>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Loaded} of=${people} what="the people of the case">${({ persons }) => html`<${Table} caption="People of the case" hidden head=${['Name', 'Who they are', 'In it?', 'Change']}
      rows=${persons.filter((p) => p.state === 'live').map((p) => { const inside = c.people.includes(p.person); return [p.name, kinds[p.kind] ?? p.kind, inside ? 'Yes' : 'No',
        html`<${Action} kind="secondary" busy="Sealing anew\u2026" onProblem=${setProblem} onPress=${change(p.person, inside ? 'remove' : 'add')}>${inside ? 'Not in it' : 'In it'}<span class="govuk-visually-hidden"> (${p.name})</span></${Action}>`]; })} />`}</${Loaded}>`;
}
