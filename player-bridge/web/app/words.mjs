// How things are called, and how dates and lengths are written, for people who are no computer people.

export const states = {
  live: 'Ready',
  quarantined: 'Waiting for consent',
  expired: 'Over',
  shredded: 'Destroyed',
  held: 'Held',
};
export const state = (word) => states[word] ?? sentence(word);

export const kinds = { child: 'Child', carer: 'Parent or carer', staff: 'Teacher or staff', practitioner: 'Practitioner', other: 'Other' };
export const roles = { practitioner: 'Practitioner', supervisor: 'Supervisor', officer: 'Information governance', administrator: 'Administrator' };
export const media = { recording: 'Whole films', clip: 'Short clips', still: 'Still pictures', audio: 'Sound', document: 'Papers', notes: 'Notes' };

/** "service_training" → "Service training" */
export function sentence(word) {
  const text = String(word ?? '').replace(/[_-]/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "a, b and c" */
export function list(items) {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
const minute = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const known = (time) => time && !Number.isNaN(Date.parse(time));

/** "14 March 2027" */
export const date = (time) => (known(time) ? day.format(new Date(time)) : '');
/** Of an end: one that lies at midnight is the day before it, as a person says it; none lasts until somebody ends it. */
export const until = (time) => (known(time) ? day.format(new Date(Date.parse(time) - 1)) : 'it is taken back');
/** What ends first comes first. */
export const sooner = (a, b) => (a.expires_at ?? '9').localeCompare(b.expires_at ?? '9');
export const when = (time) => (known(time) ? minute.format(new Date(time)) : '');
export const hour = (time) => (known(time) ? clock.format(new Date(time)) : '');

/** The same day a month after "2027-01-31", or the last one of a month that has no such day: "2027-02-28". */
export function monthOn(day, months = 1) {
  const [y, m, d] = day.split('-').map(Number), last = new Date(Date.UTC(y, m - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(y, m - 1 + months, Math.min(d, last))).toISOString().slice(0, 10);
}

const sorts = { still: 'Picture', audio: 'Sound', clip: 'Clip', document: 'Paper' };
/** "Film of 14 March 2027" */
export const clipName = (clip) => `${sorts[clip.kind] ?? 'Film'} of ${date(clip.recorded_at)}`;
/** What a clip is in its cycle. */
export const parts = { moment: 'Chosen moment', film: 'Film', review: 'Shared review' };

/** How far away a time is: "in 3 days", "5 minutes ago" */
export function away(time, now = Date.now()) {
  if (!known(time)) return '';
  const apart = Date.parse(time) - now, size = Math.abs(apart);
  const [unit, of] = size < 36e5 ? ['minute', 6e4] : size < 864e5 ? ['hour', 36e5] : size < 60 * 864e5 ? ['day', 864e5] : ['month', 30 * 864e5];
  return new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' }).format(Math.round(apart / of), unit);
}

/** "1:02:03" of milliseconds */
export function length(ms) {
  if (!(ms >= 0)) return '';
  const s = Math.round(ms / 1000), two = (n) => String(n).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

export function bytes(n) {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let at = 0;
  while (n >= 1000 && at < units.length - 1) { n /= 1000; at++; }
  return `${at ? n.toFixed(n < 10 ? 1 : 0) : n} ${units[at]}`;
}
