// Footage comes in: files are picked or dropped, who is in them is said once, and they go up, again and again where the network breaks.
import { useEffect, useRef, useState } from '/vendor/preact.js';
import { get, uploadHeaders, listen } from '/app/api.mjs';
import { html, Back, Choices, Loaded, Notice, Tag, Title, useLoad } from '/app/parts.mjs';
import { fingerprint, unfinished } from '/app/unfinished.mjs';
import { bytes, kinds } from '/app/words.mjs';

const over = new Set(['live', 'quarantined', 'duplicate', 'refused', 'gone']);
const said = {
  waiting: ['blue', 'Checking and sealing it…'],
  live: ['green', 'Ready to watch'],
  quarantined: ['orange', 'Safe. It waits for consent'],
  duplicate: ['grey', 'It was here already'],
  refused: ['red', 'Not taken'],
  gone: ['red', 'Its time here was over before it was taken in. Choose the same file again'],
};
const rememberedAt = (id) => `who-is-in-it ${id}`;
const remembered = (id) => JSON.parse(sessionStorage.getItem(rememberedAt(id)) ?? 'null');

/** Why the server does not say how much is there. */
class Unknown extends Error {
  constructor(status) { super(`no offset: ${status}`); this.status = status; }
}
const statusOf = (error) => error.originalResponse?.getStatus() ?? error.causingError?.status ?? 0;

/** Whatever is said but how much is there, the client would begin anew, and forget where it was: that is right only where the server
 * knows of no such upload, and not when it does not know us any more, or only a proxy is there to answer. */
function keepPlace(request, response) {
  const status = response.getStatus();
  if (request.getMethod() === 'HEAD' && (status < 200 || status > 299) && status !== 404) throw new Unknown(status);
}

/** Sends one file, from where it stopped if it was begun before; `tell` gets what changed of it. */
export async function send(file, metadata, tell) {
  await import('/vendor/tus.js');
  const upload = new window.tus.Upload(file, {
    endpoint: '/api/uploads',
    retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
    removeFingerprintOnSuccess: true,
    fingerprint: () => fingerprint(file, metadata.case),
    urlStorage: unfinished,
    metadata,
    onBeforeRequest: (request) => { for (const [name, value] of Object.entries(uploadHeaders())) request.setHeader(name, value); },
    onAfterResponse: keepPlace,
    onShouldRetry: (error) => { const status = statusOf(error); return status === 0 || status === 409 || status === 423 || status === 429 || status >= 500; },
    onProgress: (sent, all) => tell({ sent, all }),
    onError: (error) => tell({ failed: reasonOf(error) }),
    onSuccess: () => tell({ sent: file.size, all: file.size, id: upload.url.split('/').pop(), state: 'waiting' }),
  });
  const before = await upload.findPreviousUploads();
  if (before.length) upload.resumeFromPreviousUpload(before[0]);
  upload.start();
  return upload;
}

function reasonOf(error) {
  if (statusOf(error) === 401) return 'You were signed out. Sign in and choose the same file again: it goes on from where it stopped.';
  try { return JSON.parse(error.originalResponse.getBody()).detail; } catch { return 'The connection was lost. Choose the same file again to go on from where it stopped.'; }
}

/** What becomes of it once it is all there. */
function useOutcome(item, tell) {
  useEffect(() => {
    if (!item.id || over.has(item.state)) return undefined;
    const look = () => get(`/api/uploads/${item.id}`).then((u) => tell(u), () => {});
    const timer = setInterval(look, 2000), stop = listen((e) => { if (e.event === 'upload' && e.upload === item.id) tell(e); });
    look();
    return () => { clearInterval(timer); stop(); };
  }, [item.id, item.state]);
}

function Item({ item, tell, id }) {
  useOutcome(item, tell);
  const part = item.all ? Math.floor((100 * item.sent) / item.all) : 0, [kind, words] = said[item.state] ?? [];
  return html`<li class="coming">
    <div class="split"><strong>${item.file.name}</strong><span class="quiet">${bytes(item.file.size)}</span></div>
    ${!item.state && !item.failed && html`<div class="bar" role="progressbar" aria-label=${`Sending ${item.file.name}`} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${part}>
      <div style=${{ width: `${part}%` }}></div></div><p class="tight quiet">${part < 100 ? `${part} % is there` : 'Making sure that it is all there…'}</p>`}
    ${item.failed && html`<p class="tight"><${Tag} kind="red">Stopped</${Tag}> ${item.failed}</p>`}
    ${item.state && html`<p class="tight"><${Tag} kind=${kind}>${words}</${Tag}> ${item.reason ?? ''}${item.progress > 0 && item.state === 'waiting' ? ` ${item.progress} %` : ''}</p>`}
    ${item.clip && html`<p class="tight"><a class="govuk-link" href=${`#/clips/${item.clip}`}>${item.state === 'quarantined' ? 'See whose consent is missing' : 'Open it'}</a></p>`}
    ${item.sha256 && over.has(item.state) && html`<details class="govuk-details tight"><summary class="govuk-details__summary">What the server received</summary>
      <div class="govuk-details__text">SHA-256 <code class="long">${item.sha256}</code></div></details>`}
  </li>`;
}

export function AddFootage({ id }) {
  const work = useLoad(`/api/cases/${id}`), persons = useLoad(`/api/persons?case=${id}`);
  return html`<${Back} to=${`#/cases/${id}`} /><${Loaded} of=${work} what="this case">${(c) => html`
    <${Title} caption=${c.title}>Add footage</${Title}>
    <${Loaded} of=${persons} what="the people of this case">${({ persons: people }) => (people.some((p) => p.state === 'live')
      ? html`<${Adding} id=${id} people=${people.filter((p) => p.state === 'live')} />`
      : html`<${Notice} title="First say who may be in it"><p class="govuk-body"><a class="govuk-link" href=${`#/cases/${id}/person`}>Add a person</a> who can be seen or heard.</p></${Notice}>`)}</${Loaded}>`}</${Loaded}>`;
}

function Adding({ id, people }) {
  const [who, setWho] = useState(remembered(id) ?? []);
  const [items, setItems] = useState([]), [dragging, setDragging] = useState(false), [wrong, setWrong] = useState({});
  const picker = useRef();
  const tell = (key) => (change) => setItems((all) => all.map((item) => (item.key === key ? { ...item, ...change } : item)));
  const choose = (person, on) => {
    const next = on ? [...who, person] : who.filter((p) => p !== person);
    setWho(next);
    setWrong({});
    sessionStorage.setItem(rememberedAt(id), JSON.stringify(next));
  };
  const add = (files) => {
    if (!who.length) { setWrong({ who: 'Say who can be seen or heard in it first' }); document.getElementById('who')?.focus(); return; }
    for (const file of files) {
      const key = crypto.randomUUID();
      setItems((all) => [...all, { key, file, sent: 0, all: file.size }]);
      send(file, { filename: file.name, case: id, persons: who.join(','), recorded: new Date(Math.min(file.lastModified, Date.now())).toISOString().replace(/\.\d+/, '') }, tell(key))
        .catch(() => tell(key)({ failed: 'It could not be begun. Check your connection, and choose the file again.' }));
    }
  };
  const drop = (event) => { event.preventDefault(); setDragging(false); add(event.dataTransfer.files); };
  useEffect(() => {
    const busy = items.some((item) => !item.state && !item.failed);
    const warn = (event) => event.preventDefault();
    if (busy) addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [items]);
  return html`
    <${Choices} name="who" many legend="Who can be seen or heard in it?" hint="Everyone, also in the background, and yourself. A film can be seen only when each of them has agreed."
      size="m" wrong=${wrong} value=${who} options=${people.map((p) => [p.person, p.name, kinds[p.kind]])} onChange=${choose} />
    <p class="govuk-body"><a class="govuk-link" href=${`#/cases/${id}/person`}>Somebody else is in it</a></p>
    <div class=${`drop ${dragging ? 'drop--over' : ''}`} onDragOver=${(e) => { e.preventDefault(); setDragging(true); }} onDragLeave=${() => setDragging(false)} onDrop=${drop}>
      <p class="govuk-body"><strong>Drop films here</strong>, or</p>
      <input type="file" id="files" ref=${picker} class="govuk-visually-hidden" multiple accept="video/*,audio/*,image/*,.mts,.m2ts,.mkv" tabindex="-1" aria-hidden="true"
        onChange=${(e) => { add(e.currentTarget.files); e.currentTarget.value = ''; }} />
      <button type="button" class="govuk-button tight" onClick=${() => picker.current.click()}>Choose files</button>
      <p class="govuk-body-s quiet">Films, sound and pictures, as they come from the phone or camera. They are encrypted as they arrive.</p>
    </div>
    ${items.length > 0 && html`<h2 class="govuk-heading-m">What you sent</h2><ul class="govuk-list" aria-live="polite">
      ${items.map((item) => html`<${Item} key=${item.key} item=${item} tell=${tell(item.key)} id=${id} />`)}</ul>
      <p class="govuk-body quiet">You can go on working elsewhere in clipvault in another tab. If the connection breaks it goes on by itself; after closing this page, choose the same file again.</p>`}`;
}
