// Clips of a kind: those that end soon, those that wait, those that are held.
import { at } from '/app/api.mjs';
import { html, Loaded, Table, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { date, sooner, state, until } from '/app/words.mjs';

export function Clips({ query }) {
  const clips = useLoad(at('/api/clips', query), ['clip']), names = usePurposes();
  const title = query.expiring_before ? 'Clips that end soon' : query.state ? `Clips: ${state(query.state)}` : 'Clips';
  return html`<${Title}>${title}</${Title}><${Loaded} of=${clips} what="the clips">${(data) => names && html`<${Table} caption=${title} hidden
    head=${['Clip', 'Filmed on', 'State', 'May be seen for', 'Until']} empty="There is none."
    rows=${[...data.clips].sort(sooner).map((c) => [html`<a class="govuk-link long" href=${`#/clips/${c.clip}`}>${c.clip.slice(0, 12)}…</a>`,
      date(c.recorded_at), state(c.state), c.purposes.map(names.label).join(', '), until(c.expires_at)])} />`}</${Loaded}>`;
}
