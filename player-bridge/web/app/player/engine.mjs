// Plays a film exactly. Which frame is on screen is what the browser says of the picture that it shows (mediaTime of
// requestVideoFrameCallback), never currentTime; a seek goes to the middle of a frame; and of seeks that are wanted while one is
// under way only the latest is carried out.
import { Near } from '/app/player/near.mjs';

export const speeds = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];
const SHUTTLE = [1, 2, 4];
const SLOW = 0.25;
const RETRY_MS = 10000; // an address that fails twice within it is given up
const PATIENCE_MS = 1500; // and one that is told to be of another place may be the last but one
const FOLLOW_MS = 300; // the film itself follows frames that were decoded ahead when nobody steps for so long
const WAIT_MS = 800; // what is decoded beside the film should be there by then; else it is sought
const GRACE_MS = 600; // a picture that was asked for and does not come by then was there already

/** Its `state` is {frame, playing, direction, rate, speed, busy, first, last, loop, volume, muted, ready, stuck, problem}: `frame` is
 * on screen, `busy` while another one was asked for, `speed` the chosen one and `rate` the one it runs at, `first` and `last` the
 * marked frames (null: none), both of them in the range. */
export class Engine {
  #listeners = new Set(); #flight = null; #wanted = null; #before = 0; #turn = null; #ended = []; #follow = null; #from = 0; #retried = -Infinity;

  constructor(video, film, { volume = 1, muted = false, speed = 1 } = {}) {
    this.film = film;
    this.video = video;
    this.near = !film.sound && video.requestVideoFrameCallback && globalThis.VideoDecoder ? new Near(film, video.src, { came: (frame) => this.#came(frame), refused: () => video.load() }) : null;
    this.stops = []; // frames at which playing pauses, in order
    this.state = { frame: 0, playing: false, direction: 1, rate: speed, speed, busy: false, first: null, last: null, loop: false,
      volume, muted, ready: false, stuck: false, problem: null };
    video.volume = volume;
    video.muted = muted;
    const on = (name, run) => { video.addEventListener(name, run); this.#ended.push(() => video.removeEventListener(name, run)); };
    on('loadeddata', () => { this.#set({ ready: true }); if (!this.#flight) this.#go(this.#wanted ?? this.state.frame); });
    on('seeked', () => this.#arrived());
    on('waiting', () => this.#set({ stuck: true }));
    for (const name of ['playing', 'seeked', 'canplay']) on(name, () => this.#set({ stuck: false }));
    // These come a moment after what they tell of, which may not be so any more.
    for (const name of ['play', 'pause', 'ended']) on(name, () => { if (this.state.direction > 0) this.#set({ playing: !video.paused && !video.ended }); });
    on('error', () => this.#failed());
    this.#watch();
  }

  /** `listener(state, before)` whenever it changes; returns what ends that. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  end() {
    this.#stopTurning();
    clearTimeout(this.#follow);
    this.near?.end();
    for (const run of this.#ended) run();
    this.#listeners.clear();
    this.video.pause();
    this.video.removeAttribute('src'); // the server is told that nobody watches any more
    this.video.load();
  }

  /** A connection may be lost: the same address is asked once more, and the film stands where it stood. */
  #failed() {
    const again = performance.now() - this.#retried > RETRY_MS;
    this.#retried = performance.now();
    this.#stopTurning();
    this.#flight = null;
    this.near?.clear();
    if (!again) { this.#set({ problem: this.video.error?.message || 'The film stopped.', playing: false }); return; }
    this.#set({ ready: false, busy: true, playing: false });
    this.video.load();
  }

  #set(changes) {
    const before = this.state;
    if (Object.keys(changes).every((key) => before[key] === changes[key])) return;
    this.state = { ...before, ...changes };
    for (const listener of this.#listeners) listener(this.state, before);
  }

  // ---- what is on screen

  #watch() {
    const video = this.video;
    let handle;
    if (this.film.sound || !video.requestVideoFrameCallback) {
      const look = () => { if (!this.#flight && !video.paused) this.#shown(this.film.at(video.currentTime)); handle = requestAnimationFrame(look); };
      handle = requestAnimationFrame(look);
      this.#ended.push(() => cancelAnimationFrame(handle));
      return;
    }
    const look = (_, picture) => { handle = video.requestVideoFrameCallback(look); this.#shown(this.film.of(picture.mediaTime)); };
    handle = video.requestVideoFrameCallback(look);
    this.#ended.push(() => video.cancelVideoFrameCallback(handle));
  }

  #shown(frame) {
    const flight = this.#flight;
    if (flight) {
      flight.other = frame;
      const there = frame === flight.frame || (flight.seeked && !this.video.paused && frame > flight.frame);
      if (there) this.#landed(frame);
      return;
    }
    if (this.video.paused && this.near?.shown != null) return; // what is drawn over the film is ahead of it
    this.#set({ frame });
    if (!this.video.paused) this.#passed(frame);
  }

  /** The end of a loop and places to pause at, both to the frame, or as soon as it is seen that they are past. */
  #passed(frame) {
    const { first, last, loop } = this.state, before = this.#before;
    this.#before = frame;
    const stop = this.stops.find((s) => s > before && s <= frame);
    if (stop !== undefined) { this.pause(); if (stop !== frame) this.seek(stop); return; }
    if (loop && first !== null && last !== null && (frame >= last || frame < first - 1)) this.seek(first);
  }

  // ---- seeking

  /** Shows that frame, soon; whether it plays or not stays as it is. */
  seek(frame) {
    const target = this.film.clamp(frame), { paused } = this.video, still = this.near?.shown ?? null, direction = target < this.state.frame ? -1 : 1;
    this.#before = target;
    this.#wanted = target;
    if (!this.#flight && this.state.ready && paused && target === this.state.frame && still === null) { this.#wanted = null; return; }
    if (paused && this.state.ready && this.near?.show(target)) {
      this.#set({ frame: target, busy: false });
      this.near.around(target, direction);
      this.#later();
      return;
    }
    if (paused && this.state.ready && this.near?.reaches(target)) {
      this.#set({ busy: true });
      this.near.around(target, direction);
      this.#later(WAIT_MS);
      return;
    }
    this.near?.rest();
    if (this.#flight && !this.#flight.seeked) { this.#set({ busy: true }); return; }
    if (this.state.ready) this.#go(target);
  }

  /** A frame was decoded beside the film; perhaps it is the one that is waited for. */
  #came(frame) {
    if (frame !== this.#wanted || !this.state.busy || !this.video.paused || !this.near.show(frame)) return;
    this.#set({ frame, busy: false });
    this.#later();
  }

  /** The film itself goes there if nothing else is asked for meanwhile. */
  #later(ms = FOLLOW_MS) {
    clearTimeout(this.#follow);
    this.#follow = setTimeout(() => { if (!this.#flight && this.#wanted !== null && this.state.ready) this.#go(this.#wanted); }, ms);
  }

  #go(frame) {
    clearTimeout(this.#follow);
    this.#flight = { frame, seeked: false, other: null };
    this.#set({ busy: this.near?.shown !== frame });
    this.video.currentTime = this.film.middle(frame);
  }

  /** The browser says that it is there; the picture comes a moment later, or, if it is shown already, perhaps not at all. */
  #arrived() {
    const flight = this.#flight;
    if (!flight || this.video.seeking) return; // else it is said of an earlier one
    flight.seeked = true;
    flight.other = null; // what was told before is of another place
    if (this.film.sound || !this.video.requestVideoFrameCallback) { this.#landed(flight.frame); return; }
    const later = (run, ms) => setTimeout(() => { if (this.#flight === flight) run(); }, ms);
    later(() => { if (flight.other === null) this.#landed(this.film.at(this.video.currentTime)); else later(() => this.#landed(flight.other), PATIENCE_MS); }, GRACE_MS);
  }

  #landed(frame) {
    const next = this.#wanted, target = this.#flight.frame;
    this.#flight = null;
    if (next !== null && next !== target) {
      if (this.near?.shown === next) { this.#later(); return; }
      this.#set({ frame: this.near?.shown ?? frame });
      this.#go(next);
      return;
    }
    const direction = frame < this.#from ? -1 : 1;
    this.#wanted = null;
    this.#before = frame;
    this.near?.hide();
    this.#set({ frame, busy: false });
    this.#from = frame;
    if (this.video.paused) this.near?.around(frame, direction);
  }

  /** Where it is, or is going to. */
  get place() { return this.#wanted ?? this.state.frame; }

  /** So many frames on (or back, below 0) from where it is or is going to. Playing ends. */
  step(frames) {
    this.#halt();
    this.seek(this.place + frames);
  }
  skip(seconds) { this.seek(this.place + this.film.count(seconds)); }

  // ---- playing

  play(rate = this.state.speed) {
    this.#stopTurning();
    if (this.state.frame >= this.film.last && !this.#flight) this.seek(this.#loops() ? this.state.first : 0);
    if (this.near?.shown != null && !this.#flight) this.#go(this.#wanted ?? this.state.frame);
    clearTimeout(this.#follow);
    this.near?.rest();
    this.#before = this.state.frame;
    this.video.playbackRate = rate;
    this.#set({ rate, direction: 1, playing: true });
    this.video.play().catch((error) => { if (error.name !== 'AbortError') this.#set({ playing: false }); });
  }
  /** What was decoded already may be shown after a pause, unsaid: so the film is held to the frame where it was. */
  pause() {
    if (!this.#halt() || !this.state.ready) return;
    const { film, video } = this, now = film.sound ? this.state.frame : Math.max(this.state.frame, film.at(video.currentTime));
    this.#wanted = this.#before = this.#wanted ?? this.#flight?.frame ?? now;
    this.#go(this.#wanted);
  }
  /** Whether it played forwards. */
  #halt() {
    const played = !this.video.paused;
    this.#stopTurning();
    this.video.pause();
    this.#set({ playing: false });
    return played;
  }
  toggle() { if (this.state.playing) this.pause(); else this.play(); }
  #loops() { return this.state.loop && this.state.first !== null && this.state.last !== null; }

  setSpeed(speed) {
    this.#set({ speed });
    if (!this.state.playing || this.state.direction < 0) return;
    this.video.playbackRate = speed;
    this.#set({ rate: speed });
  }
  /** The next of `speeds`, up or down. */
  faster(up) {
    const now = speeds.indexOf(this.state.speed);
    this.setSpeed(speeds[Math.min(Math.max(now + (up ? 1 : -1), 0), speeds.length - 1)]);
  }

  /** J and L: forwards or backwards, faster each time; `slow` while K is held. */
  shuttle(direction, slow = false) {
    const { playing, rate } = this.state, same = playing && this.state.direction === direction;
    const next = slow ? SLOW : same ? SHUTTLE[Math.min(SHUTTLE.indexOf(rate) + 1, SHUTTLE.length - 1)] : SHUTTLE[0];
    if (direction > 0) this.play(next); else this.#back(next);
  }

  /** Backwards no browser plays: it is shown as many of the frames as can be decoded, at the right time each. */
  #back(rate) {
    this.#halt();
    const begun = performance.now(), from = this.place;
    this.#set({ playing: true, direction: -1, rate });
    const turn = () => {
      const target = from - this.film.count((performance.now() - begun) / 1000 * rate);
      if (!this.#flight && target < this.state.frame) this.seek(target);
      if (target <= 0) { this.pause(); this.seek(0); return; }
      this.#turn = requestAnimationFrame(turn);
    };
    this.#turn = requestAnimationFrame(turn);
  }
  #stopTurning() {
    cancelAnimationFrame(this.#turn);
    if (this.state.direction < 0) this.#set({ direction: 1, playing: false, rate: this.state.speed });
  }

  // ---- marks, sound

  /** The first or the last frame of the range; the other one moves out of the way. */
  mark(which, frame = this.place) {
    const { first, last } = this.state;
    if (which === 'first') this.#set({ first: frame, last: last !== null && last < frame ? null : last });
    else this.#set({ last: frame, first: first !== null && first > frame ? null : first });
  }
  clearMarks() { this.#set({ first: null, last: null, loop: false }); }
  loop() {
    const loop = !this.state.loop;
    this.#set({ loop });
    if (this.#loops() && (this.state.frame < this.state.first || this.state.frame > this.state.last)) this.seek(this.state.first);
  }

  setVolume(volume) {
    this.video.volume = volume;
    this.video.muted = false;
    this.#set({ volume, muted: false });
  }
  mute() {
    this.video.muted = !this.video.muted;
    this.#set({ muted: this.video.muted });
  }
}
