// Everybody in the vault, and one of them: what they agreed to, where they are in.
import { useState } from '/vendor/preact.js';
import { html, Back, Field, Loaded, Summary, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { at } from '/app/api.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { date, kinds, state, until } from '/app/words.mjs';

/** Whether they said no to something, in any case. */
export const refuses = (p) => p.state === 'live' && p.cases.some((c) => c.refused.length > 0);

export function People({ query }) {
  const people = useLoad(at('/api/persons', { missing: query.missing })), [wanted, want] = useState('');
  const fits = (p) => ((p.name ?? '').toLowerCase().includes(wanted.toLowerCase()) || p.person === wanted) && (!query.refused || refuses(p));
  return html`<${Title}>${query.missing ? 'People who were not asked' : query.refused ? 'People who said no to something' : 'People'}</${Title}>
    <div onInput=${(e) => want(e.target.value.trim())}><${Field} name="find" label="Find by name" width="20" type="search" autocomplete="off" /></div>
    <${Loaded} of=${people} what="the people">${({ persons }) => html`<${Table} caption="People" hidden head=${['Name', 'Who they are', 'Born', 'State']}
      empty=${wanted ? 'Nobody of this name is here.' : query.missing ? 'Everybody was asked.' : query.refused ? 'Nobody said no.' : 'Nobody was added yet.'}
      rows=${persons.filter(fits).map((p) => [html`<a class="govuk-link" href=${`#/people/${p.person}`}>${p.name ?? 'Name not kept any more'}</a>`, kinds[p.kind] ?? p.kind, date(p.born),
        p.state === 'live' ? '' : html`<${Tag}>Erased</${Tag}>`])} />`}</${Loaded}>`;
}

const said = { live: ['green', 'Yes'], refused: ['red', 'No'], withdrawn: ['grey', 'Taken back'], expired: ['grey', 'Over'] };

export function Person({ id, me }) {
  const person = useLoad(`/api/persons/${id}`, ['clip']), consents = useLoad(`/api/consents?person=${id}`, ['clip']), clips = useLoad(`/api/clips?person=${id}`, ['clip']), names = usePurposes();
  return html`<${Back} /><${Loaded} of=${person} what="this person">${(p) => html`
    <div class="split"><${Title} caption=${kinds[p.kind]}>${p.name ?? 'Name not kept any more'}</${Title}>
      ${p.state === 'live' && me.roles.some((r) => r === 'officer' || r === 'practitioner') && html`<a class="govuk-button govuk-button--warning" href=${`#/people/${id}/withdraw`}>They take back their consent</a>`}</div>
    <${Summary} rows=${[['Born', date(p.born)], ['Known as', html`<code class="long">${id}</code>`]]} />
    ${me.roles.includes('officer') && html`<ul class="govuk-list">
      <li><a class="govuk-link" href=${`#/people/${id}/held`}>They ask what is held about them</a></li>
      <li><a class="govuk-link" href=${`#/holds/new?of=${id}`}>Place a hold or restriction on everything they are in</a></li>
      ${p.state === 'live' && html`<li><a class="govuk-link" href=${`#/people/${id}/erase`}>They ask to be erased</a></li>`}</ul>`}
    ${p.state === 'live' && me.roles.some((r) => r === 'officer' || r === 'practitioner') && html`<p class="govuk-body"><a class="govuk-link" href=${`#/people/${id}/correct`}>Correct their record</a></p>`}
    <h2 class="govuk-heading-m">What they agreed to</h2>
    <${Loaded} of=${consents} what="their consents">${({ consents: all }) => names && html`<${Table} caption="Consents" hidden head=${['Purpose', 'Answer', 'Given on', 'Until']} empty="They were not asked yet."
      rows=${all.flatMap((c) => c.purposes.map((q) => [names.label(q.purpose), html`<${Tag} kind=${said[q.state]?.[0]}>${said[q.state]?.[1] ?? q.state}</${Tag}>`, date(c.given_at), q.state === 'live' ? until(c.expires_at) : '']))} />`}</${Loaded}>
    <h2 class="govuk-heading-m">Where they are in</h2>
    <${Loaded} of=${clips} what="their clips">${({ clips: all }) => names && html`<${Table} caption="Clips" hidden head=${['Clip', 'Filmed on', 'State', 'May be seen for', 'Until']} empty="They are in nothing that is kept."
      rows=${all.map((c) => [html`<a class="govuk-link long" href=${`#/clips/${c.clip}`}>${c.clip.slice(0, 12)}…</a>`, date(c.recorded_at), state(c.state), c.purposes.map(names.label).join(', '), c.state === 'shredded' ? '' : until(c.expires_at)])} />`}</${Loaded}>`}</${Loaded}>`;
}
