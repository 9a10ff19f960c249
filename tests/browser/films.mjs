import { fail, look, same, signIn, story, visit } from './browser.mjs';
import { reading } from './numbers.mjs';

const [family, folder] = process.argv.slice(3), names = ['uneven.mkv', 'edited.mp4', 'one.mp4', 'three.mp4', 'voice.wav'];

const frame = (page) => page.locator('.place__frame').textContent().then(Number);
const settled = (page) => page.waitForFunction(() => document.querySelector('.player')?.dataset.busy === 'no');
async function seek(page, place) {
  await page.locator('#place').fill(String(place));
  await page.keyboard.press('Enter');
}

/** Ready when it shows something; reading() is in the page then. */
async function open(page, base, clip) {
  await page.goto(`${base}/#/clips/${clip.clip}`);
  await page.getByRole('heading', { level: 1, name: /^(Film|Sound) of/ }).waitFor();
  await page.getByRole('button', { name: 'Work with the family' }).click();
  await page.locator('.place__time').waitFor();
  await settled(page);
  await page.evaluate(reading);
}

/** What is on screen is what `picture` expects of the frame that is said; `wanted` is that frame. */
async function shows(page, wanted, picture, what) {
  await settled(page);
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  const said = await frame(page);
  if (wanted !== null) same(said, wanted, `${what}: the frame that is said`);
  same(await page.evaluate(() => read()), picture(said), `${what}: the picture of frame ${said}`);
  return said;
}

/** Seeks, steps at both ends and over the edge of what was decoded ahead, plays at two speeds and pauses. */
async function study(page, clip, picture) {
  const what = clip.file_name, last = clip.frames - 1, until = (n) => Math.max(0, Math.min(last, n));
  for (const n of [0, last, Math.floor(last / 2), 0]) { await seek(page, n); await shows(page, n, picture, `${what}, sought`); }
  await page.keyboard.press(',');
  await shows(page, 0, picture, `${what}, back from the first`);
  for (let n = 1; n <= Math.min(8, last + 1); n++) { await page.keyboard.press('.'); await shows(page, until(n), picture, `${what}, forwards`); }
  for (const [key, by] of [['>', 10], ['<', -10], ['>', 10], ['>', 10], [',', -1], ['<', -10]]) {
    const from = await frame(page);
    await page.keyboard.press(key);
    await shows(page, until(from + by), picture, `${what}, ${key} from ${from}`);
  }
  await page.keyboard.press('End');
  await shows(page, last, picture, `${what}, its end`);
  await page.keyboard.press('.');
  await shows(page, last, picture, `${what}, on from the last`);
  if (last < 10) return;
  for (const [speed, ms] of [['0.1', 900], ['1', 400]]) {
    await page.keyboard.press('Home');
    await page.keyboard.press('.');
    await shows(page, 1, picture, `${what}, before it plays`);
    await page.locator('#speed').selectOption(speed);
    await page.locator('.player').focus();
    await page.keyboard.press('Space');
    await page.waitForTimeout(ms);
    await page.keyboard.press('Space');
    const stood = await shows(page, null, picture, `${what}, paused at ${speed}`);
    if (stood < 1) fail(`${what} did not play at ${speed}`);
    await page.keyboard.press(',');
    await shows(page, stood - 1, picture, `${what}, one back after playing at ${speed}`);
  }
}

/** A place is a millisecond there; the drawing shows a second of silence, then sound. */
async function listen(page, clip) {
  same(await page.locator('.place__frame').count(), 0, 'frames of sound alone');
  await seek(page, '2.5');
  await page.waitForFunction(() => document.querySelector('.place__time').value === '0:02.500' && Math.abs(document.querySelector('.player video').currentTime - 2.5) < 0.01);
  await page.keyboard.press('.');
  await page.waitForFunction(() => document.querySelector('.place__time').value === '0:02.501');
  await page.keyboard.press('1');
  await page.locator('.quick__said').getByText('Being attentive, at 0:02.501').waitFor();
  const { remarks } = await page.evaluate(async (id) => (await fetch(`/api/clips/${id}/remarks?purpose=intervention`)).json(), clip.clip);
  same(remarks.map((r) => `${r.from_frame} ${r.tag}`).join(), '2501 attentive', 'where the tag stands');
  await page.locator('.timeline__peaks').waitFor();
  const loud = await page.evaluate(() => [0.1, 0.6].map((part) => {
    const canvas = document.querySelector('.timeline__peaks'), { data } = canvas.getContext('2d').getImageData(Math.floor(canvas.width * part), 0, 1, canvas.height);
    let drawn = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i]) drawn++;
    return drawn / canvas.height;
  }));
  if (loud[0] > 0.1 || loud[1] < 0.8) fail(`of silence and sound so much is drawn: ${loud}`);
  await page.keyboard.press('Home');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('.player video').currentTime > 0.2);
  await page.keyboard.press('Space');
  await look(page, 'player-sound');
}

await story(async (browser, base) => {
  const page = await visit(browser, base);
  await signIn(page, 'ida', 'the lantern of ida is lit');
  await page.goto(`${base}/#/cases/${family}/add`);
  await page.getByLabel('Ben', { exact: true }).check();
  await page.locator('#files').setInputFiles(names.map((name) => `${folder}/${name}`));
  await page.waitForFunction((n) => document.querySelectorAll('.coming a').length === n, names.length, { timeout: 120000 })
    .catch(async () => fail(await page.locator('main').innerText()));
  const { clips } = await page.evaluate(async () => (await fetch('/api/clips')).json());
  const [uneven, edited, one, three, voice] = names.map((name) => clips.find((c) => c.file_name === name) ?? fail(`${name} is not there`));
  same(`${uneven.frame_rate} ${uneven.frames}`, '25/1 80', 'rate and frames of what came unevenly');
  for (const [clip, picture] of [[uneven, (n) => (n % 5 === 3 ? n - 1 : n)], [edited, (n) => n + 33], [one, (n) => n], [three, (n) => n]]) {
    await open(page, base, clip);
    await study(page, clip, picture);
  }
  // A tag stands at the frame of the copy, of which each has its own, also where the recording had none.
  await open(page, base, uneven);
  await seek(page, 43);
  await shows(page, 43, () => 42, 'uneven.mkv, where the recording has no frame');
  await page.keyboard.press('2');
  await page.locator('.quick__said').getByText('Encouraging initiatives, at 0:01.720').waitFor();
  await open(page, base, voice);
  await listen(page, voice);
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
