import { readFileSync, writeFileSync } from 'node:fs';
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
  // Nothing else is within reach: not by keys, and not by going back without being asked.
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press('Tab');
    if (!await page.evaluate(() => document.activeElement === document.body || document.activeElement.matches('.shared *'))) fail('a key leaves the shared review');
  }
  await page.setViewportSize({ width: 844, height: 390 }); // a phone held sideways: the film has the height
  const [film, screen] = await page.evaluate(() => ['.shared__film', '.shared'].map((s) => document.querySelector(s).clientHeight));
  if (film < screen * 0.9) fail(`the film has ${film} of ${screen}`);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goBack();
  await page.getByRole('heading', { name: 'Stop the shared review?' }).waitFor();
  await page.getByRole('button', { name: 'Go on watching' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { level: 1, name: 'How can meals be calmer?' }).waitFor();
  await page.getByRole('link', { name: 'The staircase from film to film' }).click();
  await page.getByLabel('What do you look at it for?').selectOption({ label: 'Supervision' });
  await page.getByRole('row', { name: /Cycle 1, chosen moment 1 3 1 – 1 –$/ }).waitFor();
  await page.getByLabel('Whose tags?').selectOption({ label: 'You' });
  await page.getByRole('row', { name: /Cycle 1, chosen moment 1 2 – – – –$/ }).waitFor();
  await look(page, 'staircase');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
  await page.context().close();
}

/** What Sue signed stands in Ida's training, and in the portfolio, which tells of nobody who was filmed. */
async function portfolio(browser, base) {
  const page = await visit(browser, base);
  await signIn(page, 'ida', 'the lantern of ida is lit');
  await page.getByRole('link', { name: 'Training', exact: true }).click();
  await page.getByText('1 cycle signed off, 1.5 hours of supervision.').waitFor();
  await look(page, 'training');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the portfolio' }).click()]);
  const text = readFileSync(await file.path(), 'utf8'), said = JSON.parse(text);
  same([file.suggestedFilename(), said.name, said.cycles[0].minutes, said.cycles[0].supervisor_name].join(), 'portfolio.json,ida,90,sue', 'the portfolio');
  for (const told of ['Example', 'meals', 'Well seen', 'clp_']) if (text.includes(told)) fail(`the portfolio tells ${told}`);
  await page.getByLabel('With what supervisors said').check();
  const [more] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the portfolio' }).click()]);
  same(JSON.parse(readFileSync(await more.path(), 'utf8')).cycles[0].note, 'Well seen.', 'the note in it');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
  await page.context().close();
}

/** Both people's tags, by shape and in words; what is clicked plays from two seconds before. */
async function beside(page) {
  await page.getByRole('heading', { name: 'Side by side: ida and you' }).waitFor();
  await page.getByText('4 moments: 1 tagged alike by both, 1 in another layer, 1 only by ida and 1 only by you.').waitFor();
  same(await page.locator('svg.beside .beside__tag').evaluateAll((tags) => tags.map((t) => Number(t.matches('.beside__tag--one'))).sort().join('')), '001111', 'tags that only one gave');
  await page.getByText('As a list').click();
  same(await page.getByRole('table', { name: 'Tags side by side' }).getByRole('row').evaluateAll((rows) => rows.slice(1).map((r) => r.lastElementChild.textContent).join('; ')),
    'Both, the same tag; Another layer; Only ida; Only you', 'who saw what');
  await page.getByLabel('Only where you differ').check();
  same(await page.getByRole('table', { name: 'Tags side by side' }).getByRole('row').count(), 4, 'where they differ');
  await page.evaluate(() => document.querySelector('video').pause());
  await page.getByRole('button', { name: '0:10.000' }).last().click();
  await page.waitForFunction(() => { const at = document.querySelector('video').currentTime; return at >= 7.9 && at < 9.9; });
  await page.keyboard.press('k');
}

await story(async (browser, base) => {
  await asks(browser, base);
  const page = await visit(browser, base);
  await signIn(page, 'sue', 'the lantern of sue is lit');
  await page.getByRole('link', { name: 'To review', exact: true }).first().click();
  await page.getByText('ida: The Example family').waitFor();
  await page.getByText('Where did I miss her turn?').waitFor();
  same(await page.locator('.coming .tile').first().locator('p').first().textContent(), 'Chosen moment', 'what comes first');
  await page.getByText('Write a closing note').click();
  await page.getByLabel('Your closing note').fill('At the second smile.');
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByText('You said:').waitFor();
  await page.waitForFunction(() => [...document.images].every((i) => i.complete && i.naturalWidth > 0));
  await look(page, 'supervisor-queue');
  await page.getByText('Sign off the cycle').click();
  await page.getByRole('button', { name: 'Sign it off' }).click(); // without hours: what is missing is said, and reached
  await page.getByRole('link', { name: 'Enter hours, like 1.5' }).click();
  await page.keyboard.type('1,5');
  await page.getByLabel('What you say of it in the end').fill('Well seen.');
  await page.getByRole('button', { name: 'Sign it off' }).click();
  await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
  same(await page.evaluate(() => document.activeElement.tagName), 'H1', 'what has the focus once the form is gone');
  await portfolio(browser, base);

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
  await beside(page);
  await look(page, 'supervisor-clip');
  // Stopped, with frames beside it that were decoded ahead: of those nothing is left either.
  await page.keyboard.press('k');
  const ahead = () => page.evaluate(() => { globalThis.sheets ??= [...document.querySelectorAll('.stage canvas')]; return sheets.filter((c) => c.width * c.height > 0 && c.isConnected).length; });
  for (let i = 0; i < 50 && !await page.evaluate(() => [...document.querySelectorAll('.stage canvas')].some((c) => c.checkVisibility())); i++) { await page.keyboard.press('.'); await page.waitForTimeout(200); }
  if (!await ahead()) fail('nothing was decoded ahead');
  // First for what she sees it for alone; it stays for something else.
  writeFileSync(withdraw, '');
  await page.getByText('It may not be seen for that any more').waitFor({ timeout: 40000 });
  same(await page.locator('video').count(), 0, 'films on the page');
  same(await page.evaluate(() => sheets.filter((c) => c.width * c.height > 0).length), 0, 'pictures that were decoded ahead');
  await page.getByText('You may know of it, and may not watch it').waitFor();
  writeFileSync(`${withdraw}.all`, '');
  await page.getByText('It cannot be seen any more').first().waitFor({ timeout: 40000 });
  same(await page.locator('video').count(), 0, 'films on the page');
  same(await page.evaluate(() => sheets.filter((c) => c.width * c.height > 0).length), 0, 'pictures that were decoded ahead');
  await look(page, 'supervisor-ended');
  same([...page.asked].join(), base, 'whom the pages asked');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
