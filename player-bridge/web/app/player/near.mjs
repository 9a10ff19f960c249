// Frames around the one that is shown, decoded ahead, so that a step shows at once and the film follows. They are decoded from the
// film's own bytes a group at a time, as a player that seeks decodes a group for every frame. Which frame a picture is of says the
// index of the film. Where the browser decodes none by program (WebCodecs), there are none, and every step is sought.
import { loadSamples } from '/app/player/samples.mjs';

const BYTES = 40e6, MOST = 60; // of frames that are kept (12 of 1080p); how many at most
const SHEETS = 3; // the frame on screen, and those on both sides of it, drawn before they are wanted
const REST_MS = 80, PAINT_MS = 20; // decoding begins when somebody has looked at a frame so long; drawing ahead, when that one is painted

export class Near {
  #film; #url; #tells; #index = null; #decoder = null; #timer = null; #at = null; #direction = 1; #working = false; #over = false;
  #frames = new Map(); #sheets; #bad = new Set(); #most = MOST;

  /** What is shown is drawn in `element`. `tells` is {came(frame): it can be shown now, refused(): the server gives no more of it}. */
  constructor(film, url, tells) {
    this.#film = film;
    this.#url = url;
    this.#tells = tells;
    this.element = Object.assign(document.createElement('div'), { className: 'stage__near' });
    this.#sheets = Array.from({ length: SHEETS }, () => ({ frame: null, canvas: Object.assign(document.createElement('canvas'), { hidden: true }) }));
    this.element.append(...this.#sheets.map((s) => s.canvas));
    this.shown = null; // the frame that is drawn over the film
  }

  /** Shows it, if it is here. */
  show(frame) {
    const sheet = this.#sheetOf(frame);
    if (!sheet) return false;
    for (const other of this.#sheets) other.canvas.hidden = other !== sheet;
    this.shown = frame;
    return true;
  }
  hide() {
    for (const { canvas } of this.#sheets) canvas.hidden = true;
    this.shown = null;
  }

  /** The sheet with this frame, drawn now if need be; undefined: it is not here. */
  #sheetOf(frame) {
    const picture = this.#frames.get(frame), drawn = this.#sheets.find((s) => s.frame === frame);
    if (drawn || !picture) return drawn;
    const free = this.#sheets.filter((s) => s.frame === null || s.frame !== this.shown);
    const sheet = free.find((s) => s.frame === null) ?? free.sort((a, b) => Math.abs(b.frame - frame) - Math.abs(a.frame - frame))[0], { canvas } = sheet;
    if (canvas.width !== picture.displayWidth || canvas.height !== picture.displayHeight) Object.assign(canvas, { width: picture.displayWidth, height: picture.displayHeight });
    canvas.getContext('2d', { alpha: false }).drawImage(picture, 0, 0);
    sheet.frame = frame;
    return sheet;
  }
  /** Those beside it, the one that is wanted next last, so that it is not drawn over. */
  #prepare() {
    if (this.#at === null) return;
    for (const frame of [this.#at - this.#direction, this.#at + this.#direction]) this.#sheetOf(frame);
  }

  /** Somebody looks at this frame, and came in this direction (1 or -1): what is around it is decoded, one group after another. */
  around(frame, direction) {
    this.#at = frame;
    this.#direction = direction;
    for (const other of this.#frames.keys()) if (!this.#wants(other)) this.#drop(other);
    this.#timer ??= setTimeout(() => { this.#timer = null; this.#prepare(); this.#fill(); }, this.#frames.size ? PAINT_MS : REST_MS);
  }
  /** Whether that frame will come by itself if it is looked around there. */
  reaches(frame) { return this.#index?.samples !== undefined && this.#at !== null && Math.abs(frame - this.#at) <= this.#most && !this.#bad.has(frame); }
  /** The film plays, or goes far away: nothing is kept but what is on screen. */
  rest() {
    clearTimeout(this.#timer);
    this.#timer = this.#at = null;
    this.#bad.clear();
    for (const frame of [...this.#frames.keys()]) this.#drop(frame);
    if (this.#decoder?.state === 'configured') this.#decoder.reset();
  }
  /** Nothing of the film is left here, and nothing on screen. */
  clear() {
    this.rest();
    this.hide();
    for (const sheet of this.#sheets) { sheet.frame = null; sheet.canvas.width = sheet.canvas.height = 0; }
  }
  end() {
    this.#over = true;
    this.clear();
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#index = null;
  }

  #drop(frame) { this.#frames.get(frame).close(); this.#frames.delete(frame); }
  /** Two thirds of what is kept lie in the direction that somebody goes in. */
  #wants(frame) {
    const ahead = Math.ceil(this.#most * 2 / 3), by = (frame - this.#at) * this.#direction;
    return this.#at !== null && by <= ahead && by > ahead - this.#most;
  }
  /** The next frame to be decoded: none while there are enough for some steps. */
  #missing() {
    const soon = Math.ceil(this.#most / 3);
    for (let i = 0; i <= soon; i++) {
      for (const frame of i < 3 ? [this.#at + i * this.#direction, this.#at - i * this.#direction] : [this.#at + i * this.#direction]) {
        if (frame >= 0 && frame <= this.#film.last && !this.#frames.has(frame) && !this.#bad.has(frame)) return frame;
      }
    }
    return null;
  }

  async #fill() {
    if (this.#working || this.#over) return;
    this.#working = true;
    try {
      this.#index ??= await this.#load();
      for (let frame; this.#index.samples && this.#at !== null && (frame = this.#missing()) !== null;) {
        await this.#decode(frame);
        if (this.#wants(frame) && !this.#frames.has(frame)) this.#bad.add(frame); // it will not come another time either
        this.#prepare();
      }
    } catch (problem) {
      if ([401, 403, 404, 410].includes(problem.status)) this.#tells.refused();
    } finally { this.#working = false; }
  }

  async #get(from, end) {
    const answer = await fetch(this.#url, { headers: { Range: `bytes=${from}-${end - 1}` } });
    if (answer.status !== 206) throw Object.assign(new Error('there is no more of the film'), { status: answer.status });
    return answer.arrayBuffer();
  }

  /** {samples, places: where the sample of each frame is, …} or {}, where the film or the browser is of another kind. */
  async #load() {
    const found = await loadSamples((from, end) => this.#get(from, end), (seconds) => this.#film.of(seconds)).catch((problem) => { if (problem.status) throw problem; return null; });
    if (!found || found.samples.length !== this.#film.frames) return {};
    const places = new Int32Array(found.samples.length).fill(-1), { codec, description, samples } = found;
    samples.forEach((sample, i) => { places[sample.frame] = i; });
    // Only what is decoded in memory can be kept: a phone's own decoder stops when its few pictures are not given back.
    const how = { codec, description, hardwareAcceleration: 'prefer-software' };
    const able = !places.includes(-1) && await VideoDecoder.isConfigSupported(how).then((s) => s.supported, () => false);
    return able ? { samples, places, how } : {};
  }

  /** The group of this frame, as far as it is wanted. */
  async #decode(frame) {
    const { samples, places, how } = this.#index;
    let from = places[frame], end = from + 1;
    while (from > 0 && !samples[from].key) from--;
    for (let i = end; i < samples.length && !samples[i].key; i++) if (this.#wants(samples[i].frame)) end = i + 1;
    const begin = samples[from].at, bytes = await this.#get(begin, samples[end - 1].at + samples[end - 1].size);
    if (this.#over || this.#at === null) return;
    if (!this.#decoder || this.#decoder.state === 'closed') this.#decoder = new VideoDecoder({ output: (picture) => this.#keep(picture), error: () => {} });
    if (this.#decoder.state !== 'configured') this.#decoder.configure(how);
    for (const sample of samples.slice(from, end)) {
      this.#decoder.decode(new EncodedVideoChunk({ type: sample.key ? 'key' : 'delta', timestamp: sample.frame, data: new Uint8Array(bytes, sample.at - begin, sample.size) }));
    }
    await this.#decoder.flush().catch(() => {}); // it was told to rest
    new Uint8Array(bytes).fill(0);
  }

  #keep(picture) {
    const frame = picture.timestamp;
    if (this.#over || !this.#wants(frame) || this.#frames.has(frame)) { picture.close(); return; }
    this.#most = Math.max(6, Math.min(MOST, Math.floor(BYTES / (picture.codedWidth * picture.codedHeight * 1.5))));
    this.#frames.set(frame, picture);
    for (const other of this.#frames.keys()) if (!this.#wants(other)) this.#drop(other);
    this.#tells.came(frame);
  }
}
