// What an officer does rarely, and must not do by mistake: a record is put right or erased, a film is seen in an emergency, much that is due
// at once is destroyed after somebody has looked.
import { fail, look, same, settled, shots, signIn, visit } from './browser.mjs';

/** Where a page is much as one that was looked at: only for those who want the pictures. */
const glance = (page, name) => (process.env.SHOTS ? look(page, name) : settled(page));
const titled = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** The receipt that is opened from here: a page that names nobody. */
async function receipt(page, names, shot) {
  const [paper] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: /Open the receipt/ }).click()]);
  await paper.getByRole('heading', { level: 1 }).waitFor();
  if (names.test(await paper.textContent('body'))) fail('the receipt names somebody');
  await paper.emulateMedia({ media: 'print' });
  await shots(paper, shot);
  await paper.close();
}

/** A name, and a birthday by which a clip is lost; then the end of a record. */
export async function records(page, base, { jim, pia, mira }) {
  await page.goto(`${base}/#/people/${jim}`);
  await page.getByRole('link', { name: 'Correct their record' }).click();
  await titled(page, 'Correct their record');
  await look(page, 'officer-correct');
  await page.getByLabel('Their name').fill('Jim Exemplar');
  await page.getByRole('button', { name: 'Put it right' }).click();
  await titled(page, 'Jim Exemplar');
  await page.getByRole('link', { name: 'Correct their record' }).click();
  await page.getByLabel('Year').fill('2001');
  await page.getByRole('button', { name: 'Put it right' }).click();
  await page.getByText('1 clip for Work with the family').waitFor();
  await look(page, 'officer-correct-lost');
  await page.getByRole('button', { name: 'Put it right all the same' }).click();
  await titled(page, 'It is put right');
  await glance(page, 'officer-corrected');

  await page.goto(`${base}/#/people/${mira}/erase`); // a hold keeps a film that she is in
  await page.getByRole('heading', { name: 'It cannot be done yet' }).waitFor();
  await look(page, 'officer-erase-not-yet');
  same(await page.getByRole('button', { name: /Erase/ }).count(), 0, 'the offer to erase somebody who is in a clip');
  await page.goto(`${base}/#/people/${pia}`);
  await page.getByRole('link', { name: 'They ask to be erased' }).click();
  await page.getByText('1 signed form', { exact: true }).waitFor();
  await look(page, 'officer-erase');
  await page.getByRole('button', { name: 'Erase their record now' }).click();
  await titled(page, 'It is done');
  await glance(page, 'officer-erased');
  await receipt(page, /Pia|Example/, 'officer-erased-receipt-print');
  await page.goto(`${base}/#/people/${pia}`);
  await titled(page, 'Name not kept any more');
}

/** One officer asks and says why, another one confirms; while it lasts every page says so; it ends the film that is on. */
export async function emergency(browser, page, base, clip) {
  const olga = await visit(browser, base);
  await page.goto(`${base}/#/clips/${clip}`);
  await page.getByRole('link', { name: 'It must be seen, in an emergency' }).click();
  await page.getByRole('button', { name: 'Ask a second officer' }).click();
  await page.getByRole('link', { name: 'Say why it must be seen' }).waitFor(); // nobody asks without a reason
  await page.getByLabel('Why must it be seen?').fill('A child may be in danger');
  await look(page, 'officer-glass');
  await page.getByRole('button', { name: 'Ask a second officer' }).click();
  await page.getByRole('heading', { name: 'It waits for a second officer' }).waitFor();
  same(await page.getByRole('button', { name: 'Yes, for an hour' }).count(), 0, 'the offer to confirm oneself');
  await glance(page, 'officer-glass-asked');

  await signIn(olga, 'olga', 'the lantern of olga is lit');
  await olga.goto(`${base}/#/overview`);
  await olga.getByRole('heading', { name: 'omar asks to see a film in an emergency' }).waitFor();
  await look(olga, 'officer-glass-overview');
  await olga.getByRole('link', { name: 'See what it means, and say yes or no' }).click();
  await olga.getByText('A child may be in danger').waitFor();
  await look(olga, 'officer-glass-confirm');
  await olga.getByRole('button', { name: 'Yes, for an hour' }).click();
  await olga.getByRole('button', { name: 'End it now' }).waitFor();

  await page.getByText(/You may see a film until/).waitFor(); // told while it is on the screen
  await page.getByRole('link', { name: 'The film', exact: true }).click();
  await page.getByRole('button', { name: 'Supervision', exact: true }).click();
  await page.getByRole('region', { name: 'Player' }).waitFor();
  await page.getByText('What is said of this film is for those who work with it').waitFor();
  await page.waitForFunction(() => document.querySelector('video')?.readyState >= 3);
  await look(page, 'officer-glass-film');
  await olga.getByRole('button', { name: 'End it now' }).click();
  await page.getByRole('region', { name: 'Player' }).waitFor({ state: 'detached' });
  await page.getByText(/You may see a film until/).waitFor({ state: 'detached' });
  await glance(page, 'officer-glass-over');
  await page.getByText('omar asked, olga confirmed: “A child may be in danger”').waitFor();
  same(await page.getByRole('button', { name: 'Supervision', exact: true }).count(), 0, 'the offer to watch when it is over');
  await olga.context().close();
}

/** The server says that unusually much is due, or that the clock is doubted (here: made up; tests/flow/clock.sh has the server's part). */
export async function doubts(page, base) {
  const id = (kind, n) => `${kind}_${'a'.repeat(24)}${String.fromCharCode(97 + Math.floor(n / 26))}${String.fromCharCode(97 + (n % 26))}`;
  const item = (n) => ({ case: id('cas', n % 3), clip: id('clp', n), purpose: n % 5 ? null : 'supervision', due_at: '2026-11-20T23:59:59Z', held: n === 7, people: [id('per', n % 4)] });
  let clock = 'mass-due', said = null;
  const answer = (route) => {
    if (route.request().method() === 'POST') {
      said = route.request().postDataJSON();
      clock = 'fine';
      return route.fulfill({ json: { due: 24, shredded: 23, held: 1, certificate: null } });
    }
    return route.fulfill({ json: { due: clock === 'fine' ? 0 : 24, shredded: 0, held: 0, certificate: null, clock, now: '2026-11-21T08:00:00Z', would_end: clock === 'fine' ? [] : Array.from({ length: 24 }, (_, n) => item(n)) } });
  };
  await page.route('**/api/sweep', answer);
  await page.route('**/api/stats', async (route) => {
    const real = await route.fetch();
    await route.fulfill({ response: real, json: { ...await real.json(), clock, overdue: 24, overdue_since: '2026-11-20T23:59:59Z' } });
  });
  await page.goto(`${base}/#/overview`);
  await page.getByRole('heading', { name: /Unusually much fell due at once/ }).waitFor();
  await glance(page, 'officer-much-overview');
  await page.getByRole('link', { name: 'Look through it, and say whether it is right' }).click();
  await page.getByText('24 clips in 3 cases').waitFor();
  await look(page, 'officer-much');
  await page.getByLabel('How many are due?').fill('23');
  await page.getByRole('button', { name: 'Yes, destroy them now' }).click();
  await page.getByRole('link', { name: /This is not how many are due/ }).waitFor();
  same(said, null, 'what was asked of the server with a wrong number');
  await page.getByLabel('How many are due?').fill('24');
  await page.getByRole('button', { name: 'Yes, destroy them now' }).click();
  await page.getByRole('heading', { name: '23 clips and uses destroyed' }).waitFor();
  same(JSON.stringify(said), '{"confirm":"24"}', 'what was confirmed');
  for (const [word, title] of [['jumped', 'The clock has jumped'], ['backwards', 'The clock is behind']]) {
    clock = word;
    await page.goto(`${base}/#/overview`);
    await titled(page, 'Overview');
    await page.goto(`${base}/#/sweep`);
    await page.getByRole('heading', { name: new RegExp(title) }).waitFor();
    await glance(page, `officer-clock-${word}`);
  }
  await page.unroute('**/api/sweep');
  await page.unroute('**/api/stats');
}

/** What a clip's page says to each seat of one that is held, under restriction, or over (which is made up: the server sweeps at once). */
export async function notices(browser, base, { held, frozen }) {
  for (const name of ['ida', 'sue', 'omar']) {
    const page = await visit(browser, base);
    await signIn(page, name, `the lantern of ${name} is lit`);
    for (const [clip, title, made] of [[held, 'It is held'], [frozen, 'It is under restriction'], [frozen, 'Its time is over', { state: 'expired', restricted: false }]]) {
      if (made) await page.route(`**/api/clips/${clip}`, async (route) => { const response = await route.fetch(); await route.fulfill({ response, json: { ...await response.json(), ...made } }); });
      await page.goto(`${base}/#/`);
      await titled(page, `Hello ${name}`); // the page of the clip is asked for anew
      await page.goto(`${base}/#/clips/${clip}`);
      await page.getByRole('heading', { level: 2, name: title, exact: true }).waitFor();
      await glance(page, `told-${title.split(' ').at(-1)}-${name}`);
      same(await page.getByRole('heading', { name: 'What do you watch it for?' }).count(), 0, `the offer to watch (${title})`);
      same(await page.locator('main').getByText('clipvault ').count(), 0, `what to type at a machine (${title})`);
    }
    if (page.wrong.length) fail(`in the pages of ${name}: ${page.wrong.join('\n')}`);
    await page.context().close();
  }
}
