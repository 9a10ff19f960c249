import { statSync } from 'node:fs';
import { play, settled, signIn, story, visit } from '../browser/browser.mjs';

const [, , , film, rounds, family, seconds] = process.argv;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Bytes over the wire and ms until the field for the name takes what is typed. */
async function first(browser, base) {
  const context = await browser.newContext(), page = await context.newPage(), wire = await context.newCDPSession(page);
  let bytes = 0;
  await wire.send('Network.enable');
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: 125e4, uploadThroughput: 125e4 });
  await wire.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  wire.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
  const began = Date.now();
  await page.goto(base, { waitUntil: 'commit' });
  await page.getByLabel('Name', { exact: true }).fill('ida');
  const ms = Date.now() - began;
  await page.waitForLoadState('load');
  await context.close();
  return { bytes, ms };
}

await story(async (browser, base) => {
  const views = [];
  for (let i = 0; i < Number(rounds); i++) views.push(await first(browser, base));
  console.log(`first page: ${median(views.map((v) => v.bytes))} bytes over the wire, usable after ${median(views.map((v) => v.ms))} ms (${Math.min(...views.map((v) => v.ms))}-${Math.max(...views.map((v) => v.ms))}; goals 150 KB, 1 s)`);
  const page = await visit(browser, base);
  await signIn(page, 'ida', 'the lantern of ida is lit');
  await page.goto(`${base}/#/cases/${family}/add`);
  await settled(page);
  await page.getByLabel('Mira Example').check();
  const began = Date.now();
  await page.locator('#files').setInputFiles(film);
  await page.getByText('Ready to watch').waitFor({ timeout: 600000 });
  const taken = Date.now() - began;
  await page.getByRole('link', { name: 'Open it' }).click();
  await play(page, 'Work with the family');
  console.log(`from drop to picture: ${((Date.now() - began) / 1000).toFixed(1)} s (taken in after ${(taken / 1000).toFixed(1)} s), a film of ${seconds} s, ${(statSync(film).size / 1e6).toFixed(0)} MB`);
});
