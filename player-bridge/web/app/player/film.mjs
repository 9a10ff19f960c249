// Frames and times of one film. Pure. Frame n is on screen from n/rate seconds on, the first is 0; the rate is a fraction, so that
// nothing drifts. Sound alone has no frames: its places are milliseconds, as the server has it (ingest/place.h).

const two = (n) => String(n).padStart(2, '0');

/** Of what `show` says: {sound, num, den, frames, …}. */
export function filmOf({ frame_rate, frames, duration_ms, mime = '' }) {
  const [num, den] = (frame_rate ?? '').split('/').map(Number);
  const sound = mime.startsWith('audio/') || !(num > 0 && den > 0);
  return sound ? new Film(true, 1000, 1, Math.max(1, duration_ms)) : new Film(false, num, den, Math.max(1, frames));
}

export class Film {
  constructor(sound, num, den, frames) { Object.assign(this, { sound, num, den, frames }); }

  get last() { return this.frames - 1; }
  get seconds() { return this.frames * this.den / this.num; }
  clamp(frame) { return Math.min(Math.max(Math.round(frame), 0), this.last); }
  /** When a frame begins; its middle, where a player has to look for it, as its edge may belong to either side. */
  begin(frame) { return frame * this.den / this.num; }
  middle(frame) { return (frame + 0.5) * this.den / this.num; }
  /** The frame that is on screen at that time; a microsecond short of an edge is the edge. */
  at(seconds) { return this.clamp(Math.floor(seconds * this.num / this.den + 1e-4)); }
  /** The frame whose own time this is (mediaTime). */
  of(mediaTime) { return this.clamp(mediaTime * this.num / this.den); }
  count(seconds) { return Math.round(seconds * this.num / this.den); }

  /** "1:02:03.480", rounded up to the millisecond, so that what is read off and typed in again is the same frame. */
  time(frame) {
    const ms = Math.ceil(frame * this.den * 1000 / this.num - 1e-6), s = Math.floor(ms / 1000), h = Math.floor(s / 3600);
    const rest = `${two(s % 60)}.${String(ms % 1000).padStart(3, '0')}`;
    return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${rest}` : `${Math.floor(s / 60)}:${rest}`;
  }

  /** "frame 312" of a film; nothing of sound. */
  name(frame) { return this.sound ? '' : `frame ${frame}`; }

  /** What somebody typed: "312" is a frame's number (of sound: seconds), "12.48", "1:02" and "1:02:03.5" are times. null: neither. */
  parse(text) {
    const typed = text.trim().replace(/^(frame|#)\s*/i, '');
    if (/^\d{1,9}$/.test(typed) && !this.sound) return this.clamp(Number(typed));
    const parts = /^(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{0,6})?)$/.exec(typed);
    if (!parts) return null;
    return this.at(Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3]));
  }
}
