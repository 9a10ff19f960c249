import { writeFileSync } from 'node:fs';
import { fail, look, play, same, settled, signIn, story, visit } from './browser.mjs';

const [, , , clip, other, foreign, withdraw] = process.argv;

await story(async (browser, base) => {
  const page = await visit(browser, base);
  await signIn(page, 'sue', 'the lantern of sue is lit');
  await page.getByRole('link', { name: 'To review', exact: true }).first().click();
  await page.getByText('ida: The Example family').waitFor();
  await page.waitForFunction(() => [...document.images].every((i) => i.complete && i.naturalWidth > 0));
  await look(page, 'supervisor-queue');

  // What is not theirs is as if it did not exist, also where the address is known.
  for (const path of [`/clips/${other}`, `/clips/clp_${'a'.repeat(26)}`]) {
    await page.goto(`${base}/#${path}`);
    await page.getByRole('heading', { name: 'There is no such thing, or it is not yours to see' }).waitFor();
  }
  await look(page, 'supervisor-nothing');
  await page.goto(`${base}/#/cases/${foreign}`);
  await page.getByRole('heading', { name: 'There is no such thing, or it is not yours to see' }).waitFor();

  // The film ends under their eyes.
  await page.goto(`${base}/#/clips/${clip}`);
  await settled(page);
  await play(page, 'Supervision');
  await look(page, 'supervisor-clip');
  writeFileSync(withdraw, '');
  await page.getByText('It cannot be seen any more').first().waitFor({ timeout: 40000 });
  same(await page.locator('video').count(), 0, 'films on the page');
  await look(page, 'supervisor-ended');
  same([...page.asked].join(), base, 'whom the pages asked');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
