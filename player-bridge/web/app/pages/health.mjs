// Whether the vault and the machine are well, and what to do where they are not. No names of those filmed.
import { useState } from '/vendor/preact.js';
import { get } from '/app/api.mjs';
import { html, Action, Loaded, Notice, Summary, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { away, count, when } from '/app/words.mjs';

const DAY = 864e5, SWEEP_LATE = 2 * DAY, BACKUP_LATE = 7 * DAY;
const late = (time, most) => !time || Date.now() - Date.parse(time) > most;

/** What `stats` and the list of places say that somebody has to look at: [{title, words, to, link, urgent?}]. */
export function alarms(s, places) {
  const ill = places.filter((p) => p.state !== 'live'), copies = ['#/health', 'See where copies are kept'], sweep = ['#/sweep', 'See what is due'];
  const doubted = { 'mass-due': ['Unusually much fell due at once: nothing is destroyed, and nobody can see a film', 'That may be right, or the clock or a rule is wrong: an officer has to look.', 'Look through it, and say whether it is right'],
    jumped: ['The clock has jumped: nothing is shown, and nothing destroyed', 'An officer has to say whether it is right.', 'See what time it is taken for'],
    backwards: ['The clock is behind: nothing is shown, and nothing destroyed', 'Whoever runs the machine has to set it right.', 'See what time it is taken for'] }[s.clock];
  return [
    ...(doubted ? [[true, doubted[0], doubted[1], ['#/sweep', doubted[2]], true]] : []),
    [s.overdue > 0 && !doubted, `${count(s.overdue, 'clip is', 'clips are')} overdue: what should be destroyed is not`, `It has been due since ${when(s.overdue_since)}. Nobody can see it.`, ['#/sweep', 'See what is due, and destroy it'], true],
    [s.pending > 0, 'A destruction is not finished', 'It waits for a place where a copy of the secret is kept. Viewing has ended already.', copies, true],
    [late(s.last_sweep_at, SWEEP_LATE), s.last_sweep_at ? `The last sweep was ${away(s.last_sweep_at)}` : 'The vault was not swept yet', 'The server does it by itself; if it does not, look at its log.', sweep],
    [!places.length, 'There is one copy of the secret only', 'If this machine is lost, so are all films. An officer adds a second place at the machine: clipvault replica add.', copies],
    [ill.length > 0, `${count(ill.length, 'place does', 'places do')} not follow: ${ill.map((p) => p.name).join(', ')}`, 'Destroying waits for it, or its copy lags behind. See whether it is switched on and can be reached.', copies],
    [late(s.last_backup_at, BACKUP_LATE), s.last_backup_at ? `The last backup was ${away(s.last_backup_at)}` : 'There is no backup yet', 'Make one at the machine: clipvault backup --to a folder on another disk.', ['#/health', 'See how the vault is']],
  ].filter(([is]) => is).map(([, title, words, [to, link], urgent = false]) => ({ title, words, to, link, urgent }));
}

const states = { live: ['green', 'Follows'], waiting: ['red', 'Does not answer'], lagging: ['yellow', 'Lags behind'], lost: ['grey', 'Given up'] };
const placeKinds = { holder: 'A holder: destroying waits for it', nodes: 'A copy of the keys, sealed' };
const slotKinds = { passphrase: 'A passphrase', 'key-file': 'A key file', shares: 'Recovery shares', tpm: 'This machine’s TPM' };

function Check() {
  const [found, set] = useState(null), [problem, setProblem] = useState(null);
  const look = async () => { setProblem(null); set(await get('/api/check')); };
  return html`<${Action} kind="secondary" busy="Looking at everything…" onProblem=${setProblem} onPress=${look}>Check everything now</${Action}>
    <div aria-live="polite">${problem && html`<${Notice} kind="bad" title="It could not be checked"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    ${found && html`<${Notice} kind=${found.ok ? 'good' : 'bad'} title=${found.ok ? 'The vault is whole' : 'Something is not as it should be'}>
      ${found.ok ? html`<p class="govuk-body">Every row and every sealed file is as the keys say.</p>` : html`<ul class="govuk-list govuk-list--bullet">${found.problems.map((p) => html`<li class="long">${p}</li>`)}</ul>
        <p class="govuk-body">Whoever runs the server sees more with clipvault check --deep.</p>`}</${Notice}>`}</div>`;
}

export function Health() {
  const stats = useLoad('/api/stats'), slots = useLoad('/api/slots'), replicas = useLoad('/api/replicas');
  return html`<${Title}>Health</${Title}>
    <div><${Loaded} of=${stats} what="the state of the vault">${(s) => html`
    ${replicas.data && alarms(s, replicas.data.replicas).map((a) => html`<${Notice} key=${a.title} kind=${a.urgent ? 'bad' : 'warn'} title=${a.title}><p class="govuk-body">${a.words}</p></${Notice}>`)}
    <${Summary} rows=${[['Last sweep', s.last_sweep_at ? when(s.last_sweep_at) : 'Never'], ['Last backup', s.last_backup_at ? when(s.last_backup_at) : 'Never'], ['Overdue', s.overdue], ['Destructions that wait', s.pending],
      ['The secret is kept in', s.assurance === 'tpm' ? 'A TPM' : 'A file, which is the weaker way']]} />`}</${Loaded}></div>
    <${Check} />
    <h2 class="govuk-heading-m">Where copies of the keys are kept</h2>
    <div><${Loaded} of=${replicas} what="the places">${({ replicas: all }) => html`<${Table} caption="Places" hidden head=${['Name', 'What it is', 'Where', 'State']}
      rows=${all.map((x) => [x.name, placeKinds[x.kind] ?? x.kind, html`<span class="long">${x.where}</span>`, html`<${Tag} kind=${states[x.state]?.[0]}>${states[x.state]?.[1] ?? x.state}</${Tag}>`])}
      empty="There is one copy only. If this machine is lost, so is everything: add a place with clipvault replica add." />`}</${Loaded}></div>
    <h2 class="govuk-heading-m">Ways to unlock</h2>
    <div><${Loaded} of=${slots} what="the ways to unlock">${({ slots: all }) => html`<${Table} caption="Ways to unlock" hidden head=${['Kind', 'Made']} rows=${all.map((x) => [slotKinds[x.kind] ?? x.kind, when(x.made_at)])} />`}</${Loaded}></div>
    <p class="govuk-body quiet">An officer adds and removes ways to unlock and places, at the machine itself: clipvault slot, clipvault replica. Backups: clipvault backup --to DIR; try one every month with clipvault restore --from DIR --drill.</p>`;
}
