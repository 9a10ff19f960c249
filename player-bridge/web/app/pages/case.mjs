// One case: its people and what they agreed to, its films.
import { html, Action, Back, Loaded, Notice, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { count, date, kinds, length, list, state, until } from '/app/words.mjs';

/** What a person's consents come to: {yes: Map purpose → until, no: Set}. A "no" beats every "yes". */
export function standing(consents) {
  const yes = new Map(), no = new Set();
  for (const c of consents) {
    for (const p of c.purposes) {
      if (p.state === 'refused') no.add(p.purpose);
      if (p.state === 'live' && !((yes.get(p.purpose) ?? '9') < (c.expires_at ?? '9'))) yes.set(p.purpose, c.expires_at);
    }
  }
  for (const p of no) yes.delete(p);
  return { yes, no };
}

function Agreed({ consents, names }) {
  const { yes, no } = standing(consents);
  if (!yes.size && !no.size) return html`<${Tag} kind="orange">Not asked yet</${Tag}>`;
  const ends = [...yes.values()].filter(Boolean).sort()[0];
  return html`<p class="tight">${yes.size ? `Yes: ${list([...yes.keys()].map(names.label))}, until ${until(ends)}` : 'No to everything'}</p>
    ${yes.size > 0 && no.size > 0 && html`<p class="tight quiet">${`No: ${list([...no].map(names.label))}`}</p>`}`;
}

const kind = { live: 'green', quarantined: 'orange', held: 'purple', expired: 'grey', shredded: 'grey' };

export function ClipTile({ clip }) {
  return html`<li class="tile">
    <div class="tile__picture">${clip.poster_url
      ? html`<img src=${clip.poster_url} alt="" loading="lazy" />` : html`<span aria-hidden="true">${clip.kind === 'audio' ? '♪' : '▶'}</span>`}</div>
    <div class="tile__body">
      <p><a class="govuk-link tile__link" href=${`#/clips/${clip.clip}`}>${`${clip.kind === 'still' ? 'Picture' : clip.kind === 'audio' ? 'Sound' : 'Film'} of ${date(clip.recorded_at)}`}</a></p>
      <p class="quiet">${[clip.duration_ms > 0 && length(clip.duration_ms), clip.file_name].filter(Boolean).join(' · ')}</p>
      <p><${Tag} kind=${kind[clip.state]}>${state(clip.state)}</${Tag}></p>
      <p class="quiet">${clip.state === 'live' ? `Until ${until(clip.expires_at)}` : clip.state === 'quarantined' ? `Destroyed on ${until(clip.expires_at)} if nobody agrees` : ''}</p>
    </div></li>`;
}

export function Case({ id }) {
  const work = useLoad(`/api/cases/${id}`), persons = useLoad(`/api/persons?case=${id}`);
  const consents = useLoad('/api/consents'), clips = useLoad(`/api/clips?case=${id}`, ['clip', 'upload']);
  const names = usePurposes();
  return html`<${Back} to="#/cases">Cases</${Back}><${Loaded} of=${work} what="this case">${(c) => html`
    <div class="split"><${Title} caption=${c.state === 'open' ? undefined : `Closed ${date(c.closed_at)}`}>${c.title}</${Title}>
      ${c.state === 'open' && html`<a class="govuk-button" href=${`#/cases/${id}/add`}>Add footage</a>`}</div>
    <h2 class="govuk-heading-m">Who may be filmed</h2>
    <${Loaded} of=${persons} what="the people of this case">${({ persons: people }) => html`
      <${Loaded} of=${consents} what="what they agreed to">${({ consents: all }) => names && html`
        <${Missing} people=${people} all=${all} id=${id} />
        <${Table} caption="People" hidden head=${['Name', 'Who they are', 'What they agreed to', 'Next step']} empty="Nobody yet. Add everyone who can be seen or heard in the films, yourself too."
          rows=${people.map((p) => [html`<a class="govuk-link" href=${`#/people/${p.person}`}>${p.name ?? 'Name not kept any more'}</a>`, kinds[p.kind] ?? p.kind, html`<${Agreed} names=${names} consents=${all.filter((k) => k.person === p.person && (!k.case || k.case === id))} />`,
            p.state === 'live' && html`<a class="govuk-link" href=${`#/cases/${id}/consent/${p.person}`}>Record what they say<span class="govuk-visually-hidden"> (${p.name})</span></a>`])} />`}
      </${Loaded}>`}</${Loaded}>
    <p class="govuk-body"><a class="govuk-link" href=${`#/cases/${id}/person`}>Add a person</a></p>
    <h2 class="govuk-heading-m">Films, sound and pictures</h2>
    <${Loaded} of=${clips} what="the clips of this case">${({ clips: all }) => (all.filter((k) => k.state !== 'shredded').length
      ? html`<ul class="tiles">${all.filter((k) => k.state !== 'shredded').map((k) => html`<${ClipTile} key=${k.clip} clip=${k} />`)}</ul>`
      : html`<p class="govuk-body quiet">There is nothing here yet.</p>`)}</${Loaded}>`}</${Loaded}>`;
}

/** Who was not asked yet, as a list to work through. */
function Missing({ people, all, id }) {
  const open = people.filter((p) => p.state === 'live' && !all.some((k) => k.person === p.person && (!k.case || k.case === id)));
  if (!open.length) return null;
  return html`<${Notice} kind="warn" title=${`${count(open.length, 'person has', 'people have')} not been asked yet`}>
    <p class="govuk-body">A film can be seen only when everyone in it has said yes. Until then it waits, and is destroyed after 14 days.</p>
    <ul class="govuk-list govuk-list--bullet">${open.map((p) => html`<li><a class="govuk-link" href=${`#/cases/${id}/consent/${p.person}`}>${p.name}</a></li>`)}</ul>
  </${Notice}>`;
}
