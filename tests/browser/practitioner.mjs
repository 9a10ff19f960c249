import { join } from 'node:path';
import { fail, look, play, same, signIn, story, visit } from './browser.mjs';

const folder = process.argv[3];

async function addPerson(page, name, kind) {
  await page.getByRole('link', { name: 'Add a person' }).click();
  await page.getByLabel('Their name').fill(name);
  await page.getByLabel(kind, { exact: true }).check();
  await look(page, 'person');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'What do they agree to?' }).waitFor();
}

async function sayYes(page, purposes, refused = []) {
  for (const purpose of purposes) await page.getByRole('group', { name: purpose, exact: true }).getByLabel('Yes', { exact: true }).check();
  for (const purpose of refused) await page.getByRole('group', { name: purpose, exact: true }).getByLabel('No', { exact: true }).check();
}

await story(async (browser, base) => {
  const page = await visit(browser, base);
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  await look(page, 'sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click(); // without a name: what is missing is said, and reached
  await page.getByRole('link', { name: 'Enter your name' }).click();
  same(await page.evaluate(() => document.activeElement.id), 'name', 'the field that has the focus');
  await signIn(page, 'ida', 'the lantern of ida is lit');
  await look(page, 'start');

  await page.getByRole('link', { name: 'Cases', exact: true }).click();
  await page.getByRole('link', { name: 'New case' }).click();
  await page.getByLabel('What do you call it?').fill('The Example family');
  await page.getByRole('button', { name: 'Open the case' }).click();
  await page.getByRole('heading', { level: 1, name: 'The Example family' }).waitFor();
  await look(page, 'case-empty');

  await addPerson(page, 'Mira Example', 'Parent or carer');
  // Whoever was not asked yet stands in a list that leads to the asking.
  await page.getByRole('link', { name: 'To ask', exact: true }).click();
  await page.getByRole('row', { name: /^Mira Example Parent or carer The Example family Nothing yet/ }).waitFor();
  await look(page, 'to-ask');
  await page.getByRole('link', { name: /^Ask/ }).click();
  await page.getByRole('heading', { level: 1, name: 'What do they agree to?' }).waitFor();
  const labels = await page.evaluate(async () => (await (await fetch('/api/purposes')).json()).purposes.map((p) => p.label));
  await sayYes(page, [labels[0], labels[2]], [labels[5]]);
  await page.getByLabel('On a day that we choose').check();
  for (const [part, value] of [['Day', '14'], ['Month', '3'], ['Year', '2090']]) await page.getByLabel(part, { exact: true }).fill(value);
  const follows = page.locator('section', { has: page.getByRole('heading', { name: 'What will follow' }) });
  for (const said of [`${labels[2]}: yes, until 14 March 2090.`, `${labels[5]}: no, Mira Example said no.`]) await follows.getByText(said).waitFor();
  await page.getByLabel('The signed form').setInputFiles(join(folder, 'form.jpg'));
  await look(page, 'consent');
  await page.getByRole('button', { name: 'Save what they said' }).click();
  await page.getByRole('heading', { level: 1, name: 'The Example family' }).waitFor();
  await addPerson(page, 'Tim Example', 'Child');
  await sayYes(page, [labels[0], labels[2]]);
  await page.getByLabel('A parent or other holder').check();
  await page.getByRole('group', { name: 'What does Tim Example say?' }).getByLabel('No', { exact: true }).check();
  await follows.getByText(`${labels[0]}: no, Tim Example said no.`).waitFor();
  await page.getByRole('group', { name: 'What does Tim Example say?' }).getByLabel('Yes', { exact: true }).check();
  await page.getByRole('button', { name: 'Save what they said' }).click();
  await page.getByText('Tim Example').first().waitFor();
  const order = await page.locator('main').innerText();
  if (order.indexOf('Set a goal') < order.indexOf('No goal was set yet')) fail('what belongs to the goals stands elsewhere');
  await look(page, 'case');

  await page.getByRole('link', { name: 'Add footage' }).click();
  await page.locator('#files').setInputFiles(join(folder, 'kitchen.mp4')); // before saying who is in it
  await page.getByRole('link', { name: 'Say who can be seen or heard in it first' }).or(page.getByText('Say who can be seen or heard in it first')).first().waitFor();
  await page.getByLabel('Mira Example').check();
  await page.getByLabel('Tim Example').check();
  await page.locator('#files').setInputFiles([join(folder, 'kitchen.mp4'), join(folder, 'broken.mp4')]);
  await page.getByText('Ready to watch').waitFor({ timeout: 60000 });
  await page.getByText('Not taken').waitFor({ timeout: 60000 });
  await look(page, 'add');

  await page.getByRole('link', { name: 'Open it' }).click();
  await play(page, labels[2]);
  await look(page, 'clip');
  await page.getByRole('link', { name: 'The case' }).click();
  await page.getByRole('link', { name: /^Film of/ }).waitFor();
  await look(page, 'case-with-film');
  // The server cannot be reached, and is there again; the session is over, and goes on where it was.
  await page.context().setOffline(true);
  await page.getByRole('link', { name: 'Training', exact: true }).click();
  await page.getByText('Check your connection').waitFor();
  await page.context().setOffline(false);
  page.wrong.length = 0;
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { level: 1, name: 'Training of ida' }).waitFor();
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Cases', exact: true }).click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await look(page, 'session-over');
  await page.getByLabel('Name', { exact: true }).fill('ida');
  await page.getByLabel('Password', { exact: true }).fill('the lantern of ida is lit');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Cases' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  same([...page.asked].join(), base, 'whom the pages asked');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
