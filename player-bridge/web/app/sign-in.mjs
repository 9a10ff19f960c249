// Signing in; the code is asked for only when the server wants one.
import { html } from '/vendor/preact.js';
import { signIn } from '/app/api.mjs';
import { Field, Form, Notice, Title } from '/app/parts.mjs';

const check = ({ name, password }) => ({
  ...(name ? {} : { name: 'Enter your name' }),
  ...(password ? {} : { password: 'Enter your password' }),
});

/** `over`: a session has just ended. */
export function SignIn({ over, onDone }) {
  const send = async ({ name, password, code }) => onDone(await signIn(name, password, code.replace(/\s/g, '')));
  return html`<main class="door" id="main">
    <div class="door__in">
      <p class="door__name"><img src="/icon.svg" alt="" width="40" height="40" />clipvault</p>
      <${Title} size="l">Sign in</${Title}>
      ${over && html`<${Notice} title="Your session has ended"><p class="govuk-body">Sign in again to go on where you were. What you had saved is safe, and
        uploads go on from where they stopped.</p></${Notice}>`}
      <${Form} onSend=${send} check=${check} send="Sign in" busy="Signing in…">${(wrong) => html`
        <${Field} name="name" label="Name" autocomplete="username" autocapitalize="none" spellcheck="false" wrong=${wrong} />
        <${Field} name="password" label="Password" type="password" autocomplete="current-password" wrong=${wrong} />
        <${Field} name="code" label="Code from your authenticator app" hint="Only if you have set one up" width="5" inputmode="numeric" autocomplete="one-time-code" wrong=${wrong} />`}
      </${Form}>
      <p class="govuk-body-s quiet">Forgotten your password? Ask the information-governance officer of your service for a new one.</p>
    </div></main>`;
}
