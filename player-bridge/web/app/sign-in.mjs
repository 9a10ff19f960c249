// Signing in; the code is asked for only when the server wants one. Where a proxy signs people on, there is a button for that.
import { html, useEffect, useState } from '/vendor/preact.js';
import { offersSignOn, signIn, signOn } from '/app/api.mjs';
import { Action, Field, Form, Notice, Title } from '/app/parts.mjs';

const check = ({ name, password }) => ({
  ...(name ? {} : { name: 'Enter your name' }),
  ...(password ? {} : { password: 'Enter your password' }),
});

const AWAY = 'signing on'; // kept while the browser is at the provider's

/** The proxy may know who it is; else it sends the browser to its provider and back to the front page, which asks again, once. */
function SignOn({ onDone }) {
  const [offered, offer] = useState(false), [problem, setProblem] = useState(null);
  const go = async () => {
    setProblem(null);
    try { onDone(await signOn()); } catch (refused) {
      if (refused.status !== 401 || sessionStorage.getItem(AWAY)) throw refused;
      sessionStorage.setItem(AWAY, 'yes');
      location.href = '/sign-on';
    }
  };
  useEffect(() => {
    const back = sessionStorage.getItem(AWAY);
    offersSignOn().then((does) => {
      offer(does);
      if (does && back) go().catch(setProblem).finally(() => sessionStorage.removeItem(AWAY));
    });
  }, []);
  return offered && html`${problem && html`<${Notice} kind="bad" title="You could not be signed on"><p class="govuk-body">${problem.message}</p></${Notice}>`}
    <${Action} kind="secondary" busy="Signing on…" onProblem=${setProblem} onPress=${go}>Sign in with your organisation</${Action}>
    <p class="govuk-body quiet">Or with a name and a password of this vault:</p>`;
}

/** `over`: a session has just ended; a text says why. */
export function SignIn({ over, onDone }) {
  const send = async ({ name, password, code }) => onDone(await signIn(name, password, code.replace(/\s/g, '')));
  const ended = typeof over === 'string';
  return html`<main class="door" id="main">
    <div class="door__in">
      <p class="door__name"><img src="/icon.svg" alt="" width="40" height="40" />clipvault</p>
      <${Title} size="l">Sign in</${Title}>
      ${over && html`<${Notice} kind=${ended ? 'good' : 'plain'} title=${ended ? 'It is done' : 'Your session has ended'}><p class="govuk-body">${ended ? over : `Sign in again to go on where you were. What you had saved is safe, and
        uploads go on from where they stopped.`}</p></${Notice}>`}
      <${SignOn} onDone=${onDone} />
      <${Form} onSend=${send} check=${check} send="Sign in" busy="Signing in…">${(wrong) => html`
        <${Field} name="name" label="Name" autocomplete="username" autocapitalize="none" spellcheck=${false} wrong=${wrong} />
        <${Field} name="password" label="Password" type="password" autocomplete="current-password" wrong=${wrong} />
        <${Field} name="code" label="Code from your authenticator app" hint="Only if you have set one up" width="5" inputmode="numeric" autocomplete="one-time-code" wrong=${wrong} />`}
      </${Form}>
      <p class="govuk-body-s quiet">Forgotten your password? Ask the information-governance officer of your service for a new one.</p>
    </div></main>`;
}
