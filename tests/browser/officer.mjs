import { fail, look, same, settled, signIn, story, visit } from './browser.mjs';

const [, , , kept] = process.argv;

await story(async (browser, base) => {
  const page = await visit(browser, base);
  await signIn(page, 'omar', 'the lantern of omar is lit');
  await page.getByRole('link', { name: 'Overview', exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await look(page, 'officer-overview');

  // Why can or can't X see this?
  await page.goto(`${base}/#/why?clip=${kept}`);
  await page.getByLabel('Who?').selectOption({ label: 'sue' });
  await page.getByLabel('What for?').selectOption('research');
  await page.getByRole('button', { name: 'Tell me why' }).click();
  await page.getByRole('heading', { name: 'No, they cannot see it' }).waitFor();
  await look(page, 'officer-why');

  // Withdrawal, counted from the call: clicks and seconds.
  const began = Date.now();
  let clicks = 0;
  const click = async (what) => { clicks++; await what.click(); };
  await click(page.getByRole('link', { name: 'People', exact: true }));
  await page.getByLabel('Find by name').fill('mira');
  await click(page.getByRole('link', { name: 'Mira Example' }));
  await look(page, 'officer-person');
  await click(page.getByRole('link', { name: 'They take back their consent' }));
  await page.getByText('2 clips for Supervision').waitFor();
  await page.getByText('1 hold keeps its copy').waitFor();
  await look(page, 'officer-withdraw');
  await click(page.getByRole('button', { name: 'Take back everything now' }));
  await page.getByRole('heading', { level: 1, name: 'It is done' }).waitFor();
  console.log(`withdrawal: ${clicks} clicks, ${((Date.now() - began) / 1000).toFixed(1)} s with the pictures of this test in between`);
  await look(page, 'officer-done');
  const [receipt] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: /Open the receipt/ }).click()]);
  await receipt.getByRole('heading', { level: 1 }).waitFor();
  if (/Mira|Example/.test(await receipt.textContent('body'))) fail('the receipt names somebody');
  same(await receipt.evaluate(() => getComputedStyle(document.body).maxWidth !== 'none'), true, 'the receipt has its styles');
  await receipt.close();

  for (const [place, title] of [['Holds', 'Holds and restrictions'], ['Certificates', 'Certificates'], ['Log', 'Log'], ['Accounts', 'Accounts']]) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    if (place === 'Log') {
      await page.getByRole('button', { name: 'Is it whole?' }).click();
      await page.getByRole('heading', { name: 'The log is whole' }).waitFor();
    }
    await look(page, `officer-${place.toLowerCase()}`);
  }
  await page.getByRole('link', { name: 'Holds', exact: true }).click();
  await page.getByRole('link', { name: 'Place one' }).click();
  await look(page, 'officer-new-hold');

  // Somebody new signs in with the password that they were given.
  await page.getByRole('link', { name: 'Accounts', exact: true }).click();
  await page.getByRole('link', { name: 'New account' }).click();
  await page.getByLabel('Name', { exact: true }).fill('una');
  await page.getByLabel('Practitioner', { exact: true }).check();
  await page.getByLabel('First password').fill('nine tall poplars');
  await look(page, 'officer-new-account');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('cell', { name: 'una', exact: true }).waitFor();
  const una = await visit(browser, base);
  await signIn(una, 'una', 'nine tall poplars');
  await una.context().close();

  // No footage from this seat: neither a button nor an answer of the server.
  await page.goto(`${base}/#/clips/${kept}`);
  await settled(page);
  await look(page, 'officer-clip');
  same(await page.getByRole('heading', { name: 'What do you watch it for?' }).count(), 0, 'the offer to watch');
  const status = await page.evaluate(async (clip) => {
    const me = await (await fetch('/api/me')).json();
    const answer = await fetch(`/api/clips/${clip}/open`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF': me.csrf }, body: '{"purpose":"supervision"}' });
    return answer.status;
  }, kept);
  same(status, 403, 'opening a film as officer');
  same([...page.asked].join(), base, 'whom the pages asked');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
