import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fail, same, signIn, story, visit } from './browser.mjs';

const [kase, person, file] = process.argv.slice(3);
const password = 'the lantern of ida is lit';
const film = readFileSync(file), slow = 4e6; // bytes a second, so that there is a middle

/** The network of a page, from now on; 0: as fast as it is. */
async function throttle(page, bytesPerSecond) {
  page.control ??= await page.context().newCDPSession(page);
  await page.control.send('Network.enable');
  await page.control.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond || -1 });
}

/** The film, chosen in the page; what is sent later is what was chosen here. */
async function choose(page) {
  await page.evaluate(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.id = 'film';
    document.body.append(input);
  });
  await page.locator('#film').setInputFiles(file);
}

/** Sends it as the page for adding footage does; window.at is what came of it. */
const send = (page) => page.evaluate(async ([kase, person]) => {
  const { send } = await import('/app/pages/add.mjs');
  window.at = { sent: 0 };
  window.upload = await send(document.getElementById('film').files[0], { filename: 'film.mp4', case: kase, persons: person, kind: 'recording' },
    (change) => { Object.assign(window.at, change); });
}, [kase, person]);
const beyond = (page, part) => page.waitForFunction((bytes) => window.at.sent > bytes, film.length * part, { polling: 50 });

await story(async (browser, base) => {
  const page = await visit(browser, base), offsets = [];
  page.on('request', (r) => { if (r.method() === 'PATCH') offsets.push(Number(r.headers()['upload-offset'])); });
  await signIn(page, 'ida', password);
  await throttle(page, slow);
  await choose(page);
  await send(page);

  await beyond(page, 0.3); // it is halted, and goes on
  await page.evaluate(() => window.upload.abort());
  await page.evaluate(() => window.upload.start());

  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage })); // what stays in a browser that others use too
  if (!kept.includes('/api/uploads/')) fail(`it does not remember where it was: ${kept}`);
  for (const said of ['film.mp4', kase, person]) if (kept.includes(said)) fail(`the browser keeps ${said}: ${kept}`);

  await beyond(page, 0.6); // the server dies, and its sessions with it
  const lines = createInterface({ input: process.stdin });
  console.log('kill it');
  await new Promise((resolve) => { lines.once('line', resolve); });
  await page.waitForFunction(() => window.at.failed, null, { polling: 50 });
  const failed = await page.evaluate(() => window.at.failed);
  if (!failed.includes('You were signed out')) fail(`what is said after the server began anew: ${failed}`);
  await page.evaluate(async ([name, password]) => { await (await import('/app/api.mjs')).signIn(name, password); }, ['ida', password]);
  await throttle(page, 0);
  await send(page);

  await page.waitForFunction(() => window.at.state || window.at.failed, null, { polling: 50 });
  const result = await page.evaluate(async () => {
    const { get } = await import('/app/api.mjs');
    for (;;) {
      const said = await get(`/api/uploads/${window.at.id}`);
      if (said.state !== 'waiting') return said;
      await new Promise((resolve) => { setTimeout(resolve, 200); });
    }
  });
  same(result.state, 'live', 'what became of it');
  same(result.sha256, createHash('sha256').update(film).digest('hex'), 'the SHA-256 of what was received');
  console.log(`bodies began at ${offsets.join(', ')} of ${film.length}`);
  if (offsets.length < 3 || offsets[0] !== 0 || offsets.some((at, i) => i > 0 && at <= offsets[i - 1])) fail('it did not go on from where it was');
  lines.close();
});
