// Who may sign in, and into which seat. No names of those filmed.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Choices, DateField, Field, Form, Loaded, Notice, Table, Tag, Title, dateOf, useLoad } from '/app/parts.mjs';
import { date, list, roles } from '/app/words.mjs';

export function Accounts({ me }) {
  const users = useLoad('/api/users'), [problem, setProblem] = useState(null);
  const turn = async (u) => { setProblem(null); await post(`/api/users/${u.user}/${u.state === 'live' ? 'disable' : 'enable'}`); users.again(); };
  return html`<div class="split"><${Title}>Accounts</${Title}><a class="govuk-button" href="#/accounts/new">New account</a></div>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Loaded} of=${users} what="the accounts">${({ users: all }) => html`<${Table} caption="Accounts" hidden head=${['Name', 'Seat', 'Signs in with', 'State', 'Change']}
      rows=${all.map((u) => [u.name, list(u.roles.split(',').map((r) => roles[r] ?? r)) + (u.external ? `, external until ${date(u.until)}` : ''),
        u.password ? (u.totp ? 'Password and code' : 'Password') : 'Nothing yet',
        html`<${Tag} kind=${u.state === 'live' ? 'green' : 'grey'}>${u.state === 'live' ? 'In use' : 'Off'}</${Tag}>`,
        u.user !== me.user && html`${me.roles.includes('officer') && html`<a class="govuk-link" href=${`#/accounts/${u.user}/password`}>New password<span class="govuk-visually-hidden"> for ${u.name}</span></a> `}<${Action} kind="secondary" onProblem=${setProblem} onPress=${() => turn(u)}>${u.state === 'live' ? 'Turn off' : 'Turn on'}<span class="govuk-visually-hidden"> ${u.name}</span></${Action}>`])} />`}</${Loaded}>`;
}

const FIRST = 'Several words are easy to say over the phone, and hard to guess';

const check = (v) => ({
  ...(v.name ? {} : { name: 'Enter the name they sign in with' }),
  ...(v.role?.length ? {} : { role: 'Choose a seat' }),
  ...(v.external && !dateOf(v, 'until') ? { until: 'Enter the day on which their access ends' } : {}),
});

export function NewAccount({ me }) {
  const officer = me.roles.includes('officer');
  const [external, set] = useState(false);
  const send = async (v) => {
    await post('/api/users', { name: v.name, role: v.role, ...(v.password ? { password: v.password } : {}), ...(v.external ? { external: 'yes', until: dateOf(v, 'until'), ...(v.agreement ? { agreement: v.agreement } : {}) } : {}) });
    location.hash = '#/accounts';
  };
  return html`<${Back} to="#/accounts" /><${Title}>New account</${Title}>
    <${Form} onSend=${send} check=${check} send="Make the account" cancel="#/accounts">${(wrong) => html`
      <${Field} name="name" label="Name" hint="They sign in with it" width="20" wrong=${wrong} autocomplete="off" />
      <${Choices} name="role" many legend="Which seat?" wrong=${wrong} options=${Object.entries(roles)} />
      <div onChange=${(e) => e.target.name === 'external' && set(e.target.checked)}><${Choices} name="external" many legend="From elsewhere?" options=${[['on', 'They belong to another service', 'Only supervisors; their access ends by itself']]} /></div>
      ${officer && html`<${Field} name="password" label="First password" hint=${FIRST} width="20" wrong=${wrong} autocomplete="off" spellcheck=${false} />`}
      ${external && html`<${DateField} name="until" legend="The last day" wrong=${wrong} /><${Field} name="agreement" label="Reference of the agreement" width="20" />`}`}
    </${Form}>${!officer && html`<p class="govuk-body quiet">An information-governance officer gives the first password.</p>`}`;
}

export function NewPassword({ id }) {
  const user = useLoad(`/api/users/${id}`);
  const send = async (v) => { await post(`/api/users/${id}/${v.phone?.length ? 'reset' : 'password'}`, { password: v.password }); location.hash = '#/accounts'; };
  return html`<${Back} to="#/accounts" /><${Loaded} of=${user} what="this account">${(u) => html`<${Title} caption=${u.name}>Give them a new password</${Title}>
    <p class="govuk-body">Make sure that it is them who asks. Wherever they are signed in, they are signed out.</p>
    <${Form} onSend=${send} send="Give it" cancel="#/accounts" check=${(v) => (v.password ? {} : { password: 'Enter a password' })}>${(wrong) => html`
      <${Field} name="password" label="New password" hint=${FIRST} width="20" wrong=${wrong} autocomplete="off" spellcheck=${false} />
      ${u.totp && html`<${Choices} name="phone" many legend="Their authenticator app" options=${[['lost', 'It is lost: ask for no code until they set one up again']]} />`}`}</${Form}>`}</${Loaded}>`;
}
