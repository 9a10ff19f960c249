// The first page after signing in: where this person works, and what waits for them there.
import { html, Title, useLoad } from '/app/parts.mjs';
import { count, list, roles, until } from '/app/words.mjs';

const seats = {
  practitioner: ['#/cases', 'Your cases', 'Add footage, see who agreed to what, study and share clips'],
  supervisor: ['#/review', 'To review', 'The clips of those you supervise, as far as everyone in them agreed'],
  officer: ['#/overview', 'Overview', 'Who agreed to what, what ends when, withdrawals, holds, proof'],
  administrator: ['#/accounts', 'Accounts', 'Who may sign in, and whether the machine is well'],
};

/** What waits is told once it is known; the page does not wait for it. */
function Waits({ mine, reviews }) {
  const people = useLoad(mine && '/api/persons?missing=true'), films = useLoad(mine && '/api/clips?state=quarantined', ['clip']), asked = useLoad(reviews && '/api/supervision', ['clip']);
  const missing = people.data?.persons.length ?? 0, waiting = films.data?.clips ?? [], first = waiting.map((c) => c.expires_at).sort()[0], laid = (asked.data?.supervision ?? []).filter((s) => reviews && s.state === 'waiting');
  const said = [
    missing > 0 && ['#/consents', `${count(missing, 'person has', 'people have')} not been asked yet`],
    waiting.length > 0 && ['#/consents', `${count(waiting.length, 'film waits', 'films wait')} for consent; the first is destroyed on ${until(first)} if nobody agrees`],
    laid.length > 0 && ['#/review', `${count(laid.length, 'request waits', 'requests wait')} for your review`],
  ].filter(Boolean);
  return html`<div role="status">${said.length > 0 && html`<section class="notice"><h2 class="govuk-heading-m">Waits for you</h2>
    <ul class="govuk-list govuk-list--bullet">${said.map(([to, words]) => html`<li><a class="govuk-link" href=${to}>${words}</a></li>`)}</ul></section>`}</div>`;
}

export function Start({ me }) {
  const mine = me.roles.includes('practitioner') && !me.roles.includes('officer'), reviews = me.roles.includes('supervisor');
  return html`<${Title} caption=${list(me.roles.map((r) => roles[r] ?? r))}>${`Hello ${me.name}`}</${Title}>
    ${(mine || reviews) && html`<${Waits} mine=${mine} reviews=${reviews} />`}
    <ul class="tiles">${me.roles.filter((r) => seats[r]).map((r) => html`<li class="tile"><div class="tile__body">
      <h2 class="govuk-heading-m"><a class="govuk-link tile__link" href=${seats[r][0]}>${seats[r][1]}</a></h2>
      <p class="govuk-body">${seats[r][2]}</p></div></li>`)}</ul>`;
}
