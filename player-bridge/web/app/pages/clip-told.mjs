// Why a clip cannot be seen, or is kept, where nothing can be done about it on its page; and who saw it in an emergency.
import { html, Notice } from '/app/parts.mjs';
import { count, hour, when } from '/app/words.mjs';

const Link = ({ to, children }) => html` <a class="govuk-link" href=${to}>${children}</a>`;

/** [what is so, title, words, what an officer is told and led to instead]. A restriction goes before what else is so. */
const notices = (c) => [
  [c.restricted, 'It is under restriction', 'Somebody in information governance has frozen it: while that lasts nobody can see it, and nothing of it is destroyed. Ask them, if you need to know more.',
    html`While that lasts nobody can see it, and nothing of it is destroyed. <${Link} to="#/holds">Holds and restrictions</${Link}>`],
  [c.state === 'expired', 'Its time is over', `It cannot be seen any more${c.held ? '; a hold keeps it from being destroyed' : ', and is destroyed before long'}. Nothing is wrong with your computer. What was cut out of it for other purposes has an end of its own.`,
    html`It cannot be seen any more. ${c.held ? html`A hold keeps it from being destroyed. <${Link} to="#/holds">Holds and restrictions</${Link}>` : html`The next sweep destroys it. <${Link} to="#/sweep">What is due</${Link}>`}`],
  [c.state === 'held', 'It is held', 'What people agreed to has ended, so nobody can see it. Somebody in information governance keeps it from being destroyed, for a reason of theirs. Ask them, if you need to know more.',
    html`What people agreed to has ended, and nobody can see it. A hold keeps it from being destroyed; when the hold ends, it is destroyed at once. <${Link} to="#/holds">Holds and restrictions</${Link}>`],
];

export function Told({ c, me }) {
  const found = notices(c).find(([is]) => is);
  return found && html`<${Notice} kind="warn" title=${found[1]}><p class="govuk-body">${me.roles.includes('officer') ? found[3] : found[2]}</p></${Notice}>`;
}

/** The glass that stands for `me`, if there is one. */
export const glassOf = (c, me) => c.break_glass.find((g) => g.state === 'stands' && g.asked_by === me.user);

/** Told for ever to whoever works with the clip. */
export function Emergencies({ c, me }) {
  const open = c.break_glass.filter((g) => g.state === 'stands' && g.asked_by !== me.user);
  return html`${open.map((g) => html`<${Notice} key=${g.grant} kind="warn" title=${`${g.asked_by_name} may see it until ${hour(g.until)}`}>
    <p class="govuk-body">Two officers decided that it must be seen: ${g.asked_by_name} asked, ${g.confirmed_by_name} confirmed. “${g.reason}”</p></${Notice}>`)}`;
}
export const emergencies = (c) => c.break_glass.length > 0 && html`<ul class="govuk-list tight">${c.break_glass.map((g) => html`<li key=${g.grant}>${g.asked_by_name} asked, ${g.confirmed_by_name} confirmed: “${g.reason}”. Until ${when(g.until)}; seen ${count(g.seen, 'time')}.</li>`)}</ul>`;
