// What stories in the browser share: Debian's Chromium through playwright-core, signing in, pictures of pages, axe.
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { chromium } = createRequire(import.meta.url)(join(root, 'build/npm/playwright-core'));
const axe = readFileSync(join(root, 'build/npm/axe-core/axe.min.js'), 'utf8');

export const widths = { phone: [390, 844], tablet: [768, 1024], laptop: [1440, 900] };

/** A browser without a network but loopback; `fail(text)` of whatever a page throws or a policy stops. */
export async function launch() {
  // Its own sandbox needs what an unprivileged user may not have in a chroot; it is our own pages that it opens.
  return chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false,
    args: ['--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'] });
}

/** A page of `base`; what goes wrong in it is kept in page.wrong, and whom it asked in page.asked. */
export async function visit(browser, base, width = 'laptop') {
  const [w, h] = widths[width];
  const context = await browser.newContext({ viewport: { width: w, height: h }, reducedMotion: 'reduce', locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.wrong = [];
  page.asked = new Set();
  page.on('pageerror', (error) => page.wrong.push(String(error)));
  page.on('console', (line) => { if (line.type() === 'error' && !/status of 4\d\d/.test(line.text())) page.wrong.push(line.text()); });
  page.on('request', (request) => page.asked.add(new URL(request.url()).origin));
  page.on('requestfailed', (r) => { if (r.failure()?.errorText !== 'net::ERR_ABORTED') page.wrong.push(`${r.url()}: ${r.failure()?.errorText}`); });
  await page.goto(base);
  return page;
}

export async function signIn(page, name, password) {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: `Hello ${name}` }).waitFor();
}

/** What axe finds wrong by WCAG 2.2 AA, one line each. It is put in as a script of the browser's own, which the page's policy does
 * not govern. */
export async function axeFinds(page) {
  const found = await page.evaluate(`(async () => { ${axe}; const r = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return r.violations.map((v) => v.id + ': ' + v.help + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join('; ')); })()`);
  return found;
}

/** Until nothing is being loaded. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('h1') && ![...document.querySelectorAll('[role=status]')].some((e) => e.textContent === 'Loading…'));
}

/** Looks at the page as it is: a picture of it, and what axe says must be nothing. */
export async function look(page, name) {
  await settled(page);
  await shots(page, name);
  const first = await page.evaluate(() => document.querySelector('main :is(h1, h2, h3)')?.textContent ?? '');
  if (first !== await page.locator('h1').textContent()) fail(`${name}: "${first}" stands before the heading of the page`);
  const found = await axeFinds(page);
  if (found.length) fail(`${name}: axe finds ${found.join('\n')}`);
}

/** A picture of the page at each width, in $SHOTS if that is set. */
export async function shots(page, name) {
  const folder = process.env.SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  for (const [width, [w, h]] of Object.entries(widths)) {
    await page.setViewportSize({ width: w, height: h });
    await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize(before);
}

/** Opens the film of the page for that purpose, and lets it play for a moment. */
export async function play(page, purpose) {
  await page.getByRole('button', { name: purpose, exact: true }).click();
  const player = page.getByRole('region', { name: 'Player' });
  await player.waitFor();
  await page.waitForFunction(() => document.querySelector('video')?.readyState >= 3);
  await player.focus();
  await page.keyboard.press('k');
  await page.waitForFunction(() => document.querySelector('video').currentTime > 0.3);
}

/** What an authenticator app shows now that was given this key (RFC 6238). */
export function codeOf(key) {
  const bits = [...key.replace(/\s/g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2))), step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = createHmac('sha1', secret).update(step).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

export function fail(text) { throw new Error(text); }
export function same(got, wanted, what) { if (got !== wanted) fail(`${what}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`); }

/** Runs a story and ends with its exit code; the browser never outlives it. */
export async function story(run) {
  const browser = await launch();
  let code = 0;
  try { await run(browser, process.argv[2]); } catch (error) {
    console.error(error.stack ?? String(error));
    code = 1;
    const left = browser.contexts().flatMap((context) => context.pages()); // as they are now
    if (process.env.SHOTS) for (const [i, page] of left.entries()) await page.screenshot({ path: join(process.env.SHOTS, `failed-${i}.png`), fullPage: true }).catch(() => {});
  }
  await browser.close();
  process.exit(code);
}
