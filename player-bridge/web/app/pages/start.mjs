// The first page after signing in: what waits for this person.
import { html, Title } from '/app/parts.mjs';
import { roles, list } from '/app/words.mjs';

const seats = {
  practitioner: ['#/cases', 'Your cases', 'Add footage, see who agreed to what, study and share clips'],
  supervisor: ['#/review', 'To review', 'The clips of those you supervise, as far as everyone in them agreed'],
  officer: ['#/overview', 'Overview', 'Who agreed to what, what ends when, withdrawals, holds, proof'],
  administrator: ['#/accounts', 'Accounts', 'Who may sign in, and whether the machine is well'],
};

export function Start({ me }) {
  return html`<${Title} caption=${list(me.roles.map((r) => roles[r] ?? r))}>${`Hello ${me.name}`}</${Title}>
    <ul class="tiles">${me.roles.filter((r) => seats[r]).map((r) => html`<li class="tile"><div class="tile__body">
      <h2 class="govuk-heading-m"><a class="govuk-link tile__link" href=${seats[r][0]}>${seats[r][1]}</a></h2>
      <p class="govuk-body">${seats[r][2]}</p></div></li>`)}</ul>`;
}
