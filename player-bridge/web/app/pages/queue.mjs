// The supervisor's seat: what may be seen, and until when; what ends first comes first.
import { html, Loaded, Title, useLoad } from '/app/parts.mjs';
import { ClipTile } from '/app/pages/case.mjs';
import { sooner } from '/app/words.mjs';

export function Queue() {
  const clips = useLoad('/api/clips?state=live', ['clip']);
  return html`<${Title}>To review</${Title}><${Loaded} of=${clips} what="what waits for you">${({ clips: all }) => (all.length
    ? html`<ul class="tiles">${[...all].sort(sooner).map((c) => html`<${ClipTile} key=${c.clip} clip=${c} />`)}</ul>`
    : html`<p class="govuk-body quiet">Nothing waits for you. You see clips here once a practitioner whom you supervise has some that everyone in them agreed to.</p>`)}</${Loaded}>`;
}
