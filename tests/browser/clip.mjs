import { writeFileSync } from 'node:fs';
import { fail, look, same, settled, signIn, story, visit } from './browser.mjs';

const [, , , clip, kept] = process.argv;
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

async function share(page) {
  await page.getByRole('link', { name: 'Share it with a colleague' }).click();
  await heading(page, 'Share this clip');
  await page.getByRole('button', { name: 'Share it' }).click();
  await page.getByRole('link', { name: 'Enter the last day' }).waitFor();
  await page.getByLabel('With whom?').selectOption({ label: 'sue (Supervisor)' });
  await page.getByLabel('What for?').selectOption('supervision');
  await page.getByLabel('Day').fill('1'); await page.getByLabel('Month').fill('3'); await page.getByLabel('Year').fill('2090');
  await page.getByRole('button', { name: 'Share it' }).click();
  await page.getByRole('cell', { name: 'sue', exact: true }).waitFor();
  await look(page, 'clip-share');
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByText('It is shared with nobody yet.').waitFor();
  await page.getByRole('link', { name: 'Back', exact: true }).click();
}

/** By another: it waits for them, or not; then they are taken out again. */
async function people(page) {
  await page.getByRole('link', { name: 'Correct who is in it' }).click();
  await heading(page, 'Who is in it?');
  await page.getByRole('button', { name: 'In it (Mira Example)' }).click();
  await page.getByRole('button', { name: 'Not in it (Mira Example)' }).click();
  await page.getByRole('button', { name: 'In it (Mira Example)', exact: true }).waitFor();
  await look(page, 'clip-people');
  await page.getByRole('link', { name: 'Back', exact: true }).click();
}

async function cover(page) {
  await page.getByRole('link', { name: 'Cover faces and voices' }).click();
  await heading(page, 'Cover faces and voices');
  await page.waitForFunction(() => document.querySelector('video')?.readyState >= 2);
  await page.getByRole('button', { name: 'A box over Tim Example, from here' }).click();
  const box = page.getByRole('button', { name: 'Tim Example', exact: true });
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown']) await box.press(key); // from the middle: 120, 45
  await page.getByRole('button', { name: '1 s on' }).click();
  await page.getByText('0:01.000 of').waitFor();
  const corner = page.locator('.box__corner'), at = await corner.boundingBox(), scale = (await page.locator('.cover__film').boundingBox()).width / 320;
  await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
  await page.mouse.down();
  await page.mouse.move(at.x + at.width / 2 + 6 * scale, at.y + at.height / 2 + 6 * scale, { steps: 3 });
  await page.mouse.up();
  await page.getByText('Its place in numbers').click();
  await page.getByLabel('Width').fill('90');
  await page.getByLabel('Width').press('Tab');
  await page.getByLabel('Voices').selectOption('mute');
  await look(page, 'clip-cover');
  await page.getByRole('button', { name: 'Keep this draft' }).click();
  await page.getByText('Tim Example is covered, and asked for it for Research').waitFor();
  same(await page.getByRole('button', { name: /^Confirm/ }).count(), 0, 'ways to confirm what was not looked at');
  await page.getByLabel('I looked the whole film through').check();
  await look(page, 'clip-cover-confirm');
  await page.getByRole('button', { name: 'Confirm, and make the covered film' }).click();
  await page.getByRole('heading', { name: 'The covered film is made' }).waitFor({ timeout: 60000 });
  await look(page, 'clip-covered');
  writeFileSync(kept, await page.evaluate(async (c) => (await fetch(`/api/clips/${c}/obscure`)).text(), clip));
  await page.getByRole('button', { name: 'Destroy the covered film' }).click();
  await page.getByText('A covered film, confirmed on').waitFor({ state: 'detached' });
  // Of a long film the server is not done before it must answer: it is waited for, and not made once more.
  await page.route(/obscure\/confirm$/, async (route) => {
    const made = route.fetch();
    await route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"error":"unavailable","detail":"the vault did not answer in time"}' });
    await made;
  });
  await page.getByLabel('I looked the whole film through').check();
  await page.getByRole('button', { name: 'Confirm, and make the covered film' }).click();
  await page.getByRole('heading', { name: 'It is still being made' }).waitFor();
  await page.getByText('A covered film, confirmed on').waitFor({ timeout: 60000 });
  same(await page.getByRole('heading', { name: 'It is still being made' }).count(), 0, 'it is made, and still said to be made');
  page.wrong = page.wrong.filter((line) => !line.includes('status of 503'));
  await page.getByRole('button', { name: 'Destroy the covered film' }).click();
  await page.getByText('A covered film, confirmed on').waitFor({ state: 'detached' });
}

async function destroy(page, base) {
  await page.goto(`${base}/#/clips/${clip}`);
  await page.getByRole('link', { name: 'Destroy it now' }).click();
  await heading(page, 'Destroy this clip');
  await page.getByRole('button', { name: 'Destroy it now' }).click();
  await page.getByRole('link', { name: /Say why/ }).waitFor();
  await page.getByLabel('Why?').fill('It was filmed by mistake');
  await look(page, 'clip-destroy');
  await page.getByRole('button', { name: 'Destroy it now' }).click();
  await heading(page, 'Certificates');
}

await story(async (browser, base) => {
  const page = await visit(browser, base);
  await signIn(page, 'ida', 'the lantern of ida is lit');
  await page.goto(`${base}/#/clips/${clip}`);
  await settled(page);
  await share(page);
  await people(page);
  await cover(page);
  // It ends on every page that shows it.
  const other = await page.context().newPage();
  await other.goto(`${base}/#/clips/${clip}/obscure`);
  await other.waitForFunction(() => document.querySelector('video')?.readyState >= 2);
  await destroy(page, base);
  await other.waitForFunction(() => !document.querySelector('video'));
  same([...page.asked].join(), base, 'whom the pages asked');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
