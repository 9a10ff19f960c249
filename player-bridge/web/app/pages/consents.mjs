// Who must still be asked, over all cases: a list to work through, with what waits for each of them and until when.
import { html, Loaded, Table, Title, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { clipName, count, kinds, list, until } from '/app/words.mjs';

const SOON_DAYS = 30;
const soon = (time) => time && Date.parse(time) - Date.now() < SOON_DAYS * 864e5;

/** One row for each person of each open case about whom something is to be done: {p, c, says, waiting, first}; what ends first comes first. */
function toDo(persons, cases, clips) {
  const open = new Map(cases.filter((c) => c.state === 'open').map((c) => [c.case, c]));
  const rows = persons.filter((p) => p.state === 'live').flatMap((p) => p.cases.filter((s) => open.has(s.case)).map((says) => {
    const waiting = clips.filter((k) => k.case === says.case && k.persons?.some((x) => x.person === p.person));
    return { p, c: open.get(says.case), says, waiting, first: waiting.map((k) => k.expires_at).sort()[0] };
  }));
  return rows.sort((a, b) => (a.first ?? '9').localeCompare(b.first ?? '9') || a.c.title.localeCompare(b.c.title));
}

const Ask = ({ row, words }) => html`<a class="govuk-link" href=${`#/cases/${row.c.case}/consent/${row.p.person}`}>${words}<span class="govuk-visually-hidden"> (${row.p.name}, ${row.c.title})</span></a>`;
const InCase = ({ c }) => html`<a class="govuk-link" href=${`#/cases/${c.case}`}>${c.title}</a>`;
const waits = (row) => (row.waiting.length ? `${count(row.waiting.length, 'film')}, destroyed on ${until(row.first)} if nobody agrees` : 'Nothing yet');

function Lists({ rows, clips, names }) {
  const missing = rows.filter((r) => r.says.missing && !r.says.over.length), over = rows.filter((r) => r.says.missing && r.says.over.length);
  const ending = rows.filter((r) => !r.says.missing && r.says.agreed.length && soon(r.says.until)).sort((a, b) => a.says.until.localeCompare(b.says.until));
  const asked = new Set([...missing, ...over].flatMap((r) => r.waiting.map((k) => k.clip))), rest = clips.filter((k) => !asked.has(k.clip));
  if (!missing.length && !over.length && !ending.length && !rest.length) return html`<p class="govuk-body quiet">Everybody in your open cases was asked, nothing waits, and nothing ends within ${SOON_DAYS} days.</p>`;
  return html`
    ${missing.length > 0 && html`<h2 class="govuk-heading-m">Not asked yet</h2>
      <${Table} caption="Not asked yet" hidden head=${['Name', 'Who they are', 'Case', 'What waits for them', 'Next step']} rows=${missing.map((r) => [r.p.name, kinds[r.p.kind] ?? r.p.kind,
        html`<${InCase} c=${r.c} />`, waits(r), html`<${Ask} row=${r} words="Ask" />`])} />`}
    ${over.length > 0 && html`<h2 class="govuk-heading-m">Their yes is over</h2>
      <${Table} caption="Their yes is over" hidden head=${['Name', 'Case', 'It was for', 'What waits for them', 'Next step']} rows=${over.map((r) => [r.p.name, html`<${InCase} c=${r.c} />`,
        list(r.says.over.map(names.label)), waits(r), html`<${Ask} row=${r} words="Ask again" />`])} />`}
    ${ending.length > 0 && html`<h2 class="govuk-heading-m">Ends soon</h2>
      <${Table} caption="Ends soon" hidden head=${['Name', 'Case', 'They agreed to', 'Until', 'Next step']} rows=${ending.map((r) => [r.p.name, html`<${InCase} c=${r.c} />`,
        list(r.says.agreed.map(names.label)), until(r.says.until), html`<${Ask} row=${r} words="Ask again" />`])} />`}
    ${rest.length > 0 && html`<h2 class="govuk-heading-m">Films that wait for something else</h2>
      <p class="govuk-body">Everyone in them said something, but not what would let them be seen.</p>
      <${Table} caption="Films that wait for something else" hidden head=${['Film', 'Case', 'Who is in it', 'Destroyed on']} rows=${rest.map((k) => [html`<a class="govuk-link" href=${`#/clips/${k.clip}`}>${clipName(k)}</a>`,
        k.case_title, list((k.persons ?? []).map((p) => p.name ?? 'somebody')), until(k.expires_at)])} />`}`;
}

export function Consents() {
  const persons = useLoad('/api/persons', ['clip']), cases = useLoad('/api/cases'), clips = useLoad('/api/clips?state=quarantined', ['clip']), names = usePurposes();
  return html`<${Title}>Whom to ask</${Title}>
    <p class="govuk-body">A film can be seen only when everyone in it has said yes. Until then it waits, and it is destroyed if that takes too long.</p>
    <${Loaded} of=${persons} what="your people">${({ persons: people }) => html`<${Loaded} of=${cases} what="your cases">${({ cases: all }) => html`<${Loaded} of=${clips} what="what waits">${({ clips: waiting }) => names
      && html`<${Lists} rows=${toDo(people, all, waiting)} clips=${waiting} names=${names} />`}</${Loaded}>`}</${Loaded}>`}</${Loaded}>`;
}
