// The supervisor's seat: what may be seen, and until when; what ends first comes first.
import { html, Loaded, Title, useLoad } from '/app/parts.mjs';
import { ClipTiles } from '/app/pages/case.mjs';
import { sooner } from '/app/words.mjs';

export function Queue() {
  const clips = useLoad('/api/clips?state=live', ['clip']);
  return html`<${Title}>To review</${Title}><${Loaded} of=${clips} what="what waits for you">${({ clips: all }) => html`<${ClipTiles} clips=${[...all].sort(sooner)} from
    empty="Nothing waits for you. You see clips here once a practitioner whom you supervise has some that everyone in them agreed to." />`}</${Loaded}>`;
}
