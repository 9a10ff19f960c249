// A practitioner's cases: a family's or a setting's piece of work each.
import { post } from '/app/api.mjs';
import { html, Field, Form, Back, Loaded, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { date } from '/app/words.mjs';

const open = (c) => c.state === 'open';
const row = (c) => [
  html`<a class="govuk-link" href=${`#/cases/${c.case}`}>${c.title || c.case}</a>`,
  date(c.opened_at),
  open(c) ? html`<${Tag} kind="green">Open</${Tag}>` : html`<${Tag}>${`Closed ${date(c.closed_at)}`}</${Tag}>`,
];

export function Cases() {
  const cases = useLoad('/api/cases');
  return html`<div class="split"><${Title}>Cases</${Title}><a class="govuk-button" href="#/cases/new">New case</a></div>
    <${Loaded} of=${cases} what="your cases">${(data) => html`<${Table} caption="Cases" hidden head=${['Family or setting', 'Since', 'State']}
      rows=${[...data.cases].sort((a, b) => open(b) - open(a) || b.opened_at.localeCompare(a.opened_at)).map(row)}
      empty="You have no case yet. A case is a family's or a setting's piece of work: its films, its people, what they agreed to." />`}</${Loaded}>`;
}

export function NewCase() {
  const send = async ({ title }) => {
    const made = await post('/api/cases', { title });
    location.hash = `#/cases/${made.case}`;
  };
  return html`<${Back} to="#/cases" /><${Title}>New case</${Title}>
    <${Form} onSend=${send} send="Open the case" cancel="#/cases" check=${({ title }) => (title ? {} : { title: 'Say what you call it' })}>${(wrong) => html`
      <${Field} name="title" label="What do you call it?" hint="For example, The Example family. Only people who work with this case see it." wrong=${wrong} />`}
    </${Form}>`;
}
