// "Why can or can't somebody see this?"
import { useState } from '/vendor/preact.js';
import { at, get } from '/app/api.mjs';
import { html, Field, Form, Loaded, Notice, Select, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';

export function Why({ query }) {
  const users = useLoad('/api/users'), names = usePurposes(), [said, set] = useState(null);
  const send = async (v) => set({ ...v, ...(await get(at(`/api/clips/${encodeURIComponent(v.clip)}/explain`, { purpose: v.purpose, user: v.user }))) });
  return html`<${Title}>Why can or can’t somebody see this?</${Title}>
    <${Loaded} of=${users} what="the accounts">${({ users: all }) => names && html`
    <${Form} onSend=${send} send="Tell me why" busy="Looking…" check=${(v) => (/^clp_/.test(v.clip) ? {} : { clip: 'Enter the code of the clip: it begins with clp_' })}>${(wrong) => html`
      <${Field} name="clip" label="Which clip?" hint="Its code, as its page shows it" value=${query.clip ?? ''} wrong=${wrong} />
      <${Select} name="user" label="Who?" options=${all.map((u) => [u.user, u.name])} />
      <${Select} name="purpose" label="What for?" options=${names.purposes.map((p) => [p.purpose, p.label])} value="supervision" />`}</${Form}>
    <div aria-live="polite">${said && html`<${Notice} kind=${said.allowed ? 'good' : 'warn'} title=${said.allowed ? 'Yes, they can see it' : 'No, they cannot see it'}>
      <ul class="govuk-list govuk-list--bullet">${said.reasons.map((r) => html`<li>${names.inWords(r)}</li>`)}</ul></${Notice}>`}</div>`}</${Loaded}>`;
}
