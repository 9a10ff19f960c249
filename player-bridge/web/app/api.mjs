// What the pages ask of the server. One function asks; a refusal is a Problem with the server's own words; who is signed in and
// what happens elsewhere is told to whoever listens.

/** An answer that is no success: `status` of HTTP, `word` (the kind, as --json says it), `message` (the reason, in words). */
export class Problem extends Error {
  constructor(status, word, message) {
    super(message);
    this.status = status;
    this.word = word;
  }
}

let token = null; // of this session; only in memory
let needs = { signIn: () => {}, confirm: async () => false };

/** Tells what to do when the session is over, and when the server wants the password once more (`confirm` resolves to true if
 * it was given). */
export function onNeed(handlers) { needs = { ...needs, ...handlers }; }

const OFFLINE = 'The server cannot be reached. Check your connection; nothing that was saved is lost.';

async function problemOf(answer) {
  const said = await answer.json().catch(() => ({}));
  const why = said.detail ?? 'The server did not say why.';
  return new Problem(answer.status, said.error ?? 'bug', why.charAt(0).toUpperCase() + why.slice(1));
}

async function send(method, path, body, signal) {
  const headers = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && token) headers['X-CSRF'] = token;
  try {
    return await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'unavailable', OFFLINE);
  }
}

/** The answer's JSON (null if it has none). Throws a Problem. Members of `body` without a value are left out. */
export async function ask(method, path, body, signal) {
  const answer = await send(method, path, body, signal);
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await problemOf(answer);
  if (problem.word === 'confirm' && await needs.confirm()) return ask(method, path, body, signal);
  if (problem.status === 401 && !['/api/session', '/api/session/sign-on'].includes(path)) { end(); needs.signIn(); }
  throw problem;
}

export const get = (path, signal) => ask('GET', path, undefined, signal);
export const post = (path, body = {}) => ask('POST', path, body);
export const remove = (path, body) => ask('DELETE', path, body);

/** What is answered to a POST, as a file that the browser saves as `name`. */
export async function take(path, body, name) {
  const answer = await send('POST', path, body);
  if (!answer.ok) {
    const problem = await problemOf(answer);
    if (problem.status === 401) { end(); needs.signIn(); }
    throw problem;
  }
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(await answer.blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Whether the server gives no more of a film; where that cannot be found out, it does. */
export const ended = (url) => send('HEAD', url).then((answer) => [401, 403, 404, 410].includes(answer.status), () => false);

/** A path with a query; members without a value are left out. */
export function at(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** What an upload sends along. */
export const uploadHeaders = () => ({ 'X-CSRF': token });

/** Who is signed in, or null. */
export async function whoAmI() {
  const answer = await send('GET', '/api/me');
  if (answer.status === 401) { await answer.text(); return null; }
  if (!answer.ok) throw await problemOf(answer);
  const me = await answer.json();
  token = me.csrf;
  return me;
}

export async function signIn(name, password, code) {
  const given = await ask('POST', '/api/session', code ? { name, password, code } : { name, password });
  token = given.csrf;
  return whoAmI();
}

/** The session is over, for the reason that is given in words: signing in says so. */
export function over(words) {
  end();
  token = null;
  needs.signIn(words);
}

/** Whether a proxy in front can sign people on; if it cannot be found out, none can. */
export const offersSignOn = () => get('/healthz').then((h) => h.sign_on === true, () => false);

/** Whom the proxy says it is. Throws a Problem: 401 where it knows nobody yet. */
export async function signOn() {
  const given = await ask('POST', '/api/session/sign-on', {});
  token = given.csrf;
  return whoAmI();
}

export async function signOut() {
  end();
  await remove('/api/session').catch(() => {});
  token = null;
}

// ---- what happens meanwhile

const AGAIN_MS = 5000;
const listeners = new Set();
let source = null, missed = false; // one stream for all pages, as long as somebody is signed in

function tell(what) { for (const listener of listeners) listener(what); }

function begin() {
  const mine = source = new EventSource('/api/events');
  mine.onopen = () => { if (missed) tell({ event: 'anew' }); missed = false; };
  mine.onerror = () => {
    missed = true;
    if (mine.readyState !== EventSource.CLOSED || mine !== source) return; // it tries again by itself
    source = null;
    setTimeout(() => { if (listeners.size && token && !source) begin(); }, AGAIN_MS);
  };
  for (const name of ['upload', 'clip', 'viewing', 'anew']) mine.addEventListener(name, (e) => tell({ ...JSON.parse(e.data), event: name }));
}
function end() {
  source?.close();
  source = null;
}

/** Calls `listener({event, …})` for what the server tells, until the function that is returned is called. `anew`: something was missed,
 * or one's rights have changed, so whatever is shown should be asked for again. */
export function listen(listener) {
  listeners.add(listener);
  if (!source) begin();
  return () => listeners.delete(listener);
}
