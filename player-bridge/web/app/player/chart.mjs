// The staircase: which layer was reached when. The first layer is the lowest step, as the others stand on it. The same as a table.
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { Table } from '/app/parts.mjs';
import { count, length, list } from '/app/words.mjs';
import { playFrom } from '/app/player/remarks.mjs';

const ROW = 34, FOOT = 26, WIDE = 640, LABELS = 250;

/** Tagged remarks by place, each with `number`, the layer's. A tag whose layer is not known any more is left out. */
export function steps(remarks, tags) {
  return remarks.filter((r) => tags.of(r.tag)).map((r) => ({ ...r, number: tags.of(r.tag).number })).sort((a, b) => a.from_frame - b.from_frame);
}

/** [ref, how wide the element of that ref is] */
export function useWidth() {
  const ref = useRef(), [width, set] = useState(0);
  useEffect(() => {
    const seen = new ResizeObserver(() => set(Math.floor(ref.current.clientWidth)));
    seen.observe(ref.current);
    return () => seen.disconnect();
  }, []);
  return [ref, width];
}

/** Each author's steps are a line of its own: level until the next one. */
const line = (own, x, y, end) => own.map((s, i) => `${i ? `H${x(s.from_frame)}V` : `M${x(s.from_frame)},`}${y(s.number)}`).join('') + `H${end}`;

function Drawing({ film, all, layers, engine, width }) {
  const left = width >= WIDE ? LABELS : 4, height = layers.length * ROW, end = width - 8;
  const x = (frame) => (left + (end - left) * frame / film.frames).toFixed(1), y = (number) => height - (number - 0.5) * ROW + (left === 4 ? 7 : 0);
  const authors = [...new Set(all.map((s) => s.author))], seconds = film.seconds;
  const told = `${count(all.length, 'tag')}: ${list(layers.map((l, i) => [l.layer, all.filter((s) => s.number === i + 1).length]).filter(([, n]) => n).map(([name, n]) => `${name} ${n}`))}`;
  return html`<svg class="chart__svg" width=${width} height=${height + FOOT} role="img" aria-label=${told}>
    ${layers.map((l, i) => html`<g><rect x=${left} y=${height - (i + 1) * ROW} width=${end - left} height=${ROW} class=${i % 2 ? 'chart__row' : 'chart__row chart__row--even'} />
      <text x=${left === 4 ? 8 : left - 10} y=${left === 4 ? height - (i + 1) * ROW + 12 : height - (i + 0.5) * ROW + 5} text-anchor=${left === 4 ? 'start' : 'end'} class=${left === 4 ? 'chart__name chart__name--in' : 'chart__name'}>${l.layer}</text></g>`)}
    ${[0, 0.25, 0.5, 0.75, 1].map((part) => html`<text x=${left + (end - left) * part} y=${height + 18} text-anchor=${part === 0 ? 'start' : part === 1 ? 'end' : 'middle'} class="chart__time">${length(seconds * part * 1000)}</text>`)}
    ${authors.map((a, i) => html`<path d=${line(all.filter((s) => s.author === a), x, y, end)} class=${`chart__line chart__line--${i % 3}`} />`)}
    ${all.map((s) => { const other = authors.indexOf(s.author) % 3; return html`<g class=${`chart__dot layer-${s.number}`} onClick=${() => playFrom(engine, s)}><title>${`${film.time(s.from_frame)} ${s.label}, ${s.author_name}`}</title>
      ${other === 0 ? html`<circle cx=${x(s.from_frame)} cy=${y(s.number)} r="6" />` : html`<rect x=${x(s.from_frame) - 5.5} y=${y(s.number) - 5.5} width="11" height="11" transform=${other === 2 ? `rotate(45 ${x(s.from_frame)} ${y(s.number)})` : undefined} />`}</g>`; })}
  </svg>`;
}

/** `taking` stands below it. */
export function Chart({ engine, remarks, taking }) {
  const [ref, width] = useWidth(), { film } = engine, { tags } = remarks, all = tags && remarks.all ? steps(remarks.all, tags) : [];
  const authors = [...new Map(all.map((s) => [s.author, s.own ? 'You' : s.author_name])).values()];
  return html`<section class="chart" ref=${ref} aria-label="The staircase">${all.length > 0 && html`
    <h2 class="govuk-heading-m">The staircase</h2>
    ${authors.length > 1 && html`<p class="chart__who">${authors.map((name, i) => html`<span><svg width="30" height="12" aria-hidden="true"><path d="M0,6H30" class=${`chart__line chart__line--${i % 3}`} /></svg> ${name}</span>`)}</p>`}
    ${width > 0 && html`<${Drawing} film=${film} all=${all} layers=${tags.layers} engine=${engine} width=${width} />`}
    <details class="govuk-details"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">As a table</span></summary>
      <${Table} caption="Tags, by time" hidden head=${['Time', 'Layer', 'Tag', 'Who']} rows=${all.map((s) => [
        html`<button type="button" class="said__time" onClick=${() => playFrom(engine, s)}>${film.time(s.from_frame)}</button>`, s.layer, s.label, s.own ? 'You' : s.author_name])} /></details>`}${remarks.all?.length > 0 && taking}</section>`;
}
