import { writeFileSync } from 'node:fs';
import { fail, look, play, same, settled, signIn, story, visit } from './browser.mjs';

const [, , , clip, other, foreign, withdraw, family] = process.argv;

/** Ida begins a cycle, rates a goal, looks at the clip with the family, and asks Sue to look at it. */
async function asks(browser, base) {
  const page = await visit(browser, base);
  await signIn(page, 'ida', 'the lantern of ida is lit');
  await page.goto(`${base}/#/cases/${family}`);
  await page.getByRole('link', { name: 'Set a goal' }).click();
  await page.getByLabel('What does the family want').fill('Meals without shouting');
  await page.getByRole('button', { name: 'Set it' }).click();
  await page.getByRole('link', { name: 'Begin a cycle' }).click();
  await page.getByLabel('The helping question').fill('How can meals be calmer?');
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.getByRole('heading', { level: 1, name: 'How can meals be calmer?' }).waitFor();
  await page.getByText('Add a clip').click();
  await page.getByLabel('A chosen moment').check();
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByRole('button', { name: 'Take it out' }).waitFor();
  await page.getByText('Rate a goal').click();
  await page.getByLabel('4', { exact: true }).check();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('cell', { name: '4', exact: true }).waitFor();
  await page.getByText('Ask your supervisor').click();
  await page.getByLabel('What would you like them to look at?').fill('Where did I miss her turn?');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByRole('cell', { name: 'Waits' }).waitFor();
  await look(page, 'cycle');
  await page.getByRole('link', { name: 'Shared review' }).click();
  await page.waitForFunction(() => document.querySelector('.shared video')?.readyState >= 2);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForFunction(() => document.querySelector('.shared video').currentTime > 0.2);
  await look(page, 'shared-review');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.goto(`${base}/#/training`);
  await page.getByRole('heading', { level: 1, name: 'Training of ida' }).waitFor();
  await look(page, 'training');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
  await page.context().close();
}

await story(async (browser, base) => {
  await asks(browser, base);
  const page = await visit(browser, base);
  await signIn(page, 'sue', 'the lantern of sue is lit');
  await page.getByRole('link', { name: 'To review', exact: true }).first().click();
  await page.getByText('ida: The Example family').waitFor();
  await page.getByText('Where did I miss her turn?').waitFor();
  await page.getByText('Say something of it').click();
  await page.getByLabel('Your closing note').fill('At the second smile.');
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByText('You said:').waitFor();
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

  // However many pages they go through, they still hear what happens.
  for (let i = 0; i < 4; i++) {
    await page.goto(`${base}/#/review`);
    await page.getByRole('heading', { level: 1, name: 'To review' }).waitFor();
    await page.goto(`${base}/#/clips/${clip}`);
    await page.getByRole('heading', { level: 1, name: /^Film of/ }).waitFor();
  }
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
