// Letting somebody see a clip: for one purpose, until a day, perhaps a number of times; and taking that back.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, DateField, Field, Form, Loaded, Notice, Select, Table, Title, dateOf, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { list, roles, until } from '/app/words.mjs';

const check = (v) => ({
  ...(dateOf(v, 'until') ? {} : { until: 'Enter the last day on which they may see it' }),
  ...(!v.views || /^[1-9]\d*$/.test(v.views) ? {} : { views: 'Enter a number, or leave it empty' }),
});

export function Share({ id, me }) {
  const clip = useLoad(`/api/clips/${id}`), users = useLoad('/api/users'), grants = useLoad('/api/grants'), names = usePurposes();
  const [problem, setProblem] = useState(null);
  const send = async (v) => {
    await post('/api/grants', { target: id, user: v.user, purpose: v.purpose, until: dateOf(v, 'until'), ...(v.views ? { views: v.views } : {}) });
    grants.again();
  };
  const end = async (g) => { setProblem(null); await post(`/api/grants/${g.grant}/revoke`); grants.again(); };
  return html`<${Back} to=${`#/clips/${id}`} /><${Title}>Share this clip</${Title}>
    <p class="govuk-body">They can look at it in clipvault, and take no copy. It ends by itself, and at once when anybody in it changes their mind.</p>
    <${Loaded} of=${clip} what="the clip">${(c) => html`<${Loaded} of=${users} what="your colleagues">${({ users: all }) => names && html`
      ${c.purposes.length === 0 ? html`<${Notice} title="Nobody can see it yet"><p class="govuk-body">Not everyone in it has agreed to something.</p></${Notice}>` : html`
      <${Form} onSend=${send} check=${check} send="Share it" cancel=${`#/clips/${id}`}>${(wrong) => html`
        <${Select} name="user" label="With whom?" options=${all.filter((u) => u.user !== me.user && /practitioner|supervisor/.test(u.roles)).map((u) => [u.user, `${u.name} (${list(u.roles.split(',').map((r) => roles[r] ?? r))})`])} />
        <${Select} name="purpose" label="What for?" hint="Only what everyone in it agreed to" options=${c.purposes.map((p) => [p, names.label(p)])} />
        <${DateField} name="until" legend="Until when?" wrong=${wrong} />
        <${Field} name="views" label="How often?" hint="Leave it empty for as often as they like" width="3" inputmode="numeric" wrong=${wrong} />`}</${Form}>`}
      ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
      <${Loaded} of=${grants} what="with whom it is shared">${({ grants: given }) => html`<${Table} caption="Shared with" head=${['With', 'For', 'Until', 'End it']} empty="It is shared with nobody yet."
        rows=${given.filter((g) => (g.clip === id || g.case === c.case) && g.state === 'stands').map((g) => [all.find((u) => u.user === g.user)?.name ?? g.user, names.label(g.purpose), until(g.until ?? g.expires_at),
          html`<${Action} kind="secondary" busy="Ending\u2026" onProblem=${setProblem} onPress=${() => end(g)}>End it</${Action}>`])} />`}</${Loaded}>`}</${Loaded}>`}</${Loaded}>`;
}
