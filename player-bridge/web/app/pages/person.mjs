// Somebody who may be filmed is added to a case; what they agree to is asked next.
import { post } from '/app/api.mjs';
import { html, Back, Choices, DateField, Field, Form, Title, dateOf } from '/app/parts.mjs';
import { kinds } from '/app/words.mjs';

const check = (v) => ({
  ...(v.name ? {} : { name: 'Enter their name' }),
  ...(v.kind ? {} : { kind: 'Say who they are' }),
  ...(dateOf(v, 'born') === null ? { born: 'This is no date; leave it empty if you do not know it' } : {}),
});

export function NewPerson({ id }) {
  const send = async (v) => {
    const made = await post('/api/persons', { name: v.name, kind: v.kind, case: id, ...(dateOf(v, 'born') ? { born: dateOf(v, 'born') } : {}) });
    location.hash = `#/cases/${id}/consent/${made.person}`;
  };
  return html`<${Back} to=${`#/cases/${id}`} /><${Title}>Who may be filmed?</${Title}>
    <${Form} onSend=${send} check=${check} send="Add" cancel=${`#/cases/${id}`}>${(wrong) => html`
      <${Field} name="name" label="Their name" wrong=${wrong} width="20" />
      <${Choices} name="kind" legend="Who are they?" wrong=${wrong} options=${Object.entries(kinds)} />
      <${DateField} name="born" legend="Date of birth" hint="For children, if you know it" wrong=${wrong} />`}
    </${Form}>`;
}
