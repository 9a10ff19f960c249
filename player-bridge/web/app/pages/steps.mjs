// The staircase from film to film: of each film of a case, in the order in which they were made, how often each layer was tagged, and
// how far up it went. The same as a table.
import { useEffect, useMemo, useState } from '/vendor/preact.js';
import { at, get } from '/app/api.mjs';
import { html, Back, Loaded, Notice, Select, Table, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { clipName, count, list, parts } from '/app/words.mjs';
import { useWidth } from '/app/player/chart.mjs';
import { tagSet } from '/app/player/remarks.mjs';
import { styled } from '/app/styled.mjs';

await styled('/style/player.css');

const ROW = 44, FOOT = 64, WIDE = 640, LEAST = 76, MOST_DOT = 15;
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: '2-digit' });

/** Films in the order of their making, each with its cycle: what was cut out of one that is here has its tags from there. */
function filmsOf(clips, cycles) {
  const of = new Map(cycles.flatMap((c) => c.clips.map((k) => [k.clip, { number: c.number, as: k.as }]))), here = new Set(clips.map((c) => c.clip));
  return clips.filter((c) => c.state === 'live' && c.frames > 0 && c.kind !== 'still' && !here.has(c.parent)).map((c) => ({ ...c, ...of.get(c.clip) }))
    .sort((a, b) => (a.recorded_at ?? '').localeCompare(b.recorded_at ?? '') || (a.number ?? 0) - (b.number ?? 0));
}
const part = (f) => (f.number ? `Cycle ${f.number}, ${(parts[f.as] ?? 'film').toLowerCase()}` : 'In no cycle');

/** {said: Map of clip → its remarks, undefined where they may not be read for it; problem}, null until they are here. */
function useSaid(films, purpose) {
  const [state, set] = useState(null), ids = films.map((f) => f.clip).join();
  useEffect(() => {
    const stop = new AbortController();
    set(null);
    Promise.allSettled(films.map((f) => get(at(`/api/clips/${f.clip}/remarks`, { purpose }), stop.signal))).then((all) => {
      if (stop.signal.aborted) return;
      const broken = all.find((a) => a.status === 'rejected' && ![403, 404].includes(a.reason.status));
      set({ problem: broken?.reason, said: new Map(films.map((f, i) => [f.clip, all[i].value?.remarks])) });
    });
    return () => stop.abort();
  }, [ids, purpose]);
  return state;
}

function Drawing({ rows, layers, width }) {
  const wide = width >= WIDE, left = wide ? 250 : 4, column = Math.max(LEAST, (width - left - 8) / rows.length), end = left + column * rows.length, height = layers.length * ROW;
  const x = (i) => left + column * (i + 0.5), y = (n) => height - (n + 0.5) * ROW + (wide ? 0 : 6), most = Math.max(1, ...rows.flatMap((r) => r.counts));
  const top = (r) => r.counts.findLastIndex((n) => n > 0), reached = rows.map((r, i) => [i, top(r)]).filter(([, n]) => n >= 0);
  const line = reached.map(([i, n], k) => (k ? `H${x(i) - column / 2}V${y(n)}H${x(i)}` : `M${x(i)},${y(n)}`)).join('');
  const told = `${count(rows.length, 'film')}. ${rows.map((r) => `${clipName(r.film)}: ${top(r) < 0 ? 'no tag' : `up to ${layers[top(r)].layer}`}`).join('. ')}`;
  return html`<div class="staircase" tabindex="0" role="group" aria-label="The staircase, drawn"><svg class="chart__svg" width=${end + 8} height=${height + FOOT} role="img" aria-label=${told}>
    ${layers.map((l, i) => html`<g><rect x=${left} y=${height - (i + 1) * ROW} width=${end - left} height=${ROW} class=${i % 2 ? 'chart__row' : 'chart__row chart__row--even'} />
      <text x=${wide ? left - 10 : 8} y=${height - (i + 1) * ROW + (wide ? ROW / 2 + 5 : 12)} text-anchor=${wide ? 'end' : 'start'} class=${wide ? 'chart__name' : 'chart__name chart__name--in'}>${l.layer}</text></g>`)}
    <path d=${line} class="chart__line" />
    ${rows.map((r, i) => html`<g>${r.counts.map((n, k) => n > 0 && html`<circle cx=${x(i)} cy=${y(k)} r=${6 + (MOST_DOT - 6) * Math.sqrt(n / most)} class=${`staircase__dot layer-${k + 1}`} /><text x=${x(i) + 19} y=${y(k) + 5} class="chart__name staircase__n">${n}</text>`)}
      <text x=${x(i)} y=${height + 18} text-anchor="middle" class="chart__time">${r.film.recorded_at ? day.format(new Date(r.film.recorded_at)) : ''}</text>
      <text x=${x(i)} y=${height + 36} text-anchor="middle" class="chart__time">${r.film.number ? `Cycle ${r.film.number}` : '–'}</text>
      <text x=${x(i)} y=${height + 53} text-anchor="middle" class="chart__name chart__name--in">${r.film.as === 'review' ? 'review' : r.film.as === 'moment' ? 'moment' : 'film'}</text></g>`)}
  </svg></div>`;
}

function Charts({ films, tags, purpose }) {
  const told = useSaid(films, purpose), [who, choose] = useState(''), [ref, width] = useWidth(), { layers, of } = useMemo(() => tagSet(tags), [tags]);
  const all = told ? [...told.said.values()].flatMap((r) => r ?? []).filter((r) => of(r.tag)) : [];
  const authors = [...new Map(all.map((r) => [r.author, r.own ? 'You' : r.author_name]))];
  const may = films.filter((f) => told?.said.get(f.clip)), not = told ? films.filter((f) => !told.said.get(f.clip)) : [];
  const rows = may.map((film) => ({ film, counts: layers.map((l, i) => told.said.get(film.clip).filter((r) => of(r.tag)?.number === i + 1 && (!who || r.author === who)).length) }));
  return html`<section class="chart" ref=${ref} aria-label="The staircase">
    ${!told && html`<p class="govuk-body quiet" role="status">Loading…</p>`}
    ${told?.problem && html`<${Notice} kind="bad" title="Not all of it could be loaded"><p class="govuk-body">${told.problem.message}</p></${Notice}>`}
    ${told && !told.problem && not.length > 0 && html`<p class="govuk-body quiet">${`${count(not.length, 'film')} may not be looked at for this: ${list(not.map(clipName))}.`}</p>`}
    ${told && may.length > 0 && !all.length && html`<p class="govuk-body quiet">Nothing was tagged yet. Open a film and tag its moments: one key, 1 to 6, for each layer.</p>`}
    ${authors.length > 1 && html`<${Select} name="who" label="Whose tags?" value=${who} onChange=${choose} options=${[['', 'Everybody’s'], ...authors]} />`}
    ${all.length > 0 && width > 0 && html`<${Drawing} rows=${rows} layers=${layers} width=${width} />
      <p class="govuk-body-s quiet">A dot is as large as the layer was tagged often; the line goes through the highest layer that was tagged.</p>
      <div class="staircase" tabindex="0" role="group" aria-label="The staircase in numbers"><${Table} caption="The same in numbers" head=${['Film', 'Where', ...layers.map((l) => l.layer)]} rows=${rows.map((r) => [html`<a class="govuk-link" href=${`#/clips/${r.film.clip}`}>${clipName(r.film)}</a>`, part(r.film), ...r.counts.map((n) => n || '–')])} /></div>`}</section>`;
}

function Shown({ films, tags, names, me }) {
  const may = names.purposes.map((p) => p.purpose).filter((p) => films.some((f) => f.purposes.includes(p)));
  const usual = me.roles.includes('practitioner') ? ['intervention', 'supervision'] : ['supervision', 'accreditation'];
  const [purpose, choose] = useState(usual.find((p) => may.includes(p)) ?? may[0]);
  if (!may.length) return html`<p class="govuk-body quiet">There is no film yet that may be seen.</p>`;
  return html`${may.length > 1 && html`<${Select} name="purpose" label="What do you look at it for?" value=${purpose} onChange=${choose} options=${may.map((p) => [p, names.label(p)])} />`}
    <${Charts} films=${films} tags=${tags} purpose=${purpose} />`;
}

export function Steps({ id, me }) {
  const work = useLoad(`/api/cases/${id}`), cycles = useLoad(`/api/cycles?case=${id}`), clips = useLoad(`/api/clips?case=${id}`, ['clip']), tags = useLoad('/api/tags'), names = usePurposes();
  return html`<${Back} to=${`#/cases/${id}`}>The case</${Back}><${Loaded} of=${work} what="this case">${(c) => html`<${Title} caption=${c.title}>The staircase from film to film</${Title}>
    <${Loaded} of=${cycles} what="its cycles">${({ cycles: rounds }) => html`<${Loaded} of=${clips} what="its films">${({ clips: all }) => html`<${Loaded} of=${tags} what="the tags">${(set) => names
      && html`<${Shown} films=${filmsOf(all, rounds)} tags=${set} names=${names} me=${me} />`}</${Loaded}>`}</${Loaded}>`}</${Loaded}>`}</${Loaded}>`;
}
