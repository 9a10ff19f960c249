// An officer sees a film, because it must be: one asks and says why, a second one confirms, for an hour, and it is told.
import { useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, Back, Field, Form, Loaded, Notice, Summary, Title, useLoad } from '/app/parts.mjs';
import { away, count, hour, when } from '/app/words.mjs';

const MOST = 200; // characters of a reason (vault/permit.h)

const checkReason = (v) => (!v.reason ? { reason: 'Say why it must be seen' } : v.reason.length > MOST ? { reason: `Say it in at most ${MOST} characters` } : {});

/** What there is to know before one asks, and before one says yes. */
const Rules = () => html`<ul class="govuk-list govuk-list--bullet">
  <li>A second officer has to confirm it, within 24 hours.</li>
  <li>From then on it lasts an hour. The film can be seen, for what everyone in it agreed to. Nothing is made of it, and no copy leaves.</li>
  <li>Who asked, who confirmed, why, and how often it was seen stands in the log, and on the page of the film: whoever works with it reads it there.</li></ul>`;

export function AskGlass({ id }) {
  const send = async ({ reason }) => { location.hash = `#/glass/${(await post('/api/break-glass', { clip: id, reason })).grant}`; };
  return html`<${Back} to=${`#/clips/${id}`} /><${Title}>See a film in an emergency</${Title}>
    <p class="govuk-body">Information governance answers for films without seeing them. Where one must be seen all the same, it takes two:</p><${Rules} />
    <${Form} onSend=${send} check=${checkReason} kind="warning" send="Ask a second officer" busy="Asking…" cancel=${`#/clips/${id}`}>${(wrong) => html`
      <${Field} name="reason" label="Why must it be seen?" hint="The practitioner reads it: name nobody" wrong=${wrong} maxlength=${MOST} />`}</${Form}>`;
}

const told = { requested: 'Waits for a second officer', stands: 'It may be seen', ended: 'Over', revoked: 'Ended' };

export function Glass({ id, me }) {
  const grants = useLoad('/api/grants', ['clip']);
  return html`<${Back} to="#/overview">Overview</${Back}><${Loaded} of=${grants} what="the request">${({ grants: all }) => {
    const g = all.find((x) => x.grant === id && x.purpose === 'break-glass');
    return g ? html`<${Request} g=${g} me=${me} again=${grants.again} />` : html`<${Title}>There is no such request</${Title}>`;
  }}</${Loaded}>`;
}

function Request({ g, me, again }) {
  const [problem, setProblem] = useState(null), mine = g.user === me.user, waits = g.state === 'requested';
  const act = (path) => async () => { setProblem(null); await post(path); again(); };
  const end = (words, kind = 'secondary') => html`<${Action} kind=${kind} busy="Ending…" onProblem=${setProblem} onPress=${act(`/api/grants/${g.grant}/revoke`)}>${words}</${Action}>`;
  return html`<${Title} caption=${mine ? 'You ask' : `${g.user_name} asks`}>To see a film in an emergency</${Title}>
    ${problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Summary} rows=${[['State', told[g.state] ?? g.state], ['Why', g.reason], ['Asked', when(g.asked_at)], ['Confirmed by', g.confirmed_by_name],
      [waits ? 'Can be confirmed until' : g.confirmed_by_name && 'Until', (waits || g.confirmed_by_name) && when(g.until)], ['Seen', g.confirmed_by_name && count(g.used, 'time')],
      ['Film', html`<a class="govuk-link long" href=${`#/clips/${g.clip}`}>${g.clip.slice(0, 12)}…</a>`]]} />
    ${waits && mine && html`<${Notice} kind="warn" title="It waits for a second officer"><p class="govuk-body">They find it on their overview. Tell them that you wait.</p></${Notice}><div class="govuk-button-group">${end('Take it back')}</div>`}
    ${waits && !mine && html`<h2 class="govuk-heading-m">Do you agree that they see it?</h2><${Rules} />
      <div class="govuk-button-group"><${Action} kind="warning" busy="Confirming…" onProblem=${setProblem} onPress=${act(`/api/break-glass/${g.grant}/confirm`)}>Yes, for an hour</${Action}>${end('No, they may not')}</div>`}
    ${g.state === 'stands' && html`<div class="govuk-button-group">${mine && html`<a class="govuk-button" href=${`#/clips/${g.clip}`}>See the film</a>`}${end('End it now', mine ? 'secondary' : 'warning')}</div>`}`;
}

/** On the overview: what waits for an answer, and what may be seen now. */
export function Glasses({ me }) {
  const grants = useLoad('/api/grants', ['clip']), now = (grants.data?.grants ?? []).filter((g) => g.purpose === 'break-glass' && (g.state === 'requested' || g.state === 'stands'));
  return now.map((g) => {
    const mine = g.user === me.user, waits = g.state === 'requested', who = mine ? 'You' : g.user_name;
    const title = waits ? (mine ? 'You asked to see a film: a second officer has to confirm it' : `${who} asks to see a film in an emergency`) : `${who} may see a film until ${hour(g.until)}`;
    return html`<${Notice} key=${g.grant} kind=${waits && mine ? 'warn' : 'bad'} title=${title}><p class="govuk-body">${waits ? `“${g.reason}”. It lapses ${away(g.until)}.` : `Because ${g.confirmed_by_name} confirmed it: “${g.reason}”.`}
      ${' '}<a class="govuk-link" href=${`#/glass/${g.grant}`}>${waits && !mine ? 'See what it means, and say yes or no' : 'See it, or end it'}</a></p></${Notice}>`;
  });
}
