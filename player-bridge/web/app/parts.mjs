// What every page is made of: headings, fields, tables, messages. The styles are govuk-frontend's; the names here are ours.
import { html, useState, useEffect, useRef, useCallback } from '/vendor/preact.js';
import { ended, get, listen } from '/app/api.mjs';

export { html };

// What one may not see any more is taken off the page; what only cannot be reached stays.
const denied = ({ status }) => status === 403 || status === 404;

/** Loads what a page shows: {data, problem, again}. Asks anew when `path` changes, on `again()`, and when one of `events` is told. */
export function useLoad(path, events = []) {
  const [state, set] = useState({ path });
  const [turn, next] = useState(0);
  const again = useCallback(() => next((n) => n + 1), []);
  useEffect(() => {
    if (!path) return undefined;
    const stop = new AbortController();
    get(path, stop.signal).then(
      (data) => set({ path, data }),
      (problem) => { if (problem.name !== 'AbortError') set((was) => ({ ...(denied(problem) ? {} : was), path, problem })); });
    return () => stop.abort();
  }, [path, turn]);
  useEffect(() => (events.length ? listen((e) => { if (e.event === 'anew' || events.includes(e.event)) again(); }) : undefined), [events.join()]);
  return { data: state.path === path ? state.data : undefined, problem: state.path === path ? state.problem : undefined, again };
}

/** Calls `onEnd` when `film` (as it was opened; null: none) may not be seen any more: what the browser has of it already plays on. */
export function useEnd(clip, film, onEnd) {
  useEffect(() => (film ? listen((e) => {
    if (e.event === 'anew' || e.clip === clip) ended(film.url).then((is) => { if (is) onEnd(); });
  }) : undefined), [film?.url]);
}

/** What was loaded, or that it is being loaded, or why not. `children` is a function of the data. It is one element whatever it shows, so
 * that what stands beside it keeps its place. */
export function Loaded({ of, children, what = 'this page' }) {
  return html`<div>${of.data !== undefined ? children(of.data) : of.problem ? html`<${Failure} problem=${of.problem} again=${of.again} what=${what} />`
    : html`<p class="govuk-body quiet" role="status">Loading…</p>`}</div>`;
}

export function Failure({ problem, again, what }) {
  const [alone, set] = useState(false); // the page has no heading of its own yet: then this is it
  useEffect(() => set(!document.querySelector('main h1')), []);
  if (problem.status === 404) return html`<${Title}>There is no such thing, or it is not yours to see</${Title}>
    <p class="govuk-body">Go back to <a class="govuk-link" href="#/">your start page</a>.</p>`;
  const title = `We could not show ${what}`;
  return html`${alone && html`<${Title}>${title}</${Title}>`}<${Notice} title=${alone ? 'Why not' : title}>
    <p class="govuk-body">${problem.message}</p>
    ${again && html`<button type="button" class="govuk-button govuk-button--secondary" onClick=${again}>Try again</button>`}
  </${Notice}>`;
}

export function Notice({ title, kind = 'plain', children }) {
  return html`<section class=${`notice notice--${kind}`} role=${kind === 'good' ? 'status' : undefined}>
    <h2 class="govuk-heading-m">${title}</h2>${children}</section>`;
}

/** The one heading of a page, which gets the focus when the page comes, so that a screen reader begins there. */
export function Title({ children, caption, size = 'l' }) {
  const ref = useRef();
  const text = typeof children === 'string' ? children : [children].flat().filter((c) => typeof c === 'string').join('');
  useEffect(() => {
    document.title = `${text} - clipvault`;
    ref.current?.focus({ preventScroll: true });
  }, [text]);
  return html`<div>${caption && html`<span class="govuk-caption-l">${caption}</span>`}
    <h1 class=${`govuk-heading-${size}`} tabindex="-1" ref=${ref}>${children}</h1></div>`;
}

/** To `to`; without it, to where one came from. */
export const Back = ({ to, children = 'Back' }) => (to ? html`<a class="govuk-back-link" href=${to}>${children}</a>`
  : html`<a class="govuk-back-link" href="#/" onClick=${(e) => { e.preventDefault(); history.back(); }}>${children}</a>`);
export const Tag = ({ kind = 'grey', children }) => html`<strong class=${`govuk-tag govuk-tag--${kind}`}>${children}</strong>`;
export const Hint = ({ id, children }) => html`<div class="govuk-hint" id=${id}>${children}</div>`;

/** A button that says while it works that it does, and cannot be pressed twice. `onPress` may be async; what it throws is kept for
 * `onProblem`. */
export function Action({ children, onPress, onProblem, kind = '', busy = 'Please wait…', ...rest }) {
  const [working, set] = useState(false);
  const alive = useRef(true), button = useRef();
  useEffect(() => () => { alive.current = false; }, []);
  useFocusKept(button);
  const press = async () => {
    if (working) return;
    set(true);
    try { await onPress(); } catch (problem) { if (onProblem) onProblem(problem); else throw problem; }
    if (alive.current) set(false);
  };
  return html`<button type="button" ref=${button} class=${`govuk-button ${kind && `govuk-button--${kind}`}`} aria-disabled=${working} onClick=${press} ...${rest}>
    ${working ? busy : children}</button>`;
}

/** Where what has the focus goes away, as a button does that took its row with it, the heading gets it: a keyboard stays on the page. */
function useFocusKept(ref) {
  useEffect(() => () => {
    if (!ref.current?.contains(document.activeElement)) return;
    setTimeout(() => { if (document.activeElement === document.body) document.querySelector('h1')?.focus({ preventScroll: true }); });
  }, []);
}

// ---- forms

/** A form that never sends itself: `onSend` gets the values by name (a list where several boxes share a name) and may throw; what is
 * wrong stands at the top, gets the focus, and leads to the field. `check(values)` returns {field: what is wrong}. `done` is said where
 * the form stays after it was sent. */
export function Form({ onSend, check, children, send = 'Continue', busy = 'Saving…', done = 'Saved', cancel, kind }) {
  const [wrong, setWrong] = useState({}), [saved, setSaved] = useState(false);
  const [working, setWorking] = useState(false);
  const summary = useRef(), form = useRef(), alive = useRef(true);
  useFocusKept(form);
  useEffect(() => () => { alive.current = false; }, []);
  useEffect(() => { if (Object.keys(wrong).length) summary.current?.focus(); }, [wrong]);
  const submit = async (event) => {
    event.preventDefault();
    if (working) return;
    const values = valuesOf(event.currentTarget), found = check?.(values) ?? {};
    setWrong(found);
    setSaved(false);
    if (Object.keys(found).length) return;
    setWorking(true);
    try {
      await onSend(values);
      if (alive.current) setSaved(true);
    } catch (problem) { if (alive.current) setWrong({ '': problem.message }); }
    if (alive.current) setWorking(false);
  };
  const reach = (name) => form.current.querySelector(`[id="${name}"], [name="${name}"]`)?.focus();
  return html`<form novalidate ref=${form} onSubmit=${submit} onInput=${() => saved && setSaved(false)}>
    ${Object.keys(wrong).length > 0 && html`<div class="govuk-error-summary" tabindex="-1" ref=${summary} role="alert">
      <h2 class="govuk-error-summary__title">There is a problem</h2>
      <ul class="govuk-list govuk-error-summary__list">
        ${Object.entries(wrong).map(([name, text]) => html`<li>${name
          ? html`<a href=${`#${name}`} onClick=${(e) => { e.preventDefault(); reach(name); }}>${text}</a>` : text}</li>`)}
      </ul></div>`}
    ${typeof children === 'function' ? children(wrong) : children}
    <div class="govuk-button-group">
      <button class=${`govuk-button ${kind ? `govuk-button--${kind}` : ''}`} aria-disabled=${working}>${working ? busy : send}</button>
      ${cancel && html`<a class="govuk-link" href=${cancel}>Cancel</a>`}
      <span class="saved" role="status">${saved ? done : ''}</span>
    </div>
  </form>`;
}

export function valuesOf(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.type === 'file' || (field.type === 'radio' && !field.checked)) continue;
    if (field.type !== 'checkbox') values[field.name] = field.value.trim();
    else if (field.value === 'on') values[field.name] = field.checked;
    else values[field.name] = [...(values[field.name] ?? []), ...(field.checked ? [field.value] : [])];
  }
  return values;
}

/** One line of text with its label. `wrong` is what the form found. `id` where a page has several of one name. */
export function Field({ name, label, hint, wrong, type = 'text', width, value = '', id = name, ...rest }) {
  const said = wrong?.[name];
  const told = [hint && `${id}-hint`, said && `${id}-error`].filter(Boolean).join(' ');
  return html`<div class=${`govuk-form-group ${said ? 'govuk-form-group--error' : ''}`}>
    <label class="govuk-label" for=${id}>${label}</label>
    ${hint && html`<${Hint} id=${`${id}-hint`}>${hint}</${Hint}>`}
    ${said && html`<p class="govuk-error-message" id=${`${id}-error`}><span class="govuk-visually-hidden">Error:</span> ${said}</p>`}
    ${type === 'area'
      ? html`<textarea class="govuk-textarea" id=${id} name=${name} rows="4" aria-describedby=${told || undefined} ...${rest}>${value}</textarea>`
      : html`<input class=${`govuk-input ${width ? `govuk-input--width-${width}` : ''} ${said ? 'govuk-input--error' : ''}`} id=${id} name=${name}
          type=${type} defaultValue=${value} aria-describedby=${told || undefined} aria-invalid=${said ? 'true' : undefined} ...${rest} />`}
  </div>`;
}

/** Radios, or with `many` checkboxes: `options` is [[value, label, hint?]…]; `value` what is chosen (a list with `many`). */
export function Choices({ name, legend, hint, options, value, wrong, many, inline, small, onChange, size = 's' }) {
  const said = wrong?.[name], type = many ? 'checkbox' : 'radio', kind = many ? 'checkboxes' : 'radios';
  const chosen = (v) => (many ? (value ?? []).includes(v) : value === v);
  return html`<div class=${`govuk-form-group ${said ? 'govuk-form-group--error' : ''}`}>
    <fieldset class="govuk-fieldset" aria-describedby=${hint ? `${name}-hint` : undefined}>
      <legend class=${`govuk-fieldset__legend govuk-fieldset__legend--${size}`}>${legend}</legend>
      ${hint && html`<${Hint} id=${`${name}-hint`}>${hint}</${Hint}>`}
      ${said && html`<p class="govuk-error-message"><span class="govuk-visually-hidden">Error:</span> ${said}</p>`}
      <div class=${`govuk-${kind} ${inline ? `govuk-${kind}--inline` : ''} ${small ? `govuk-${kind}--small` : ''}`}>
        ${options.map(([v, label, more], i) => {
          const id = i ? `${name}-${i}` : name;
          return html`<div class=${`govuk-${kind}__item`}>
            <input class=${`govuk-${kind}__input`} type=${type} id=${id} name=${name} value=${v} defaultChecked=${chosen(v)}
              aria-describedby=${more ? `${id}-hint` : undefined} onChange=${onChange && ((e) => onChange(v, e.currentTarget.checked))} />
            <label class=${`govuk-label govuk-${kind}__label`} for=${id}>${label}</label>
            ${more && html`<div id=${`${id}-hint`} class=${`govuk-hint govuk-${kind}__hint`}>${more}</div>`}
          </div>`;
        })}
      </div>
    </fieldset></div>`;
}

export function Select({ name, label, hint, options, value, wrong, onChange }) {
  const said = wrong?.[name];
  return html`<div class=${`govuk-form-group ${said ? 'govuk-form-group--error' : ''}`}>
    <label class="govuk-label" for=${name}>${label}</label>
    ${hint && html`<${Hint} id=${`${name}-hint`}>${hint}</${Hint}>`}
    ${said && html`<p class="govuk-error-message">${said}</p>`}
    <select class="govuk-select" id=${name} name=${name} aria-describedby=${hint ? `${name}-hint` : undefined} onChange=${onChange && ((e) => onChange(e.currentTarget.value))}>
      ${options.map(([v, text]) => html`<option value=${v} selected=${v === value}>${text}</option>`)}
    </select></div>`;
}

/** A date in three fields, as people write it; `dateOf(values, name)` puts it together: "YYYY-MM-DD", "" for none, null if it is none. */
export function DateField({ name, legend, hint, wrong, value = '' }) {
  const said = wrong?.[name], [y = '', m = '', d = ''] = value.split('-');
  const part = (which, label, width, v) => html`<div class="govuk-date-input__item"><div class="govuk-form-group">
    <label class="govuk-label govuk-date-input__label" for=${which === 'day' ? name : `${name}-${which}`}>${label}</label>
    <input class=${`govuk-input govuk-date-input__input govuk-input--width-${width} ${said ? 'govuk-input--error' : ''}`} id=${which === 'day' ? name : `${name}-${which}`}
      name=${`${name}-${which}`} inputmode="numeric" defaultValue=${v} /></div></div>`;
  return html`<div class=${`govuk-form-group ${said ? 'govuk-form-group--error' : ''}`}>
    <fieldset class="govuk-fieldset" role="group" aria-describedby=${hint ? `${name}-hint` : undefined}>
      <legend class="govuk-fieldset__legend">${legend}</legend>
      ${hint && html`<${Hint} id=${`${name}-hint`}>${hint}</${Hint}>`}
      ${said && html`<p class="govuk-error-message"><span class="govuk-visually-hidden">Error:</span> ${said}</p>`}
      <div class="govuk-date-input">${part('day', 'Day', 2, d)}${part('month', 'Month', 2, m)}${part('year', 'Year', 4, y)}</div>
    </fieldset></div>`;
}
export function dateOf(values, name) {
  const [d, m, y] = ['day', 'month', 'year'].map((part) => values[`${name}-${part}`] ?? '');
  if (!d && !m && !y) return '';
  const text = `${y.padStart(4, '0')}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`, time = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text) ? text : null;
}

// ---- what is shown

/** Rows of a term and what it is: [[term, what]…]; those without are left out. */
export const Summary = ({ rows }) => html`<dl class="govuk-summary-list">
  ${rows.filter(([, what]) => what !== undefined && what !== null && what !== false && what !== '').map(([term, what, action]) => html`<div class="govuk-summary-list__row">
    <dt class="govuk-summary-list__key">${term}</dt><dd class="govuk-summary-list__value">${what}</dd>
    ${action && html`<dd class="govuk-summary-list__actions">${action}</dd>`}</div>`)}</dl>`;

/** `head` is the names of the columns, `rows` lists of cells; on a narrow screen each row becomes a card. */
export function Table({ caption, head, rows, empty = 'There is nothing here yet.', hidden }) {
  if (!rows.length) return html`<p class="govuk-body quiet">${empty}</p>`;
  return html`<table class="govuk-table cards">
    <caption class=${hidden ? 'govuk-visually-hidden' : 'govuk-table__caption govuk-table__caption--m'}>${caption}</caption>
    <thead class="govuk-table__head"><tr class="govuk-table__row">${head.map((h) => html`<th scope="col" class="govuk-table__header">${h}</th>`)}</tr></thead>
    <tbody class="govuk-table__body">${rows.map((row) => html`<tr class="govuk-table__row">
      ${row.map((cell, i) => html`<td class="govuk-table__cell" data-head=${head[i]}>${cell}</td>`)}</tr>`)}</tbody>
  </table>`;
}

/** Asks before what cannot be taken back. Opens as soon as it is there; `onEnd(true|false)`. */
export function Dialog({ title, children, onEnd }) {
  const ref = useRef();
  useEffect(() => {
    ref.current.showModal();
    return () => ref.current?.close();
  }, []);
  return html`<dialog class="dialog" ref=${ref} aria-labelledby="dialog-title" onCancel=${() => onEnd(false)}>
    <h2 class="govuk-heading-m" id="dialog-title">${title}</h2>${children}</dialog>`;
}
