// What else can be done with a clip, by whom.
import { post } from '/app/api.mjs';
import { html, Back, Field, Form, Title } from '/app/parts.mjs';
import { glassOf } from '/app/pages/clip-told.mjs';

/** Links below a clip: [address, words, roles]. What the server would refuse now, for what the clip is, is not offered. */
const ways = (id) => [
  [`#/clips/${id}/share`, 'Share it with a colleague or supervisor', ['practitioner']],
  [`#/clips/${id}/obscure`, 'Cover faces and voices', ['practitioner']],
  [`#/clips/${id}/people`, 'Correct who is in it', ['practitioner', 'officer']],
  [`#/why?clip=${id}`, 'Why can or can\u2019t somebody see it?', ['officer']],
  [`#/clips/${id}/glass`, 'It must be seen, in an emergency', ['officer']],
  [`#/holds/new?of=${id}`, 'Place a hold or restriction', ['officer']],
  [`#/audit?clip=${id}`, 'What was done with it', ['officer']],
  [`#/clips/${id}/destroy`, 'Destroy it now', ['practitioner', 'officer']],
];

export function More({ c, me }) {
  if (c.state === 'shredded') return null;
  const seen = c.state === 'live' && !c.restricted;
  const open = { share: seen, obscure: seen && c.frames > 1, glass: seen && !glassOf(c, me), people: c.state !== 'held' && c.state !== 'expired', destroy: !c.held && !c.restricted && c.state !== 'held' };
  const mine = ways(c.clip).filter(([to]) => open[to.split('/').at(-1)] ?? true).filter(([, , roles]) => roles.some((r) => me.roles.includes(r)));
  return mine.length > 0 && html`<h2 class="govuk-heading-m">More</h2><ul class="govuk-list">${mine.map(([to, words]) => html`<li><a class="govuk-link" href=${to}>${words}</a></li>`)}</ul>`;
}

export function Destroy({ id }) {
  const send = async ({ reason }) => {
    await post(`/api/clips/${id}/shred`, { reason });
    location.hash = '#/certificates';
  };
  return html`<${Back} to=${`#/clips/${id}`} /><${Title}>Destroy this clip</${Title}>
    <p class="govuk-body">Its keys are destroyed, here and in every copy. This cannot be taken back. You get a certificate.</p>
    <${Form} onSend=${send} kind="warning" send="Destroy it now" busy="Destroying\u2026" cancel=${`#/clips/${id}`} check=${(v) => (v.reason ? {} : { reason: 'Say why: it stands on the certificate' })}>${(wrong) => html`
      <${Field} name="reason" label="Why?" hint="It stands on the certificate: name nobody" wrong=${wrong} />`}</${Form}>`;
}
