import { fail, signIn, story, visit } from './browser.mjs';
import { reading } from './numbers.mjs';

const [tries, wrap, clips] = [Number(process.argv[3]), Number(process.argv[4]), process.argv.slice(5)];

/** In the page, after numbers.mjs' reading: how long it took from a key to the frame that is expected. */
function probe(wrap) {
  const video = document.querySelector('.player video');
  globalThis.film = video;
  globalThis.timed = { expected: null, from: null, found: null, lied: 0, drawn: 0 };
  addEventListener('keydown', (e) => { timed.from = e.timeStamp; timed.found = null; }, true);
  // To read a picture takes a while, which is not to be counted: it is read when there is a new one, and by when is known before.
  let fresh = false;
  const note = () => { fresh = true; video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
  new MutationObserver(() => { fresh = true; }).observe(document.querySelector('.player .stage__near'), { subtree: true, attributeFilter: ['hidden'] });
  // What is drawn over the film must be the frame that is said meanwhile.
  let drawn = null;
  const check = () => {
    const over = [...document.querySelectorAll('.player .stage canvas')].find((c) => c.checkVisibility()), said = document.querySelector('.place__frame')?.textContent;
    if (!over || said === undefined || drawn === said) return;
    drawn = said;
    timed.drawn++;
    if (read() !== Number(said) % wrap) timed.lied++;
  };
  const look = () => {
    setTimeout(check, 0); // when what the last key changed is drawn
    const now = performance.now();
    if (fresh && timed.found === null && timed.from !== null && read() === timed.expected % wrap) timed.found = now - timed.from;
    fresh = false;
    requestAnimationFrame(look);
  };
  look();
}

const settled = (page) => page.waitForFunction(() => document.querySelector('.player')?.dataset.busy === 'no');
async function seen(page) {
  const lost = await page.evaluate(() => (document.querySelector('.place__frame') ? null : `${film.error?.message}; the page says: ${document.querySelector('main').innerText.slice(0, 200)}`));
  if (lost) fail(`the player is gone: ${lost}`);
  return  page.evaluate(() => [read(), Number(document.querySelector('.place__frame').textContent), timed.found]);
}

/** Until the picture is painted and has been looked at. */
async function look(page) {
  await settled(page);
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  return seen(page);
}

const any = (n) => Math.floor(Math.random() * n);

const moves = {
  seek: async (page, film) => {
    const target = any(film.frames);
    await page.evaluate((n) => { timed.expected = n; }, target);
    await page.locator('#place').fill(String(target));
    await page.keyboard.press('Enter');
    return target;
  },
  'step forward': (page, film) => press(page, '.', film.at + 1, film),
  'step back': (page, film) => press(page, ',', film.at - 1, film),
  'ten forward': (page, film) => press(page, '>', film.at + 10, film),
  'ten back': (page, film) => press(page, '<', film.at - 10, film),
  'five at once': async (page, film) => { // faster than it can follow: the last one counts
    for (let i = 0; i < 4; i++) await page.keyboard.press('.');
    return press(page, '.', film.at + 5, film);
  },
  'play and pause': async (page, film) => {
    if (film.at > film.frames - 75) await page.keyboard.press('Home'); // not over the end, after which Space begins anew
    await settled(page);
    await page.keyboard.press('Space');
    await page.waitForTimeout(60 + any(300));
    await page.keyboard.press('Space');
    await page.waitForTimeout(120);
    return null; // wherever it stopped: what it shows is what it says
  },
};
async function press(page, key, target, film) {
  const there = Math.min(Math.max(target, 0), film.frames - 1);
  await page.evaluate((n) => { timed.expected = n; }, there);
  await page.keyboard.press(key);
  return there;
}

const often = ['seek', 'seek', 'seek', 'step forward', 'step forward', 'step forward', 'step back', 'step back', 'step back', 'ten forward', 'ten back', 'five at once', 'play and pause'];
const took = {};
let wrong = 0, done = 0, decodedAhead = 0;

async function go(page, film, count) {
  for (let i = 0; i < count; i++) {
    const move = often[i < often.length ? i : any(often.length)], before = film.at;
    const target = await moves[move](page, film);
    const [picture, said, ms] = await look(page);
    done++;
    film.at = said;
    if (picture !== said % wrap || (target !== null && said !== target)) {
      wrong++;
      console.error(`${move} from ${before}: wanted ${target}, it says ${said}, the picture is ${picture}`);
    } else if (ms !== null && target !== before) (took[move] ??= []).push(ms);
  }
}

/** As somebody steps who looks at each frame: the next one was decoded meanwhile. */
async function unhurried(page, film, count) {
  film.at = Math.max(30, Math.min(film.at, film.frames - 100));
  for (const [key, by, name] of [['.', 1, 'unhurried step forward'], [',', -1, 'unhurried step back']]) {
    for (let i = 0; i < count + 1; i++) {
      const wanted = await press(page, key, (await seen(page))[1] + by, film);
      await page.waitForTimeout(350);
      const [picture, said, ms] = await look(page);
      done++;
      if (picture !== wanted % wrap || said !== wanted) { wrong++; console.error(`${name}: wanted ${wanted}, it says ${said}, the picture is ${picture}`); } else if (i && ms !== null) (took[name] ??= []).push(ms);
      film.at = said;
    }
  }
}

/** The same by seeking to where a frame begins, without the player: what a plain page would do. */
const plainly = (page, frames, rate, count) => page.evaluate(async ([all, [num, den], times, wrap]) => {
  let other = 0;
  for (let i = 0; i < times; i++) {
    const n = Math.floor(Math.random() * all);
    const shown = new Promise((done) => { film.requestVideoFrameCallback(done); setTimeout(done, 1000); });
    const there = new Promise((done) => { film.addEventListener('seeked', done, { once: true }); });
    film.currentTime = n * den / num;
    await Promise.all([there, shown]);
    if (read() !== n % wrap) other++;
  }
  return other;
}, [frames, rate, count, wrap]);

await story(async (browser, base) => {
  const page = await visit(browser, base);
  await signIn(page, 'ida', 'the lantern of ida is lit');
  const controls = [];
  for (const clip of clips) {
    await page.goto(`${base}/#/clips/${clip}`);
    await page.getByRole('button', { name: 'Work with the family' }).click();
    await page.locator('.place__frame').waitFor();
    const { frame_rate: rate, frames } = await page.evaluate(async (id) => (await fetch(`/api/clips/${id}`)).json(), clip);
    await page.waitForFunction(() => document.querySelector('.player video').readyState >= 2);
    await page.evaluate(reading);
    await page.evaluate(probe, wrap);
    const film = { at: 0, frames };
    const [first] = await look(page);
    if (first !== 0) fail(`it begins with frame ${first}`);
    await go(page, film, Math.ceil(tries / clips.length));
    await unhurried(page, film, Math.max(3, Math.min(40, Math.ceil(tries / 20))));
    const [drawn, lied] = await page.evaluate(() => [timed.drawn, timed.lied]);
    decodedAhead += drawn;
    if (lied) fail(`${lied} of ${drawn} times what was drawn over the film was another frame than was said`);
    const count = Math.max(10, Math.min(40, Math.ceil(tries / 10)));
    controls.push(`${await plainly(page, frames, rate.split('/').map(Number), count)} of ${count} at ${rate}`);
  }
  for (const [move, ms] of Object.entries(took)) {
    ms.sort((a, b) => a - b);
    console.log(`${move}: ${ms.length} times, median ${ms[ms.length >> 1].toFixed(0)} ms, p95 ${ms[Math.floor(ms.length * 0.95)].toFixed(0)} ms from the key to the right frame`);
  }
  console.log(`${wrong} wrong of ${done}; by seeking to where a frame begins, as a plain page would: ${controls.join(', ')} wrong`);
  console.log(`what was decoded ahead was on screen, and right, in ${decodedAhead} looks`);
  if (wrong) fail(`${wrong} wrong of ${done}`);
  if (!decodedAhead) fail('nothing was on screen that was decoded ahead');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
