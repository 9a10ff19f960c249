// The keys, and how somebody likes the player: two dialogs.
import { html, useState } from '/vendor/preact.js';
import { Dialog } from '/app/parts.mjs';
import { table } from '/app/player/keys.mjs';

const Done = ({ onEnd }) => html`<button type="button" class="govuk-button" onClick=${() => onEnd(true)}>Done</button>`;
const Tick = ({ name, label, hint, on, onChange }) => html`<div class="govuk-checkboxes govuk-checkboxes--small"><div class="govuk-checkboxes__item">
  <input class="govuk-checkboxes__input" type="checkbox" id=${name} checked=${on} aria-describedby=${hint && `${name}-hint`} onChange=${(e) => onChange(e.currentTarget.checked)} />
  <label class="govuk-label govuk-checkboxes__label" for=${name}>${label}</label>
  ${hint && html`<div class="govuk-hint govuk-checkboxes__hint" id=${`${name}-hint`}>${hint}</div>`}</div></div>`;

export const SwitchKeys = ({ now, change }) => html`<${Tick} name="use-keys" label="Use these keys" hint="Only while the player has the focus" on=${now.keys} onChange=${(keys) => change({ keys })} />`;

/** `does` leaves out what this person cannot do, and so does the list. */
export function Keys({ does, now, change, onEnd }) {
  const rows = table.filter(([, word]) => does[word]), others = (words) => rows.filter((r) => r[2] === words);
  return html`<${Dialog} title="Keys" onEnd=${onEnd}>
    <${SwitchKeys} now=${now} change=${change} />
    <div class="keys" tabindex="0" role="group" aria-label="Keys">${[...new Set(rows.map((r) => r[3]))].map((group) => html`<section><h3 class="govuk-heading-s">${group}</h3>
      <dl class="keys__list">${rows.filter((r) => r[3] === group && others(r[2])[0] === r).map(([, , words]) => html`<div><dt>${others(words).map(([key]) => html`<kbd>${key}</kbd> `)}</dt><dd>${words}</dd></div>`)}</dl></section>`)}</div>
    <${Done} onEnd=${onEnd} /></${Dialog}>`;
}

function Amount({ name, label, hint, value, min, max, step, onChange }) {
  return html`<div class="govuk-form-group"><label class="govuk-label" for=${name}>${label}</label>
    ${hint && html`<div class="govuk-hint" id=${`${name}-hint`}>${hint}</div>`}
    <input class="govuk-input govuk-input--width-4" id=${name} type="number" min=${min} max=${max} step=${step} defaultValue=${value} aria-describedby=${hint && `${name}-hint`}
      onInput=${(e) => { const n = e.currentTarget.valueAsNumber; if (n >= min && n <= max) onChange(n); }} /></div>`;
}

export function Settings({ now, change, onEnd }) {
  const [first] = useState(now);
  return html`<${Dialog} title="Settings" onEnd=${onEnd}>
    <${SwitchKeys} now=${now} change=${change} />
    <div class="settings">
    <${Amount} name="step" label="Frames for < and >" value=${first.step} min=${2} max=${1000} step=${1} onChange=${(step) => change({ step: Math.round(step) })} />
    <${Amount} name="delay" label="Reaction time" hint="Seconds. A tag set while playing stands so much earlier" value=${first.delay} min=${0} max=${5} step=${0.1} onChange=${(delay) => change({ delay })} />
    <${Amount} name="preroll" label="Begin before a remark" hint="Seconds, when you play from one" value=${first.preroll} min=${0} max=${30} step=${0.5} onChange=${(preroll) => change({ preroll })} />
    <${Tick} name="pause" label="Pause at every remark" on=${now.pause} onChange=${(pause) => change({ pause })} />
    </div>
    <${Done} onEnd=${onEnd} /></${Dialog}>`;
}
