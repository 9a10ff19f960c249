// One's own account: the password, the authenticator app, where one is signed in.
import { useState } from '/vendor/preact.js';
import { over, post, remove } from '/app/api.mjs';
import { html, Action, Back, Field, Form, Loaded, Notice, Summary, Table, Tag, Title, useLoad } from '/app/parts.mjs';
import { list, roles, when } from '/app/words.mjs';

const Problem = ({ problem }) => problem && html`<${Notice} kind="bad" title="That did not work"><p class="govuk-body">${problem.message}</p></${Notice}>`;

export function Account({ me }) {
  const mine = useLoad(`/api/users/${me.user}`), sessions = useLoad('/api/sessions'), [problem, setProblem] = useState(null);
  const end = async (s) => { setProblem(null); await remove(`/api/sessions/${s.session}`); sessions.again(); };
  return html`<${Title} caption=${list(me.roles.map((r) => roles[r] ?? r))}>Your account</${Title}>
    <${Loaded} of=${mine} what="your account">${(u) => html`<${Summary} rows=${[
      ['Name', u.name],
      ['Password', u.password ? 'Set' : 'None: you come by single sign-on', html`<a class="govuk-link" href="#/account/password">Change<span class="govuk-visually-hidden"> your password</span></a>`],
      ['Authenticator app', u.totp ? 'Set up: a code of it is asked for' : 'Not set up', html`<a class="govuk-link" href="#/account/app">${u.totp ? 'Set up another' : 'Set one up'}<span class="govuk-visually-hidden"> as your authenticator app</span></a>`],
      ['Your access ends', u.external && when(u.until)]]} />`}</${Loaded}>
    <h2 class="govuk-heading-m">Where you are signed in</h2>
    <p class="govuk-body">A session ends by itself after half an hour without use. End what you do not know, then change your password.</p>
    <${Problem} problem=${problem} />
    <${Loaded} of=${sessions} what="your sessions">${({ sessions: all }) => html`<${Table} caption="Sessions" hidden head=${['Begun', 'Last used', 'Ends at the latest', 'End it']}
      rows=${all.map((s) => [when(s.began_at), when(s.used_at), when(s.expires_at),
        s.current ? html`<${Tag} kind="green">This one</${Tag}>` : html`<${Action} kind="secondary" busy="Ending…" onProblem=${setProblem} onPress=${() => end(s)}>End it<span class="govuk-visually-hidden"> (begun ${when(s.began_at)})</span></${Action}>`])} />`}</${Loaded}>`;
}

const check = (v) => ({
  ...(v.password ? {} : { password: 'Enter a new password' }),
  ...(!v.password || v.password === v.again ? {} : { again: 'This is not the same: type the new password twice' }),
});

export function OwnPassword({ me }) {
  const send = async ({ password }) => {
    await post(`/api/users/${me.user}/password`, { password });
    over('Your password is changed. Sign in with the new one.');
  };
  return html`<${Back} to="#/account">Your account</${Back}><${Title}>Change your password</${Title}>
    <p class="govuk-body">Wherever you are signed in, you are signed out, here too.</p>
    <${Form} onSend=${send} check=${check} send="Change it" cancel="#/account">${(wrong) => html`
      <${Field} name="password" type="password" label="New password" hint="At least 10 characters. Several words are easy to remember, and hard to guess" width="20" autocomplete="new-password" wrong=${wrong} />
      <${Field} name="again" type="password" label="The new password once more" width="20" autocomplete="new-password" wrong=${wrong} />`}</${Form}>`;
}

// ---- the app

/** The squares as one path: drawn, never written as HTML. `qr` is what encode() answers. */
function Picture({ qr }) {
  const path = qr.data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return html`<svg class="qr" viewBox=${`0 0 ${qr.size} ${qr.size}`} role="img" aria-label="The key as a picture for an authenticator app" shape-rendering="crispEdges">
    <rect width=${qr.size} height=${qr.size} fill="#fff" /><path d=${path} fill="#000" /></svg>`;
}

const inFours = (text) => text.replace(/.{4}(?=.)/g, '$& ');

export function App({ me }) {
  const mine = useLoad(`/api/users/${me.user}`), [app, set] = useState(null), [done, setDone] = useState(false), [problem, setProblem] = useState(null);
  const begin = async () => {
    setProblem(null);
    const { uri } = await post('/api/me/app'), { encode } = await import('/vendor/qr.js');
    set({ uri, key: new URL(uri).searchParams.get('secret'), qr: encode(uri, { ecc: 'M', border: 4 }) });
  };
  if (done) return html`<${Back} to="#/account">Your account</${Back}><${Title}>Your authenticator app is set up</${Title}>
    <${Notice} kind="good" title="From now on you are asked for a code"><p class="govuk-body">The app shows a new one every half minute; each counts once. If you lose your phone, an
      information-governance officer can give you a new password, with which no code is asked for until you set up an app again.</p></${Notice}>
    <p class="govuk-body"><a class="govuk-link" href="#/account">Back to your account</a></p>`;
  return html`<${Back} to="#/account">Your account</${Back}><${Title}>Set up an authenticator app</${Title}>
    <${Problem} problem=${problem} />
    ${app ? html`<${Enrol} app=${app} onDone=${() => setDone(true)} />` : html`
      <p class="govuk-body">With an app on your phone, a stolen password is not enough to sign in. Any app for six-digit codes will do. Install one first, and have your phone at hand.</p>
      <${Loaded} of=${mine} what="your account">${(u) => html`${u.totp && html`<${Notice} kind="warn" title="You have one already"><p class="govuk-body">The new one takes its place as soon as you have entered a code of it.</p></${Notice}>`}`}</${Loaded}>
      <${Action} busy="Making a key…" onProblem=${setProblem} onPress=${begin}>Show me the key for my app</${Action}>`}`;
}

function Enrol({ app, onDone }) {
  const send = async ({ code }) => { await post('/api/me/app/confirm', { code: code.replace(/\s/g, '') }); onDone(); };
  return html`<ol class="govuk-list govuk-list--number steps"><li>
      <h2 class="govuk-heading-m">Give the key to your app</h2>
      <div class="enrol"><${Picture} qr=${app.qr} /><div>
        <p class="govuk-body">Scan this picture with the app. On a phone, <a class="govuk-link" href=${app.uri}>open the app with it</a>. Or type this key, as one that goes by time:</p>
        <p class="govuk-body"><code class="key">${inFours(app.key)}</code></p>
        <p class="govuk-body quiet">It is shown this once. Let nobody look, and keep no copy.</p></div></div></li>
    <li><h2 class="govuk-heading-m">Enter the code that it shows now</h2>
      <${Form} onSend=${send} send="Set it up" busy="Checking…" cancel="#/account" check=${(v) => (/^\d{3}\s?\d{3}$/.test(v.code) ? {} : { code: 'Enter the six digits that the app shows' })}>${(wrong) => html`
        <${Field} name="code" label="Code" width="5" inputmode="numeric" autocomplete="one-time-code" wrong=${wrong} />`}</${Form}></li></ol>`;
}
