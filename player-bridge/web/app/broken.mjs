// While an officer may see a film because glass was broken, every page says so at its top. Loaded for officers alone.
import { useEffect, useState } from '/vendor/preact.js';
import { post } from '/app/api.mjs';
import { html, Action, useLoad } from '/app/parts.mjs';
import { hour } from '/app/words.mjs';

/** Whether that lies ahead; the page turns when it does not any more. */
function useAhead(time) {
  const [now, set] = useState(Date.now()), left = time ? Date.parse(time) - now : 0;
  useEffect(() => {
    const timer = left > 0 ? setTimeout(() => set(Date.now()), left + 100) : undefined;
    return () => clearTimeout(timer);
  }, [time, now]);
  return left > 0;
}

export function Broken({ me }) {
  const grants = useLoad(`/api/grants?user=${me.user}`, ['clip', 'viewing']), [problem, setProblem] = useState(null);
  const g = grants.data?.grants.find((x) => x.purpose === 'break-glass' && x.state === 'stands' && x.user === me.user), ahead = useAhead(g?.until);
  if (!g || !ahead) return null;
  const end = async () => { setProblem(null); await post(`/api/grants/${g.grant}/revoke`); grants.again(); };
  return html`<section class="broken no-print" aria-label="Emergency"><div class="broken__in">
    <p><strong>You may see a film until ${hour(g.until)}</strong>, because ${g.confirmed_by_name} confirmed it. It stands on the film’s page.${problem && html` <span role="alert">${problem.message}</span>`}</p>
    <a href=${`#/clips/${g.clip}`}>The film</a><${Action} kind="secondary" busy="Ending…" onProblem=${setProblem} onPress=${end}>End it now</${Action}></div></section>`;
}
