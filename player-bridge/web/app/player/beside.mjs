// Side by side: what two people tagged in the same film, two lanes a layer over the same time. What both saw is filled and joined, what
// only one saw is hollow; the same as a list. A click plays from a little before.
import { html, useMemo, useState } from '/vendor/preact.js';
import { Table } from '/app/parts.mjs';
import { count, length, list } from '/app/words.mjs';
import { NEAR, pairs } from '/app/player/agreement.mjs';
import { steps, useWidth } from '/app/player/chart.mjs';
import { playFrom } from '/app/player/remarks.mjs';
import { useEngine } from '/app/player/state.mjs';

const LANE = 15, BETWEEN = 8, PAD = 6, FOOT = 24, WIDE = 640, LEAST = 8;
const sizes = (width) => (width >= WIDE ? { left: 320, row: 2 * LANE + BETWEEN + 2 * PAD, top: PAD, names: true } : { left: 58, row: 2 * LANE + BETWEEN + 2 * PAD + 16, top: PAD + 16, names: false });
const short = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

/** Everybody who tagged, the practitioner first, then who tagged most: [{id, name, tags}…] */
function people(all, clip) {
  const of = (id) => all.filter((s) => s.author === id);
  return [...new Set(all.map((s) => s.author))].map((id) => ({ id, name: of(id)[0].own ? 'You' : of(id)[0].author_name, tags: of(id) }))
    .sort((a, b) => (b.id === clip.practitioner) - (a.id === clip.practitioner) || b.tags.length - a.tags.length);
}

/** "9 moments: 4 tagged alike by both, 2 in another layer and 3 only by you." */
function summary(found, a, b) {
  const of = (kind) => found.filter((p) => p.kind === kind).length, only = (who) => `only by ${who.name === 'You' ? 'you' : who.name}`;
  const said = [[of('same'), 'tagged alike by both'], [of('layer'), 'in the same layer with another tag'], [of('other'), 'in another layer'], [of('a'), only(a)], [of('b'), only(b)]];
  return `${count(found.length, 'moment')}: ${list(said.filter(([n]) => n).map(([n, words]) => `${n} ${words}`))}.`;
}
function verdict({ kind, a }, one, other) {
  const words = { same: 'Both, the same tag', layer: 'Both, in the same layer', other: 'Another layer' };
  return words[kind] ?? `Only ${(a ? one : other).name === 'You' ? 'you' : (a ? one : other).name}`;
}

/** Where the film is. */
function Head({ engine, x, height }) {
  const at = x(useEngine(engine, (s) => s.frame));
  return html`<line x1=${at} x2=${at} y1="0" y2=${height} class="beside__head" />`;
}

function Tagged({ s, x, y, both, film, engine }) {
  const from = x(s.from_frame), wide = Math.max(LEAST, x(s.to_frame) - from);
  return html`<rect x=${from} y=${y} width=${wide} height=${LANE} rx="2" class=${`beside__tag layer-${s.number} ${both ? '' : 'beside__tag--one'}`} onClick=${() => playFrom(engine, s)}><title>${`${film.time(s.from_frame)} ${s.label}, ${s.own ? 'you' : s.author_name}`}</title></rect>`;
}

/** From what one tagged to what the other did. */
function Join({ p, x, y }) {
  const [a, b] = [p.a, p.b].map((s) => x(s.from_frame) + Math.max(LEAST, x(s.to_frame) - x(s.from_frame)) / 2), up = y(p.a.number) + LANE, down = y(p.b.number) + LANE + BETWEEN;
  return html`<path d=${p.kind === 'other' ? `M${a},${up - LANE / 2}L${b},${down + LANE / 2}` : `M${a - 3},${up}h6L${b + 3},${down}h-6Z`} class=${p.kind === 'other' ? 'beside__else' : 'beside__join'} />`;
}

function Drawing({ engine, layers, found, a, b, width }) {
  const { film } = engine, { left, row, top, names } = sizes(width), height = layers.length * row, end = width - 8;
  const x = (frame) => left + (end - left) * frame / film.frames, y = (number) => height - number * row + top;
  const tagged = (s, both, lane) => s && html`<${Tagged} key=${s.remark} s=${s} x=${x} y=${y(s.number) + lane * (LANE + BETWEEN)} both=${both} film=${film} engine=${engine} />`;
  return html`<svg class="chart__svg beside" width=${width} height=${height + FOOT} role="img" aria-label=${summary(found, a, b)}>
    ${layers.map((l, i) => html`<g><rect x="0" y=${height - (i + 1) * row} width=${end} height=${row} class=${i % 2 ? 'chart__row' : 'chart__row chart__row--even'} />
      <text x=${names ? left - 96 : 2} y=${height - (i + 1) * row + (names ? row / 2 + 5 : 14)} text-anchor=${names ? 'end' : 'start'} class=${names ? 'chart__name' : 'chart__name chart__name--in'}>${l.layer}</text>
      ${[a, b].map((who, lane) => html`<text x=${left - 8} y=${y(i + 1) + lane * (LANE + BETWEEN) + 12} text-anchor="end" class="chart__name chart__name--in">${short(who.name, names ? 12 : 7)}</text>
        <line x1=${left} x2=${end} y1=${y(i + 1) + lane * (LANE + BETWEEN) + LANE / 2} y2=${y(i + 1) + lane * (LANE + BETWEEN) + LANE / 2} class="beside__lane" />`)}</g>`)}
    ${[0, 0.5, 1].map((part) => html`<text x=${left + (end - left) * part} y=${height + 17} text-anchor=${part === 0 ? 'start' : part === 1 ? 'end' : 'middle'} class="chart__time">${length(film.seconds * part * 1000)}</text>`)}
    ${found.filter((p) => p.a && p.b).map((p) => html`<${Join} p=${p} x=${x} y=${y} />`)}
    ${found.map((p) => [tagged(p.a, p.kind === 'same' || p.kind === 'layer', 0), tagged(p.b, p.kind === 'same' || p.kind === 'layer', 1)])}
    <${Head} engine=${engine} x=${x} height=${height} /></svg>`;
}

const Legend = () => html`<p class="chart__who">
  <span><svg width="30" height="24" aria-hidden="true"><rect x="1" y="1" width="28" height="8" rx="2" class="beside__tag layer-2" /><path d="M12,9h6v6h-6Z" class="beside__join" /><rect x="1" y="15" width="28" height="8" rx="2" class="beside__tag layer-2" /></svg> both, in the same layer</span>
  <span><svg width="30" height="24" aria-hidden="true"><path d="M8,6L22,18" class="beside__else" /><rect x="1" y="2" width="14" height="8" rx="2" class="beside__tag beside__tag--one layer-2" /><rect x="15" y="14" width="14" height="8" rx="2" class="beside__tag beside__tag--one layer-5" /></svg> the same moment, another layer</span>
  <span><svg width="30" height="12" aria-hidden="true"><rect x="1" y="2" width="28" height="8" rx="2" class="beside__tag beside__tag--one layer-2" /></svg> only one</span></p>`;

function Listed({ engine, found, a, b }) {
  const { film } = engine, [differs, set] = useState(false), shown = found.filter((p) => !differs || (p.kind !== 'same' && p.kind !== 'layer'));
  const cell = (s) => (s ? `${s.label} (${s.layer})` : '–');
  return html`<details class="govuk-details"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">As a list</span></summary>
    <div class="govuk-checkboxes govuk-checkboxes--small govuk-form-group"><div class="govuk-checkboxes__item">
      <input class="govuk-checkboxes__input" type="checkbox" id="differs" checked=${differs} onChange=${(e) => set(e.currentTarget.checked)} />
      <label class="govuk-label govuk-checkboxes__label" for="differs">Only where you differ</label></div></div>
    <${Table} caption="Tags side by side" hidden head=${['Time', a.name, b.name, 'Who saw it']} empty="There is no difference." rows=${shown.map((p) => [
      html`<button type="button" class="said__time" onClick=${() => playFrom(engine, p.a ?? p.b)}>${film.time((p.a ?? p.b).from_frame)}</button>`, cell(p.a), cell(p.b), verdict(p, a, b)])} /></details>`;
}

export function Beside({ engine, remarks, clip }) {
  const [ref, width] = useWidth(), [chosen, choose] = useState(null), { tags } = remarks;
  const all = useMemo(() => (tags && remarks.all ? people(steps(remarks.all, tags), clip) : []), [tags, remarks.all]);
  const a = all[0], b = all.slice(1).find((p) => p.id === chosen) ?? all[1];
  const found = useMemo(() => (b ? pairs(a.tags, b.tags, engine.film.count(NEAR)) : []), [a, b]);
  return html`<section class="chart" ref=${ref} aria-label="Side by side">${b && html`
    <h2 class="govuk-heading-m">${`Side by side: ${a.name} and ${b.name === 'You' ? 'you' : b.name}`}</h2>
    ${all.length > 2 && html`<p class="govuk-body"><label for="beside-whom">Beside ${a.name}: </label><select class="govuk-select" id="beside-whom" onChange=${(e) => choose(e.currentTarget.value)}>
      ${all.slice(1).map((p) => html`<option value=${p.id} selected=${p === b}>${p.name}</option>`)}</select></p>`}
    <p class="govuk-body tight">${summary(found, a, b)}</p><${Legend} />
    ${width > 0 && html`<${Drawing} engine=${engine} layers=${tags.layers} found=${found} a=${a} b=${b} width=${width} />`}
    <${Listed} engine=${engine} found=${found} a=${a} b=${b} />`}</section>`;
}
