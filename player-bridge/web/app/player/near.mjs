// Frames near the one that is shown, decoded ahead, so that a step shows at once and the film follows. What is shown so is drawn over
// the film until it is there itself. Which frame a picture is of is, here too, what the browser says of it.

const MOST = 20, WIDE = 1280, REACH = 6; // frames kept; their width at most; how far ahead, in the direction of the last step
const REST_MS = 60; // decoding ahead begins when nothing else was asked for so long

export class Near {
  #frames = new Map(); #film; #video; #source; #wanted = []; #flight = null; #timer = null; #over = false;

  /** Draws on a canvas of its own, `canvas`, which hides itself. */
  constructor(film, source) {
    this.#film = film;
    this.#source = source;
    this.canvas = document.createElement('canvas');
    Object.assign(this.canvas, { className: 'stage__near', hidden: true });
    this.shown = null; // the frame that is drawn over the film
  }

  /** Shows it, if it is here. */
  show(frame) {
    const picture = this.#frames.get(frame);
    if (!picture) return false;
    if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) Object.assign(this.canvas, { width: picture.width, height: picture.height });
    this.canvas.getContext('2d').drawImage(picture, 0, 0);
    this.canvas.hidden = false;
    this.shown = frame;
    return true;
  }
  hide() {
    this.canvas.hidden = true;
    this.shown = null;
  }

  /** `video` shows this frame now, and stands still. */
  async keep(frame, video) {
    if (this.#frames.has(frame) || !video.videoWidth) return;
    const width = Math.min(WIDE, video.videoWidth);
    const picture = await createImageBitmap(video, { resizeWidth: width, resizeHeight: Math.max(1, Math.round(video.videoHeight * width / video.videoWidth)) }).catch(() => null);
    if (!picture) return;
    if (this.#over || this.#frames.has(frame)) { picture.close(); return; }
    this.#frames.set(frame, picture);
    const far = [...this.#frames.keys()].sort((a, b) => Math.abs(b - frame) - Math.abs(a - frame));
    for (const other of far.slice(0, Math.max(0, far.length - MOST))) this.#drop(other);
  }
  #drop(frame) { this.#frames.get(frame).close(); this.#frames.delete(frame); }

  /** Somebody steps: what may come next is decoded by a second player of the same film, one after another. `direction` 1 or -1. */
  ahead(frame, direction) {
    const wanted = [];
    for (let i = 1; i <= REACH; i++) wanted.push(frame + direction * i);
    wanted.push(frame - direction, frame - 2 * direction);
    this.#wanted = wanted.filter((n) => n >= 0 && n <= this.#film.last && !this.#frames.has(n));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), REST_MS);
  }
  /** Nothing more is decoded ahead until the next `ahead`. */
  rest() {
    clearTimeout(this.#timer);
    this.#wanted = [];
  }

  #next() {
    if (this.#flight !== null) return;
    const frame = this.#wanted.shift();
    if (frame === undefined) return;
    this.#flight = frame;
    const video = this.#second();
    const began = () => { video.currentTime = this.#film.middle(frame); };
    if (video.readyState >= 1) began(); else video.addEventListener('loadedmetadata', began, { once: true });
    setTimeout(() => { if (this.#flight === frame) { this.#flight = null; this.#next(); } }, 2000);
  }

  #second() {
    if (this.#video) return this.#video;
    const video = document.createElement('video');
    Object.assign(video, { src: this.#source.src, muted: true, preload: 'metadata', playsInline: true });
    const look = (_, picture) => {
      const frame = this.#film.of(picture.mediaTime);
      video.requestVideoFrameCallback(look);
      if (!video.seeking) this.keep(frame, video);
      if (frame !== this.#flight) return;
      this.#flight = null;
      this.#next();
    };
    video.requestVideoFrameCallback(look);
    this.#video = video;
    return video;
  }

  end() {
    this.#over = true;
    this.rest();
    for (const frame of [...this.#frames.keys()]) this.#drop(frame);
    this.#video?.removeAttribute('src');
    this.#video?.load();
    this.hide();
  }
}
