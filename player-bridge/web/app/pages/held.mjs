// What is held of a person, in words, for somebody who asks to know (a subject access request): nothing is viewed for it, nobody
// else who was filmed is named by it (but perhaps in what somebody typed), and it prints as a clean page.
import { useEffect, useState } from '/vendor/preact.js';
import { at, get } from '/app/api.mjs';
import { html, Action, Back, Failure, DateField, Form, Loaded, Notice, Summary, Table, Title, dateOf, useLoad } from '/app/parts.mjs';
import { usePurposes } from '/app/purposes.mjs';
import { away, count, date, kinds, length, list, media, monthOn, until, when } from '/app/words.mjs';

const today = () => new Date().toISOString().slice(0, 10);
const answers = { live: 'Yes', refused: 'No', withdrawn: 'Taken back', expired: 'Over' };
const capacities = { self: 'themselves', 'parental-responsibility': 'a parent or other holder of parental responsibility', staff: 'themselves, as staff', 'foster-carer': 'a foster carer', representative: 'somebody who represents them' };
const told = { live: 'Kept', quarantined: 'Kept, and seen by nobody until everyone agrees', held: 'Kept for an inquiry, and seen by nobody', shredded: 'Destroyed', expired: 'Over' };

/** What else has to be asked for: each consent in full, and what the log says of each clip. */
function useMore(consents, clips) {
  const [more, set] = useState({});
  useEffect(() => {
    const stop = new AbortController();
    if (!consents || !clips) return undefined;
    Promise.all([Promise.all(consents.map((c) => get(`/api/consents/${c.consent}`, stop.signal))),
      Promise.all(clips.map((c) => get(at('/api/audit', { clip: c.clip }), stop.signal)))]).then(
      ([full, logs]) => set({ full, logs: logs.map((l) => l.entries) }), (problem) => { if (problem.name !== 'AbortError') set({ problem }); });
    return () => stop.abort();
  }, [consents, clips]);
  return more;
}

export function Held({ id, query }) {
  const person = useLoad(`/api/persons/${id}`), consents = useLoad(`/api/consents?person=${id}`), clips = useLoad(`/api/clips?person=${id}`), cases = useLoad('/api/cases'), names = usePurposes();
  const more = useMore(consents.data?.consents, clips.data?.clips);
  if (more.problem) return html`<${Failure} problem=${more.problem} what="what is held" />`;
  const ready = names && consents.data && clips.data && cases.data && more.full;
  const failed = [consents, clips, cases].find((l) => l.problem);
  return html`<${Back} to=${`#/people/${id}`}>The person</${Back}><${Loaded} of=${person} what="this person">${(p) => (ready
    ? html`<${Paper} p=${p} asked=${query.asked ?? today()} consents=${more.full} clips=${clips.data.clips} logs=${more.logs} cases=${cases.data.cases} names=${names} />`
    : failed ? html`<${Failure} problem=${failed.problem} again=${failed.again} what="what is held" />` : html`<p class="govuk-body quiet" role="status">Loading…</p>`)}</${Loaded}>`;
}

function Asked({ id, asked }) {
  const due = monthOn(asked), send = async (v) => { location.hash = `#${at(`/people/${id}/held`, { asked: dateOf(v, 'asked') })}`; };
  return html`<section class="no-print"><${Notice} kind=${due < today() ? 'bad' : 'plain'} title=${`Answer by ${date(due)}`}>
    <p class="govuk-body">One month after they asked: ${away(`${due}T12:00:00Z`)}. If it is hard to do, tell them within that month why, and you have until ${date(monthOn(asked, 3))}.</p>
    <details class="govuk-details"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">They asked on another day than ${date(asked)}</span></summary><div class="govuk-details__text">
      <${Form} onSend=${send} send="Use this day" check=${(v) => (dateOf(v, 'asked') ? {} : { asked: 'Enter the day on which they asked' })}>${(wrong) => html`<${DateField} name="asked" legend="When did they ask?" value=${asked} wrong=${wrong} />`}</${Form}></div></details>
    <h3 class="govuk-heading-s">Before you hand it over</h3>
    <ul class="govuk-list govuk-list--bullet"><li>Make sure that it is them who asks, or somebody who may for them.</li>
      <li>What practitioners wrote about moments of these films is sealed with each film, and only they can read it: ask them for it.</li>
      <li>Who signed, and to whom and why copies left, stands here as it was typed: strike out whom else it names.</li>
      <li>Signed forms are kept as they were photographed; whoever asks may have a copy.</li></ul>
    <${Action} onPress=${() => print()}>Print this page</${Action}></${Notice}></section>`;
}

function Paper({ p, asked, consents, clips, logs, cases, names }) {
  const caseOf = (id) => cases.find((c) => c.case === id), kept = clips.filter((c) => c.state !== 'shredded');
  return html`<${Title} caption="What is held about">${p.name ?? 'Somebody whose name is not kept any more'}</${Title}>
    <${Asked} id=${p.person} asked=${asked} />
    <article class="paper"><p class="govuk-body">As of ${date(new Date().toISOString())}; asked for on ${date(asked)}.</p>
    <h2 class="govuk-heading-m">Their record</h2>
    <${Summary} rows=${[['Name', p.name], ['Who they are', kinds[p.kind]], ['Born', date(p.born)], ['Work they are part of', list(p.cases.map((c) => caseOf(c.case)).filter(Boolean).map((c) => `with ${c.practitioner_name}, since ${date(c.opened_at)}`))]]} />
    <h2 class="govuk-heading-m">What they agreed to</h2>
    <${Table} caption="Consents" hidden head=${['For', 'Answer', 'Given on', 'Until', 'Given by', 'Form']} empty="They were not asked, and have agreed to nothing."
      rows=${consents.flatMap((c) => c.purposes.map((q) => [names.label(q.purpose), answers[q.state] ?? q.state, date(c.given_at), q.state === 'live' ? until(c.expires_at) : '', c.signed_by || capacities[c.capacity] || '', c.form_sha256 ? 'Kept' : 'None kept']))} />
    <h2 class="govuk-heading-m">Recordings they are in</h2>
    <p class="govuk-body">${kept.length ? `${count(kept.length, 'recording is', 'recordings are')} kept. Each can be seen only for what everyone in it agreed to, and is destroyed when that ends.` : 'They are in nothing that is kept.'}</p>
    ${clips.map((c, i) => html`<${Recording} key=${c.clip} c=${c} n=${i + 1} log=${logs[i]} names=${names} />`)}
    <h2 class="govuk-heading-m">What they can ask for</h2>
    <p class="govuk-body">To see a recording they are in, if the others in it can be kept out of it; to have what is wrong put right; to take back what they agreed to, for one purpose or all, at any time: the recordings are
      then destroyed and they get a certificate; to have their use stopped while something is looked into; and to complain to the data-protection authority.</p></article>`;
}

function Recording({ c, n, log, names }) {
  const seen = log.filter((e) => e.did === 'viewing.began'), taken = log.filter((e) => e.did === 'clip.exported' || e.did === 'remark.exported'), others = c.persons.length - 1;
  return html`<h3 class="govuk-heading-s">${`${n}. ${media[c.kind] ? media[c.kind].replace(/s$/, '') : c.kind} of ${date(c.recorded_at)}`}</h3><${Summary} rows=${[
    ['State', told[c.state] ?? c.state],
    ['Length', c.duration_ms > 0 && length(c.duration_ms)],
    ['In it with them', others > 0 ? count(others, 'other person', 'other people') : 'Nobody else'],
    ['Kept by', c.practitioner_name],
    ['May be seen for', c.state === 'shredded' ? '' : c.purposes.length ? list(c.purposes.map(names.label)) : 'Nothing'],
    ['Until', c.state === 'shredded' ? '' : until(c.expires_at)],
    ['Was looked at', seen.length ? `${count(seen.length, 'time')}, last on ${when(seen.at(-1).at)}` : 'Never'],
    ['Copies that left the vault', taken.length ? html`<ul class="govuk-list">${taken.map((e) => html`<li>${when(e.at)}: ${e.did === 'clip.exported' ? '' : 'what was said of it, '}${e.details}</li>`)}</ul>` : 'None']]} />`;
}
