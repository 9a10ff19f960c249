import { statSync } from 'node:fs';
import { play, settled, signIn, story, visit } from '../browser/browser.mjs';

const [, , , film, rounds, family, seconds] = process.argv;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** In a browser that is open already and keeps nothing: {bytes over the wire, requests, ms until the field for the name is there, cpu:
 * ms of the processor, 4 times slower, that the page's own thread took}. What drives the browser is not counted: the page says when. */
async function first(context, base) {
  const page = await context.newPage(), wire = await context.newCDPSession(page), view = { bytes: 0, requests: 0 };
  wire.on('Network.loadingFinished', (e) => { view.bytes += e.encodedDataLength; view.requests++; });
  await wire.send('Network.enable');
  await wire.send('Performance.enable', { timeDomain: 'threadTicks' });
  await wire.send('Network.clearBrowserCache');
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: 125e4, uploadThroughput: 125e4 });
  await wire.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.addInitScript(() => {
    const look = () => { if (document.getElementById('name')?.getClientRects().length) globalThis.usable = performance.now(); else requestAnimationFrame(look); };
    requestAnimationFrame(look);
  });
  await page.goto(base, { waitUntil: 'commit' });
  await page.waitForTimeout(2500);
  view.cpu = (await wire.send('Performance.getMetrics')).metrics.find((m) => m.name === 'ThreadTime').value * 1000;
  view.ms = await page.waitForFunction(() => globalThis.usable).then((found) => found.jsonValue());
  await page.close();
  return view;
}

await story(async (browser, base) => {
  const views = [], context = await browser.newContext();
  await (await context.newPage()).waitForTimeout(5000); // what the browser loads for itself is loaded then
  for (let i = 0; i < Number(rounds); i++) views.push(await first(context, base));
  const of = (what) => views.map((v) => Math.round(v[what]));
  console.log(`first page: ${median(of('bytes'))} bytes over the wire, ${median(of('requests'))} requests, usable after ${median(of('ms'))} ms (${Math.min(...of('ms'))}-${Math.max(...of('ms'))}), ${median(of('cpu'))} ms of processor (${Math.min(...of('cpu'))}-${Math.max(...of('cpu'))}); goals 150 KB, 1 s`);
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
