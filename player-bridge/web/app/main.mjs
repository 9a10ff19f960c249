// The frame around every page: who is signed in, where they can go, and which page is shown. Addresses are behind "#", so that
// what somebody looks at stands in no server's or proxy's log.
import { html, render, useState, useEffect } from '/vendor/preact.js';
import { onNeed, whoAmI, signOut, post } from '/app/api.mjs';
import { Failure, Dialog, Field, Form } from '/app/parts.mjs';
import { SignIn } from '/app/sign-in.mjs';

// Page by address; what stands for ":x" is handed over as `x`, and is an id: pages make paths of the API of it. Each is loaded when it
// is first wanted.
const pages = [
  ['/', 'start', 'Start'],
  ['/cases', 'cases', 'Cases'],
  ['/cases/new', 'cases', 'NewCase'],
  ['/cases/:id', 'case', 'Case'],
  ['/cases/:id/person', 'person', 'NewPerson'],
  ['/cases/:id/add', 'add', 'AddFootage'],
  ['/cases/:id/consent/:person', 'consent', 'Consent'],
  ['/cases/:id/cycle', 'cycle', 'NewCycle'],
  ['/cases/:id/goal', 'cycle', 'NewGoal'],
  ['/cycles/:id', 'cycle', 'Cycle'],
  ['/cycles/:id/shared', 'shared', 'Shared'],
  ['/cases/:id/steps', 'steps', 'Steps'],
  ['/consents', 'consents', 'Consents'],
  ['/training', 'training', 'Training'],
  ['/clips', 'clips', 'Clips'],
  ['/clips/:id', 'clip', 'Clip'],
  ['/clips/:id/share', 'share', 'Share'],
  ['/clips/:id/people', 'clip-people', 'ClipPeople'],
  ['/clips/:id/destroy', 'clip-more', 'Destroy'],
  ['/clips/:id/obscure', 'obscure', 'Obscure'],
  ['/clips/:id/glass', 'glass', 'AskGlass'],
  ['/glass/:id', 'glass', 'Glass'],
  ['/review', 'queue', 'Queue'],
  ['/overview', 'overview', 'Overview'],
  ['/people', 'people', 'People'],
  ['/people/:id', 'people', 'Person'],
  ['/people/:id/withdraw', 'withdraw', 'Withdraw'],
  ['/people/:id/held', 'held', 'Held'],
  ['/people/:id/correct', 'record', 'Correct'],
  ['/people/:id/erase', 'record', 'Erase'],
  ['/holds', 'holds', 'Holds'],
  ['/holds/new', 'holds', 'NewHold'],
  ['/certificates', 'certificates', 'Certificates'],
  ['/audit', 'audit', 'Audit'],
  ['/why', 'why', 'Why'],
  ['/sweep', 'sweep', 'Sweep'],
  ['/accounts', 'accounts', 'Accounts'],
  ['/accounts/new', 'accounts', 'NewAccount'],
  ['/accounts/:id/password', 'accounts', 'NewPassword'],
  ['/health', 'health', 'Health'],
  ['/grants', 'grants', 'Grants'],
  ['/account', 'account', 'Account'],
  ['/account/password', 'account', 'OwnPassword'],
  ['/account/app', 'account', 'App'],
];

// What stands at the top, for whom.
const places = [
  ['/cases', 'Cases', ['practitioner']],
  ['/consents', 'To ask', ['practitioner']],
  ['/review', 'To review', ['supervisor']],
  ['/training', 'Training', ['practitioner', 'supervisor']],
  ['/overview', 'Overview', ['officer']],
  ['/people', 'People', ['officer']],
  ['/holds', 'Holds', ['officer']],
  ['/certificates', 'Certificates', ['officer']],
  ['/audit', 'Log', ['officer']],
  ['/accounts', 'Accounts', ['administrator', 'officer']],
  ['/grants', 'Shared', ['administrator']],
  ['/health', 'Health', ['administrator']],
];

function find(path) {
  const parts = path.split('/');
  for (const [pattern, file, name] of pages) {
    const wanted = pattern.split('/'), props = {};
    if (wanted.length !== parts.length) continue;
    if (wanted.every((w, i) => (w.startsWith(':') ? /^\w+$/.test(parts[i]) && (props[w.slice(1)] = parts[i]) : w === parts[i]))) return { file, name, props };
  }
  return null;
}

const here = () => {
  const [path, query] = (location.hash.slice(1) || '/').split('?');
  return { path: path.length > 1 ? path.replace(/\/$/, '') : path, query: Object.fromEntries(new URLSearchParams(query)) };
};

function usePlace() {
  const [place, set] = useState(here());
  useEffect(() => {
    const moved = () => { set(here()); scrollTo(0, 0); };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return place;
}

/** The page at this address. While it is on its way the last one stays; if that lasts, it is said. */
function Page({ place, me }) {
  const [shown, set] = useState(null), [late, setLate] = useState(false);
  useEffect(() => {
    const found = find(place.path), timer = setTimeout(() => setLate(true), 400);
    let wanted = true;
    const show = (View, props = {}) => { if (wanted) { clearTimeout(timer); setLate(false); set({ View, props, key: place.path }); } };
    if (found) {
      import(`/app/pages/${found.file}.mjs`).then((module) => show(module[found.name], found.props),
        () => show(() => html`<${Failure} what="this page" again=${() => location.reload()} problem=${{ message: 'It could not be loaded. Check your connection.' }} />`));
    } else show(() => html`<${Failure} problem=${{ status: 404 }} />`);
    return () => { wanted = false; clearTimeout(timer); };
  }, [place.path]);
  return html`<p class=${late ? 'late' : 'govuk-visually-hidden'} role="status">${late || !shown ? 'Loading…' : ''}</p>
    ${shown && html`<${shown.View} key=${shown.key} ...${shown.props} me=${me} query=${place.query} />`}`;
}

/** What only officers need is loaded for them alone. */
function Emergency({ me }) {
  const [View, set] = useState(null);
  useEffect(() => { if (me.roles.includes('officer')) import('/app/broken.mjs').then((m) => set(() => m.Broken), () => {}); }, []);
  return View && html`<${View} me=${me} />`;
}

function Header({ me, place, onSignOut }) {
  const mine = places.filter(([, , roles]) => roles.some((role) => me.roles.includes(role)));
  return html`<header class="top">
    <div class="top__in">
      <a class="top__name" href="#/"><img src="/icon.svg" alt="" width="28" height="28" />clipvault</a>
      <nav class="top__places" aria-label="Main">
        ${mine.map(([path, label]) => html`<a href=${`#${path}`} aria-current=${(place.path + '/').startsWith(path + '/') ? 'page' : undefined}>${label}</a>`)}
      </nav>
      <div class="top__me"><a href="#/account" aria-current=${place.path.startsWith('/account') && !place.path.startsWith('/accounts') ? 'page' : undefined}>${me.name}<span class="govuk-visually-hidden">, your account</span></a><button type="button" class="top__out" onClick=${onSignOut}>Sign out</button></div>
    </div></header>`;
}

/** The password once more, before what cannot be taken back. */
function Confirm({ onEnd }) {
  const send = async (values) => {
    await post('/api/session/confirm', values.code ? values : { password: values.password });
    onEnd(true);
  };
  return html`<${Dialog} title="Please confirm that it is you" onEnd=${onEnd}>
    <${Form} onSend=${send} send="Confirm" busy="Checking…" check=${(v) => (v.password ? {} : { password: 'Enter your password' })}>${(wrong) => html`
      <${Field} name="password" type="password" label="Your password" autocomplete="current-password" wrong=${wrong} />
      <${Field} name="code" label="Code from your authenticator app" hint="Only if you have set one up" width="5" inputmode="numeric" autocomplete="one-time-code" wrong=${wrong} />`}
    </${Form}>
    <button type="button" class="govuk-button govuk-button--secondary" onClick=${() => onEnd(false)}>Cancel</button>
  </${Dialog}>`;
}

function App() {
  const place = usePlace();
  const [me, setMe] = useState(undefined); // undefined: not known yet; null: nobody
  const [over, setOver] = useState(false);
  const [confirming, setConfirming] = useState(null);
  const [problem, setProblem] = useState(null);
  const begin = () => { setProblem(null); whoAmI().then(setMe, setProblem); };
  useEffect(() => {
    onNeed({
      signIn: (words = true) => { setOver(words); setMe(null); },
      confirm: () => new Promise((resolve) => setConfirming(() => (given) => { setConfirming(null); resolve(given); })),
    });
    begin();
  }, []);
  const leave = async () => { await signOut(); setOver(false); setMe(null); location.hash = '#/'; };
  if (problem) return html`<main class="govuk-width-container govuk-main-wrapper"><${Failure} problem=${problem} what="clipvault" again=${begin} /></main>`;
  if (me === undefined) return html`<main class="govuk-width-container govuk-main-wrapper"><p class="govuk-body quiet" role="status">Loading…</p></main>`;
  if (!me) return html`<${SignIn} over=${over} onDone=${(who) => { setOver(false); setMe(who); }} />`;
  return html`<a href="#main" class="govuk-skip-link" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>Skip to main content</a>
    <${Header} me=${me} place=${place} onSignOut=${leave} /><${Emergency} key=${me.user} me=${me} />
    <div class="govuk-width-container"><main class="govuk-main-wrapper" id="main" tabindex="-1"><${Page} place=${place} me=${me} /></main></div>
    ${confirming && html`<${Confirm} onEnd=${confirming} />`}`;
}

render(html`<${App} />`, document.getElementById('app'));
