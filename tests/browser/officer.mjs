import { doubts, emergency, notices, records } from './duties.mjs';
import { fail, look, same, settled, shots, signIn, story, visit } from './browser.mjs';

const [, , , kept, destroyed, frozen, mira, jim, pia] = process.argv;

/** Whatever stands on the overview leads to a page that says what it counted. */
async function places(page) {
  const back = () => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview', exact: true }).click();
  for (const [label, title, shows, name] of [['end within 30 days', 'Clips that end soon', /Ready/, 'expiring'], ['wait for consent', 'Clips: Waiting for consent', /Waiting for consent/, 'waiting'],
    ['people not asked', 'People who were not asked', /Noor Example/, 'not-asked'], ['people who said no to something', 'People who said no to something', /Tim Example/, 'refused'],
    ['holds to review', 'Holds and restrictions', /Inquiry 7/, 'holds-to-review'], ['overdue', 'What is due', /Nothing is due/, 'sweep'], ['copies of the keys follow', 'Health', /There is one copy/, 'health']]) {
    await back();
    await page.getByRole('link', { name: label, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    await settled(page);
    await page.locator('main').getByText(shows).first().waitFor();
    if (name === 'sweep') {
      await page.getByRole('button', { name: 'Sweep now all the same' }).click();
      await page.getByRole('heading', { name: 'Swept: there was nothing to destroy' }).waitFor();
    }
    await look(page, `officer-${name}`);
  }
  await back();
  await page.getByRole('link', { name: 'What is shared, and with whom?' }).click();
  await page.getByRole('heading', { level: 1, name: 'What is shared' }).waitFor();
  await page.getByRole('button', { name: 'End it (with sue)' }).click();
  await page.getByText('Taken back').waitFor();
  await look(page, 'officer-shared');
}

/** "What do you have of me?": in words, until when to answer, and a page to print that names nobody else. */
async function access(page, base) {
  await page.goto(`${base}/#/people/${mira}/held?asked=2027-01-31`);
  await page.getByRole('heading', { name: 'Answer by 28 February 2027' }).waitFor();
  await look(page, 'officer-held');
  await page.emulateMedia({ media: 'print' });
  const paper = await page.locator('main').innerText();
  for (const said of ['Mira Example', 'Work with the family', '2 recordings are kept', '1 other person', 'Was looked at', 'None kept', 'with ida, since'])
    if (!paper.includes(said)) fail(`what is held does not say "${said}": ${paper}`);
  for (const other of [/Tim/, /Answer by/, /Print this page/, /sue/]) if (other.test(paper)) fail(`what is held says ${other}: ${paper}`);
  await shots(page, 'officer-held-print');
  await page.emulateMedia({ media: 'screen' });
}

/** What destroys one clip; a hold that ends; a server that cannot be reached, one that refuses, and a session that is over. */
async function ends(page, base) {
  await page.goto(`${base}/#/clips/${destroyed}/destroy`);
  await page.getByLabel('Why?').fill('It was filmed by mistake');
  await page.getByRole('button', { name: 'Destroy it now' }).click();
  await page.getByRole('heading', { level: 1, name: 'Certificates' }).waitFor();
  await page.context().setOffline(true);
  page.wrong.known = page.wrong.length;
  await page.getByRole('link', { name: 'People', exact: true }).click();
  await page.getByText('The server cannot be reached').waitFor();
  await look(page, 'officer-offline');
  await page.context().setOffline(false);
  page.wrong.length = page.wrong.known; // a browser complains of every address that it did not reach
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'Mira Example' }).waitFor();
  await page.goto(`${base}/#/clips/clp_aaaaaaaaaaaaaaaaaaaaaaaaaa`);
  await page.getByRole('heading', { level: 1, name: 'There is no such thing' }).waitFor();
  await look(page, 'officer-nothing');
  await page.evaluate(async () => fetch('/api/session', { method: 'DELETE', headers: { 'X-CSRF': (await (await fetch('/api/me')).json()).csrf } })); // elsewhere, say
  await page.goto(`${base}/#/holds`);
  await page.getByText('Your session has ended').waitFor();
  await look(page, 'officer-session-over');
  await page.getByLabel('Name', { exact: true }).fill('omar');
  await page.getByLabel('Password', { exact: true }).fill('the lantern of omar is lit');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Holds and restrictions' }).waitFor(); // where it was
}

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

  await places(page);
  await access(page, base);
  await records(page, base, { jim, pia, mira });
  await emergency(browser, page, base, kept);
  await doubts(page, base);

  // Withdrawal, counted from the call: clicks and seconds.
  await page.goto(`${base}/#/overview`);
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
  await receipt.emulateMedia({ media: 'print' });
  await shots(receipt, 'officer-receipt-print');
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

  await ends(page, base);

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

  await notices(browser, base, { held: kept, frozen });

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
