import { codeOf, fail, look, same, settled, signIn, story, visit } from './browser.mjs';

const [, , , clip, person, family] = process.argv;
const NAMES = /mirabelle|zauberlehrling|kellerfilm|solicitor/i;

const go = async (page, place, title) => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
};

/** Looks at the page, and that it names nobody. */
async function read(page, name) {
  await look(page, `administrator-${name}`);
  if (NAMES.test(await page.evaluate(() => document.documentElement.outerHTML))) fail(`${name} names somebody who was filmed`);
}

/** Whatever address an administrator types, and whatever is asked of the server: neither a name nor a film. */
async function nothingElse(page, base) {
  for (const place of ['/overview', '/people', `/people/${person}`, `/people/${person}/held`, `/people/${person}/withdraw`, '/cases', `/cases/${family}`, '/clips', `/clips/${clip}`,
    `/clips/${clip}/share`, `/clips/${clip}/people`, `/clips/${clip}/obscure`, '/holds', '/audit', '/review', '/training', `/why?clip=${clip}`, '/certificates', '/sweep']) {
    await page.goto(`${base}/#${place}`);
    await page.waitForFunction((at) => location.hash === `#${at}`, place);
    await settled(page);
    const html = await page.evaluate(() => document.documentElement.outerHTML);
    if (NAMES.test(html)) fail(`${place} names somebody who was filmed`);
    if (/<video|<img(?! src="\/icon)/.test(html)) fail(`${place} has footage`);
  }
  const said = await page.evaluate(async ([clip, person, family]) => {
    const { csrf } = await (await fetch('/api/me')).json(), found = [];
    const ask = async (path, body) => {
      const answer = await fetch(path, body ? { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF': csrf }, body: JSON.stringify(body) } : {});
      found.push([path, answer.status, await answer.text()]);
    };
    for (const path of ['persons', `persons/${person}`, 'cases', `cases/${family}`, 'clips', `clips/${clip}`, `clips/${clip}/poster`, `clips/${clip}/obscure`, `clips/${clip}/remarks?purpose=supervision`,
      `consents?person=${person}`, 'holds', 'audit', `audit?clip=${clip}`, 'grants', 'stats', 'certificates', 'users', `clips/${clip}/explain?purpose=supervision`]) await ask(`/api/${path}`);
    for (const how of ['open', 'ticket']) await ask(`/api/clips/${clip}/${how}`, { purpose: 'supervision' });
    return found;
  }, [clip, person, family]);
  for (const [path, , text] of said) if (NAMES.test(text)) fail(`${path} names somebody who was filmed: ${text}`);
  for (const path of ['persons', 'cases', `clips/${clip}/poster`, 'holds', 'audit', `clips/${clip}/open`, `clips/${clip}/ticket`])
    if (![403, 404].includes(said.find(([p]) => p === `/api/${path}`)[1])) fail(`${path} does not refuse an administrator`);
}

/** An app is set up: what it gets, and a wrong code first. */
async function enrol(page) {
  await page.getByRole('link', { name: /, your account/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor();
  await read(page, 'account');
  await page.getByRole('link', { name: 'Set one up' }).click();
  await page.getByRole('heading', { level: 1, name: 'Set up an authenticator app' }).waitFor();
  await read(page, 'account-app');
  await page.getByRole('button', { name: 'Show me the key' }).click();
  await page.getByRole('img', { name: 'The key as a picture' }).waitFor();
  const key = (await page.locator('code.key').textContent()).replace(/\s/g, '');
  same(await page.getByRole('link', { name: 'open the app with it' }).getAttribute('href').then((uri) => new URL(uri).searchParams.get('secret')), key, 'the key in words and in the address');
  if (page.url().includes(key)) fail('the key stands in the address of the page');
  await read(page, 'account-key');
  await page.getByLabel('Code', { exact: true }).fill(codeOf(key) === '000000' ? '111111' : '000000');
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByRole('alert').getByText('no code of that app').waitFor();
  await page.getByLabel('Code', { exact: true }).fill(codeOf(key));
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByRole('heading', { level: 1, name: 'Your authenticator app is set up' }).waitFor();
  await read(page, 'account-app-done');
}

/** Where a proxy signs people on: asked at once, sent to the provider only if it knows nobody, and told why not when they come back. */
async function signOn(browser, base) {
  const page = await visit(browser, 'about:blank');
  let known = false, went = 0;
  const problem = (status, detail) => ({ status, contentType: 'application/problem+json', body: JSON.stringify({ error: 'refused', detail }) });
  await page.route('**/healthz', (route) => route.fulfill({ json: { status: 'ok', sign_on: true } }));
  await page.route('**/api/session/sign-on', (route) => route.fulfill(known ? problem(403, 'you are signed on, but nobody of this vault') : problem(401, '')));
  await page.route('**/sign-on', (route) => (new URL(route.request().url()).pathname === '/sign-on' ? (known = true, went++, route.fulfill({ status: 303, headers: { location: '/' } })) : route.fallback()));
  await page.goto(base);
  await page.getByRole('button', { name: 'Sign in with your organisation' }).click();
  await page.getByText('you are signed on, but nobody of this vault').waitFor();
  same(went, 1, 'how often the browser went to the provider');
  await look(page, 'sign-in-sign-on');
  await page.context().close();
}

await story(async (browser, base) => {
  await signOn(browser, base);
  const page = await visit(browser, base);
  await signIn(page, 'ada', 'the lantern of ada is lit');
  await read(page, 'start');
  await go(page, 'Accounts', 'Accounts');
  await read(page, 'accounts');
  await page.getByRole('link', { name: 'New account' }).click();
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('link', { name: 'Enter the name they sign in with' }).waitFor();
  await read(page, 'new-account');
  await page.getByLabel('Name', { exact: true }).fill('nils');
  await page.getByLabel('Supervisor', { exact: true }).check();
  await page.getByLabel('They belong to another service').check();
  await page.getByLabel('Day').fill('1'); await page.getByLabel('Month').fill('3'); await page.getByLabel('Year').fill('2090');
  await page.getByLabel('Reference of the agreement').fill('A-7');
  await read(page, 'new-account-external');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('cell', { name: /external until 1 March 2090/ }).waitFor();
  await page.getByRole('button', { name: 'Turn off nils' }).click();
  await page.getByRole('row', { name: /nils/ }).getByText('Off', { exact: true }).waitFor();
  same(await page.getByRole('link', { name: /New password/ }).count(), 0, 'passwords that an administrator gives');
  await go(page, 'Shared', 'What is shared');
  await page.getByRole('cell', { name: 'sue' }).waitFor();
  same(await page.getByRole('button', { name: /End it/ }).count(), 0, 'shares that an administrator ends');
  await read(page, 'shared');
  await go(page, 'Health', 'Health');
  await page.getByRole('cell', { name: 'attic' }).waitFor();
  await page.getByRole('button', { name: 'Check everything now' }).click();
  await page.getByRole('heading', { name: 'The vault is whole' }).waitFor();
  if (!/Last backup\s*\d/.test(await page.locator('main').innerText())) fail('the page does not say when the last backup was');
  await read(page, 'health');

  await enrol(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Name', { exact: true }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('the lantern of ada is lit');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  same(await page.getByRole('button', { name: 'Sign in with your organisation' }).count(), 0, 'buttons for a sign-on that nobody set up');
  await nothingElse(await recover(browser, base), base);
  same([...page.asked].join(), base, 'whom the pages asked');
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});

/** The phone is lost: an officer gives a new password, without a code; ada makes it her own. */
async function recover(browser, base) {
  const omar = await visit(browser, base);
  await signIn(omar, 'omar', 'the lantern of omar is lit');
  await go(omar, 'Accounts', 'Accounts');
  await omar.getByRole('link', { name: 'New password for ada' }).click();
  await omar.getByLabel('It is lost').check();
  await omar.getByLabel('New password').fill('a first one by phone');
  await look(omar, 'officer-new-password');
  await omar.getByRole('button', { name: 'Give it' }).click();
  await omar.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
  await omar.context().close();
  const ada = await visit(browser, base);
  await signIn(ada, 'ada', 'a first one by phone');
  await ada.goto(`${base}/#/account/password`);
  await ada.getByLabel('New password', { exact: true }).fill('six patient otters');
  await ada.getByLabel('The new password once more').fill('six patient otter');
  await ada.getByRole('button', { name: 'Change it' }).click();
  await ada.getByRole('link', { name: /This is not the same/ }).waitFor();
  await look(ada, 'account-password');
  await ada.getByLabel('The new password once more').fill('six patient otters');
  await ada.getByRole('button', { name: 'Change it' }).click();
  await ada.getByText('Your password is changed').waitFor();
  await look(ada, 'sign-in-changed');
  await ada.getByLabel('Name', { exact: true }).fill('ada'); // and then it goes on where it was
  await ada.getByLabel('Password', { exact: true }).fill('six patient otters');
  await ada.getByRole('button', { name: 'Sign in' }).click();
  await ada.getByRole('button', { name: 'Sign out' }).waitFor();
  return ada;
}
