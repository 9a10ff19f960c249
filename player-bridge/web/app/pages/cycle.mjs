// A cycle: film, shared review, supervision; the helping question, the goals and how near the family feels to them.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Choices, Field, Form, Loaded, Notice, Select, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { clipName, date, length, parts, state, until } from '/app/words.mjs';

const order = ['moment', 'film', 'review'];
export const inOrder = (clips) => [...clips].sort((a, b) => order.indexOf(a.as) - order.indexOf(b.as));

/** On the page of a case: its cycles and goals. */
export function Cycles({ id, open }) {
  const cycles = useLoad(`/api/cycles?case=${id}`), goals = useLoad(`/api/goals?case=${id}`);
  return html`<h2 class="govuk-heading-m">Cycles</h2>
    <${Loaded} of=${cycles} what="the cycles">${({ cycles: all }) => html`<${Table} caption="Cycles" hidden head=${['Cycle', 'Helping question', 'Clips', 'State']} empty="No cycle has begun yet."
      rows=${all.map((c) => [html`<a class="govuk-link" href=${`#/cycles/${c.cycle}`}>Cycle ${c.number}</a>`, c.question || 'None', c.clips.length,
        c.state === 'open' ? html`<${Tag} kind="green">Open</${Tag}>` : html`<${Tag}>Closed</${Tag}> <span class="quiet">${date(c.closed_at)}</span>`])} />`}</${Loaded}>
    <p class="govuk-body">${open && html`<a class="govuk-link" href=${`#/cases/${id}/cycle`}>Begin a cycle</a> <span class="quiet">·</span> `}<a class="govuk-link" href=${`#/cases/${id}/steps`}>The staircase from film to film</a></p>
    <h2 class="govuk-heading-m">Goals</h2>
    <${Loaded} of=${goals} what="the goals">${({ goals: all }) => html`<${Table} caption="Goals" hidden head=${['Goal', 'How near, of 10']} empty="No goal was set yet."
      rows=${all.map((g) => [g.text, g.ratings.map((r) => r.score).join(' → ') || 'Not rated yet'])} />`}</${Loaded}>
    ${open && html`<p class="govuk-body"><a class="govuk-link" href=${`#/cases/${id}/goal`}>Set a goal</a></p>`}`;
}

export function NewCycle({ id }) {
  const send = async ({ question }) => {
    const made = await post('/api/cycles', question ? { case: id, question } : { case: id });
    location.hash = `#/cycles/${made.cycle}`;
  };
  return html`<${Back} to=${`#/cases/${id}`} /><${Title}>Begin a cycle</${Title}><${Form} onSend=${send} send="Begin" cancel=${`#/cases/${id}`}>${(wrong) => html`
    <${Field} name="question" label="The helping question" hint="In the family's words: what would they like help with?" wrong=${wrong} />`}</${Form}>`;
}

export function NewGoal({ id }) {
  const send = async ({ text }) => { await post('/api/goals', { case: id, text }); location.hash = `#/cases/${id}`; };
  return html`<${Back} to=${`#/cases/${id}`} /><${Title}>Set a goal</${Title}>
    <${Form} onSend=${send} send="Set it" cancel=${`#/cases/${id}`} check=${(v) => (v.text ? {} : { text: 'Say what the family wants to get nearer to' })}>${(wrong) => html`
    <${Field} name="text" label="What does the family want to get nearer to?" wrong=${wrong} />`}</${Form}>`;
}

export function Cycle({ id, me }) {
  const cycle = useLoad(`/api/cycles/${id}`, ['clip']);
  return html`<${Loaded} of=${cycle} what="this cycle">${(c) => html`<${Shown} c=${c} me=${me} again=${cycle.again} />`}</${Loaded}>`;
}

const kept = (k, all) => ({ ...k, ...all.find((x) => x.clip === k.clip) });

/** What belongs to it, as tiles; and, for whose it is, how to take it out. */
function Clips({ c, mine, again }) {
  const clips = useLoad(`/api/clips?case=${c.case}`, ['clip']), [problem, setProblem] = useState(null);
  const drop = async (clip) => { setProblem(null); await post(`/api/cycles/${c.cycle}/remove`, { clip }); again(); };
  return html`<h2 class="govuk-heading-m">Clips</h2>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Loaded} of=${clips} what="its clips">${({ clips: all }) => html`<${Table} caption="Clips of this cycle" hidden head=${['What it is', 'Clip', 'State', 'Until', ...(mine ? ['Change'] : [])]} empty="No clip belongs to it yet."
      rows=${inOrder(c.clips).map((one) => kept(one, all)).map((k) => [parts[k.as], k.recorded_at ? html`<a class="govuk-link" href=${`#/clips/${k.clip}`}>${clipName(k)}</a> <span class="quiet">${[k.duration_ms > 0 && length(k.duration_ms), k.file_name].filter(Boolean).join(' · ')}</span>` : 'It has ended',
        html`<${Tag} kind=${k.state === 'live' ? 'green' : 'grey'}>${state(k.state)}</${Tag}>`, k.recorded_at ? until(k.expires_at) : '',
        ...(mine ? [html`<${Action} kind="secondary" onProblem=${setProblem} onPress=${() => drop(k.clip)}>Take it out<span class="govuk-visually-hidden">: ${parts[k.as]}, ${k.recorded_at ? clipName(k) : ''}</span></${Action}>`] : [])])} />`}</${Loaded}>`;
}

function Shown({ c, me, again }) {
  const [problem, setProblem] = useState(null), mine = me.roles.includes('practitioner'), open = c.state === 'open';
  return html`<${Back} to=${`#/cases/${c.case}`}>The case</${Back}>
    <div class="split"><${Title} caption=${`Cycle ${c.number}, since ${date(c.opened_at)}${open ? '' : `, closed ${date(c.closed_at)}`}`}>${c.question || 'No helping question'}</${Title}>
      ${mine && c.clips.length > 0 && html`<a class="govuk-button" href=${`#/cycles/${c.cycle}/shared`}>Shared review</a>`}</div>
    ${c.sign_off && html`<${Notice} kind="good" title=${`Signed off on ${date(c.sign_off.at)}`}><p class="govuk-body">${`${c.sign_off.minutes / 60} hours of supervision. ${c.sign_off.note ?? ''}`}</p></${Notice}>`}
    <${Clips} c=${c} mine=${mine && open} again=${again} />
    ${mine && open && html`<${AddClip} c=${c} again=${again} />`}
    <p class="govuk-body"><a class="govuk-link" href=${`#/cases/${c.case}/steps`}>The staircase from film to film</a></p>
    <${Rate} c=${c} again=${again} mine=${mine && open} />
    ${mine && html`<${AskSupervisor} c=${c} open=${open} />`}
    ${mine && open && html`<h2 class="govuk-heading-m">When it is done</h2>
      ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
      <${Action} kind="secondary" onProblem=${setProblem} onPress=${async () => { setProblem(null); await post(`/api/cycles/${c.cycle}/close`); again(); }}>Close this cycle</${Action}>`}`;
}

function AddClip({ c, again }) {
  const clips = useLoad(`/api/clips?case=${c.case}`);
  const send = async (v) => { await post(`/api/cycles/${c.cycle}/add`, { clip: v.clip, as: v.as }); again(); };
  return html`<${Loaded} of=${clips} what="the clips of the case">${({ clips: all }) => {
    const rest = all.filter((k) => k.state === 'live' && !c.clips.some((x) => x.clip === k.clip));
    return rest.length > 0 && html`<details class="govuk-details"><summary class="govuk-details__summary">Add a clip</summary><div class="govuk-details__text">
      <${Form} onSend=${send} send="Add it" done="Added" check=${(v) => (v.as ? {} : { as: 'Say what it is' })}>${(wrong) => html`
        <${Select} name="clip" label="Which?" options=${rest.map((k) => [k.clip, [clipName(k), k.duration_ms > 0 && length(k.duration_ms), k.file_name].filter(Boolean).join(' · ')])} />
        <${Choices} name="as" legend="What is it?" options=${[['film', 'The film'], ['review', 'The shared review'], ['moment', 'A chosen moment']]} wrong=${wrong} />`}</${Form}></div></details>`; }}</${Loaded}>`;
}

function Rate({ c, again, mine }) {
  const goals = useLoad(`/api/goals?case=${c.case}`);
  const send = async (v) => { await post(`/api/goals/${v.goal}/rate`, { score: v.score, cycle: c.cycle }); goals.again(); again(); };
  return html`<h2 class="govuk-heading-m">Goals</h2><${Loaded} of=${goals} what="the goals">${({ goals: all }) => html`
    <${Table} caption="Goals" hidden head=${['Goal', 'How near, of 10']} empty="No goal was set yet: set one on the page of the case." rows=${all.map((g) => [g.text, g.ratings.map((r) => r.score).join(' → ') || 'Not rated yet'])} />
    ${mine && all.length > 0 && html`<details class="govuk-details"><summary class="govuk-details__summary">Rate a goal</summary><div class="govuk-details__text">
      <${Form} onSend=${send} send="Keep it" check=${(v) => (v.score ? {} : { score: 'Choose a number' })}>${(wrong) => html`
        <${Select} name="goal" label="Which goal?" options=${all.map((g) => [g.goal, g.text])} />
        <${Choices} name="score" legend="How near do they feel to it?" hint="1 is far away, 10 is there" inline small wrong=${wrong} options=${Array.from({ length: 10 }, (_, i) => [String(i + 1), String(i + 1)])} />`}</${Form}></div></details>`}`}</${Loaded}>`;
}

function AskSupervisor({ c, open }) {
  const users = useLoad(open && '/api/users'), asked = useLoad('/api/supervision?all=true'), [problem, setProblem] = useState(null);
  const send = async (v) => { await post('/api/supervision', { target: c.cycle, supervisor: v.supervisor, ...(v.note ? { note: v.note } : {}) }); asked.again(); };
  const cancel = async (s) => { setProblem(null); await post(`/api/supervision/${s.supervision}/cancel`); asked.again(); };
  const supervisors = (users.data?.users ?? []).filter((u) => /supervisor/.test(u.roles));
  return html`<h2 class="govuk-heading-m">Supervision</h2>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Loaded} of=${asked} what="what was asked">${({ supervision }) => html`<${Table} caption="Asked for supervision" hidden head=${['Whom', 'On', 'State', 'What they said', 'Change']} empty="You have not asked for supervision of it yet."
      rows=${supervision.filter((s) => s.cycle === c.cycle).map((s) => [s.supervisor_name, date(s.asked_at), s.state === 'done' ? html`<${Tag} kind="green">Done</${Tag}>` : html`<${Tag} kind="blue">Waits</${Tag}>`, s.answer ?? '',
        s.state === 'waiting' ? html`<${Action} kind="secondary" onProblem=${setProblem} onPress=${() => cancel(s)}>Take it back</${Action}>` : ''])} />`}</${Loaded}>
    ${open && supervisors.length > 0 && html`<details class="govuk-details"><summary class="govuk-details__summary">Ask your supervisor</summary><div class="govuk-details__text">
      <${Form} onSend=${send} send="Ask" done="It waits for them">${(wrong) => html`<${Select} name="supervisor" label="Whom?" options=${supervisors.map((u) => [u.user, u.name])} />
        <${Field} name="note" type="area" label="What would you like them to look at?" wrong=${wrong} />`}</${Form}></div></details>`}`;
}
