// One case: its people and what they agreed to, its films.
import { html, Back, Loaded, Notice, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { Cycles } from '/app/pages/cycle.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { clipName, count, date, kinds, length, list, state, until } from '/app/words.mjs';

/** Of a person of a case: what all that they said comes to, as the server says it. */
function Agreed({ p, names }) {
  if (!p.agreed?.length && !p.refused?.length) return p.state !== 'live' ? '' : html`<${Tag} kind="orange">${p.over?.length ? 'Their yes is over' : 'Not asked yet'}</${Tag}>`;
  return html`<p class="tight">${p.agreed.length ? `Yes: ${list(p.agreed.map(names.label))}, until ${until(p.until)}` : 'No to everything'}</p>
    ${p.agreed.length > 0 && p.refused.length > 0 && html`<p class="tight quiet">${`No: ${list(p.refused.map(names.label))}`}</p>`}`;
}

const kind = { live: 'green', quarantined: 'orange', held: 'purple', expired: 'grey', shredded: 'grey' };

/** `as`: what it is said to be, above its name. */
function ClipTile({ clip, as }) {
  return html`<li class="tile tile--film">
    <div class="tile__picture">${clip.state === 'live' && !clip.restricted && clip.kept?.includes('poster')
      ? html`<img src=${`/api/clips/${clip.clip}/poster`} alt="" loading="lazy" />` : html`<span aria-hidden="true">${clip.kind === 'audio' ? '♪' : '▶'}</span>`}</div>
    <div class="tile__body">
      ${as && html`<p class="quiet">${as}</p>`}
      <p><a class="govuk-link tile__link" href=${`#/clips/${clip.clip}`}>${clipName(clip)}</a></p>
      <p class="quiet">${[clip.duration_ms > 0 && length(clip.duration_ms), clip.file_name].filter(Boolean).join(' · ')}</p>
      ${clip.state !== 'live' && html`<p><${Tag} kind=${kind[clip.state]}>${state(clip.state)}</${Tag}></p>`}
      <p class="quiet">${clip.state === 'live' ? `Until ${until(clip.expires_at)}` : clip.state === 'quarantined' ? `Destroyed on ${until(clip.expires_at)} if nobody agrees` : ''}</p>
    </div></li>`;
}

export function Case({ id, me }) {
  const work = useLoad(`/api/cases/${id}`, ['clip']), clips = useLoad(`/api/clips?case=${id}`, ['clip', 'upload']), names = usePurposes();
  const mine = me.roles.includes('practitioner');
  return html`<${Back} to=${mine ? '#/cases' : undefined}>${mine ? 'Cases' : 'Back'}</${Back}><${Loaded} of=${work} what="this case">${(c) => names && html`
    <div class="split"><${Title} caption=${c.state === 'open' ? undefined : `Closed ${date(c.closed_at)}`}>${c.title}</${Title}>
      ${mine && c.state === 'open' && html`<a class="govuk-button" href=${`#/cases/${id}/add`}>Add footage</a>`}</div>
    ${mine && html`<${Missing} people=${c.persons} id=${id} />`}
    <h2 class="govuk-heading-m">Who may be filmed</h2>
    <${Table} caption="People" hidden head=${['Name', 'Who they are', 'What they agreed to', ...(mine ? ['Next step'] : [])]} empty="Nobody yet. Add everyone who can be seen or heard in the films, yourself too."
      rows=${c.persons.map((p) => [html`<a class="govuk-link" href=${`#/people/${p.person}`}>${p.name ?? 'Name not kept any more'}</a>`, kinds[p.kind] ?? p.kind, html`<${Agreed} p=${p} names=${names} />`,
        ...(mine ? [p.state === 'live' ? html`<a class="govuk-link" href=${`#/cases/${id}/consent/${p.person}`}>Record what they say<span class="govuk-visually-hidden"> (${p.name})</span></a>` : ''] : [])])} />
    ${mine && html`<p class="govuk-body"><a class="govuk-link" href=${`#/cases/${id}/person`}>Add a person</a></p>`}
    <${Cycles} id=${id} open=${mine && c.state === 'open'} />
    <h2 class="govuk-heading-m">Films, sound and pictures</h2>
    <${Loaded} of=${clips} what="the clips of this case">${({ clips: all }) => html`<${ClipTiles} clips=${all} empty="There is nothing here yet." />`}</${Loaded}>
    <p class="govuk-body quiet">This case is known as <code class="long">${id}</code></p>`}</${Loaded}>`;
}

/** `asOf`: what a clip is said to be, above its name. */
export function ClipTiles({ clips, empty, asOf }) {
  const shown = clips.filter((c) => c.state !== 'shredded');
  return shown.length ? html`<ul class="tiles">${shown.map((c) => html`<${ClipTile} key=${c.clip} clip=${c} as=${asOf?.(c)} />`)}</ul>` : html`<p class="govuk-body quiet">${empty}</p>`;
}

/** Who was not asked yet, as a list to work through. */
function Missing({ people, id }) {
  const open = people.filter((p) => p.state === 'live' && !p.agreed.length && !p.refused.length);
  if (!open.length) return null;
  return html`<${Notice} kind="warn" title=${`${count(open.length, 'person has', 'people have')} not been asked yet`}>
    <p class="govuk-body">A film can be seen only when everyone in it has said yes. Until then it waits, and it is destroyed if that takes too long: it says when.</p>
    <ul class="govuk-list govuk-list--bullet">${open.map((p) => html`<li><a class="govuk-link" href=${`#/cases/${id}/consent/${p.person}`}>${p.name}</a></li>`)}</ul>
  </${Notice}>`;
}
