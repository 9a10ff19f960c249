// What was done, when and by whom; and whether the log is whole.
import { useState } from '/vendor/preact.js';
import { at, get } from '/app/api.mjs';
import { html, Action, Field, Form, Loaded, Notice, Table, Title, useLoad } from '/app/parts.mjs';
import { sentence, when } from '/app/words.mjs';

const MOST = 50;

export function Audit({ query }) {
  const entries = useLoad(at('/api/audit', query)), users = useLoad('/api/users'), [checked, setChecked] = useState(null), [problem, setProblem] = useState(null), [most, show] = useState(MOST);
  const name = (id) => users.data?.users.find((u) => u.user === id)?.name ?? id ?? '';
  const named = (text) => (text ?? '').replace(/usr_[a-z2-7]{26}/g, name);
  const send = async (v) => { location.hash = `#${at('/audit', { since: v.since, clip: v.clip, user: users.data?.users.find((u) => u.name === v.user)?.user ?? v.user })}`; };
  return html`<div class="split"><${Title}>Log</${Title}>
    <${Action} kind="secondary" busy="Checking…" onProblem=${setProblem} onPress=${async () => setChecked(await get('/api/audit/verify'))}>Is it whole?</${Action}></div>
    <div aria-live="polite">${checked && html`<${Notice} kind=${checked.valid ? 'good' : 'bad'} title=${checked.valid ? 'The log is whole' : 'The log was changed'}>
      <p class="govuk-body">${checked.entries} entries. Fingerprint: <code class="long">${checked.head}</code></p></${Notice}>`}
    ${problem && html`<${Notice} kind="bad" title="The log could not be checked"><p class="govuk-body">${problem.message}</p></${Notice}>`}</div>
    <details class="govuk-details" open=${Object.keys(query).length > 0}><summary class="govuk-details__summary">Only some of it</summary><div class="govuk-details__text">
      <${Form} onSend=${send} send="Show">${(wrong) => html`
        <${Field} name="since" label="Since" type="date" value=${query.since ?? ''} wrong=${wrong} width="10" />
        <${Field} name="user" label="Done by" hint="A name" value=${query.user ? name(query.user) : ''} wrong=${wrong} width="20" />
        <${Field} name="clip" label="About the clip" hint="Its code" value=${query.clip ?? ''} wrong=${wrong} width="20" />`}</${Form}></div></details>
    <${Loaded} of=${entries} what="the log">${({ entries: all }) => html`
      <${Table} caption="Log" hidden head=${['When', 'Who', 'What', 'About', 'Details']} empty="Nothing fits."
        rows=${all.slice(-most).reverse().map((e) => [when(e.at), name(e.user), sentence(e.did.replace('.', ' ')), html`<code class="long small">${e.to ?? ''}</code>`, named(e.details)])} />
      ${all.length > most && html`<p class="govuk-body quiet">The last ${most} of ${all.length} entries.</p><${Action} kind="secondary" onPress=${() => show(most + 200)}>Show older ones</${Action}>`}`}</${Loaded}>`;
}
