// One clip: what it is, who is in it, until when, what it may be seen for; and the film itself.
import { useEffect, useRef, useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Loaded, Notice, Summary, Tag, Title, useEnd, useLoad } from '/app/parts.mjs';
import { More } from '/app/pages/clip-more.mjs';
import { Emergencies, emergencies, glassOf, Told } from '/app/pages/clip-told.mjs';
import { Player } from '/app/player/player.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { bytes, clipName, length, list, media, state, until } from '/app/words.mjs';

export function Clip({ id, me }) {
  const clip = useLoad(`/api/clips/${id}`, ['clip']), names = usePurposes(), seen = useRef(false);
  const over = clip.data?.state === 'shredded' || (seen.current && [403, 404].includes(clip.problem?.status));
  useEffect(() => { if (clip.data) seen.current = true; }, [clip.data]);
  if (over) return html`<${Back} /><${Ended} />`;
  return html`<${Loaded} of=${clip} what="this clip">${(c) => (names ? html`<${Shown} c=${c} me=${me} names=${names} onLost=${clip.again} />` : '')}</${Loaded}>`;
}

/** Somebody in it changed their mind, or its time is over: perhaps while it was on the screen. */
const Ended = () => html`<${Title}>It cannot be seen any more</${Title}>
  <p class="govuk-body">Somebody in it has changed their mind, or its time is over. That is meant to happen, and nothing is wrong with your computer.</p>`;

function Shown({ c, names, me, onLost }) {
  const [to, words] = me.roles.includes('practitioner') ? [`#/cases/${c.case}`, 'The case'] : me.roles.includes('supervisor') ? ['#/review', 'To review'] : [undefined, 'Back'];
  return html`<${Back} to=${to}>${words}</${Back}>
    <${Title} caption=${c.case_title ?? media[c.kind]}>${clipName(c)}</${Title}>
    ${c.state === 'live' && !c.restricted && (glassOf(c, me) || me.roles.some((r) => r === 'practitioner' || r === 'supervisor')) && html`<${Watch} c=${c} me=${me} names=${names} onLost=${onLost} />`}
    <${Told} c=${c} me=${me} /><${Emergencies} c=${c} me=${me} />
    ${c.state === 'quarantined' && !c.restricted && html`<${Waiting} c=${c} names=${names} mine=${me.roles.includes('practitioner')} />`}
    <${Summary} rows=${[
      ['State', html`<${Tag}>${c.restricted ? 'Under restriction' : state(c.state)}</${Tag}>`],
      ['May be seen for', c.purposes.length ? list(c.purposes.map(names.label)) : 'Nothing'],
      ['Until', (c.purposes.length > 0 || c.state === 'quarantined') && until(c.expires_at)],
      ['Kept', c.held && c.state !== 'held' && 'By a hold: it is not destroyed while that lasts'],
      ['Who is in it', list(c.persons.map((p) => p.name ?? 'somebody'))],
      ['Length', c.duration_ms > 0 && length(c.duration_ms)],
      ['Picture', c.width && `${c.width} × ${c.height}`],
      ['Seen in an emergency', emergencies(c)],
      ['File', c.file_name && `${c.file_name}, ${bytes(c.source_bytes)}`],
      ['Known as', html`<code class="long">${c.clip}</code>`],
    ]} />
    <${More} c=${c} me=${me} />`;
}

function Waiting({ c, names, mine }) {
  const why = useLoad(`/api/clips/${c.clip}/explain?purpose=intervention`);
  return html`<${Notice} kind="warn" title="It waits: not everyone in it has agreed">
    <${Loaded} of=${why} what="the reasons">${(e) => html`<ul class="govuk-list govuk-list--bullet">${e.reasons.map((r) => html`<li>${names.inWords(r)}</li>`)}</ul>`}</${Loaded}>
    <p class="govuk-body">It is destroyed on ${until(c.expires_at)} if nobody agrees until then.</p>
    ${mine && html`<ul class="govuk-list">${c.persons.map((p) => html`<li><a class="govuk-link" href=${`#/cases/${c.case}/consent/${p.person}`}>Record what ${p.name ?? 'somebody'} says</a></li>`)}</ul>`}</${Notice}>`;
}

/** The purpose is said first: it is what everybody agreed to, and what is written down. */
function Watch({ c, me, names, onLost }) {
  const [film, set] = useState(null), [problem, setProblem] = useState(null);
  useEnd(c.clip, film, () => { set(null); setProblem({ message: 'It may not be seen for that any more.' }); });
  const may = c.purposes.filter((p) => !c.denied?.some((d) => d.purpose === p));
  const open = async (purpose) => { setProblem(null); set({ ...await post(`/api/clips/${c.clip}/open`, { purpose }), purpose }); };
  const mayMake = me.roles.includes('practitioner') && c.kind !== 'still' ? c : null;
  if (film && c.kind === 'still') return html`<img class="film" src=${film.url} alt="The picture" />`;
  if (film) return html`<${Player} clip=${c} open=${film} me=${me} make=${mayMake} onAgain=${() => set(null)} onLost=${onLost} />`;
  return html`<section class="notice"><h2 class="govuk-heading-m">What do you watch it for?</h2>
    ${problem && html`<p class="govuk-error-message" role="alert">${problem.message}</p>`}
    ${!may.length && html`<p class="govuk-body">You may know of it, and may not watch it: ${list([...new Set((c.denied ?? []).filter((d) => c.purposes.includes(d.purpose)).flatMap((d) => d.reasons.map(names.inWords)))]) || 'not everyone in it agreed to something.'}</p>`}
    <div class="govuk-button-group">${may.map((p) => html`<${Action} key=${p} kind="secondary" busy="Opening…" onProblem=${setProblem} onPress=${() => open(p)}>${names.label(p)}</${Action}>`)}</div></section>`;
}
