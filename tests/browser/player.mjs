import { fail, look, same, signIn, story, visit } from './browser.mjs';

const clip = process.argv[3];
const frame = (page) => page.locator('.place__frame').textContent().then(Number);
const reaches = (page, n) => page.waitForFunction((wanted) => document.querySelector('.place__frame').textContent === String(wanted)
  && document.querySelector('.player').dataset.busy === 'no', n).catch(async () => fail(`frame ${n} is not reached; it is ${await frame(page)}`));
const button = (page, name) => page.getByRole('button', { name, exact: true });

await story(async (browser, base) => {
  const page = await visit(browser, base);
  await signIn(page, 'ida', 'the lantern of ida is lit');
  await page.goto(`${base}/#/clips/${clip}`);
  await page.getByRole('button', { name: 'Supervision' }).click();
  await reaches(page, 0);
  await look(page, 'player');

  // By keys, at once, as the player has the focus.
  for (const [key, there] of [['.', 1], ['.', 2], [',', 1], ['>', 11], ['ArrowRight', 136], ['Shift+ArrowLeft', 111], ['Home', 0], ['End', 299], ['ArrowLeft', 174]]) {
    await page.keyboard.press(key);
    await reaches(page, there);
  }
  // Marks, and a loop that never leaves them.
  await page.keyboard.press('i');
  for (let i = 0; i < 10; i++) await page.keyboard.press('.');
  await reaches(page, 184);
  await page.keyboard.press('o');
  await page.getByText('11 frames').waitFor();
  await page.keyboard.press('r');
  await page.keyboard.press('Shift+I');
  await reaches(page, 174);
  await page.keyboard.press('Space');
  const passed = await page.evaluate(() => new Promise((done) => {
    const seen = new Set(), film = document.querySelector('.player video'), end = performance.now() + 1500;
    const note = (_, picture) => { seen.add(Math.round(picture.mediaTime * 25)); if (performance.now() < end) film.requestVideoFrameCallback(note); else done([...seen]); };
    film.requestVideoFrameCallback(note);
  }));
  if (Math.min(...passed) < 174 || Math.max(...passed) > 186 || passed.length < 4) fail(`the loop of 174 to 184 showed ${passed}`);
  await page.keyboard.press('k');
  await look(page, 'player-marked');
  await page.keyboard.press('x');

  // Shuttle: backwards, faster, and slowly while K is held.
  await page.locator('#place').fill('250');
  await page.keyboard.press('Enter');
  await reaches(page, 250);
  await page.keyboard.press('j');
  await page.waitForFunction(() => Number(document.querySelector('.place__frame').textContent) < 240);
  await page.keyboard.press('j');
  await page.getByText('◀ 2×').waitFor();
  await page.keyboard.press('k');
  await page.waitForFunction(() => document.querySelector('.player').dataset.busy === 'no');
  const stood = await frame(page);
  await page.waitForTimeout(150);
  same(await frame(page), stood, 'where it stands after K');
  await page.keyboard.down('k');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.up('k');
  await reaches(page, stood - 1);

  // Speeds and sound, by what is pressed.
  await page.keyboard.press(']');
  same(await page.locator('#speed').inputValue(), '1.5', 'the speed');
  await page.keyboard.press('v');
  await button(page, 'Silent').and(page.locator('[aria-pressed=true]')).waitFor();
  same(await page.evaluate(() => document.querySelector('.player video').muted), true, 'whether it is silent');

  // What was typed and is no place is said, and nothing moves.
  await page.locator('#place').fill('soon');
  await page.keyboard.press('Enter');
  await page.getByText('Like 1:02.5').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#place').fill('0:03.5');
  await page.keyboard.press('Enter');
  await reaches(page, 87);

  // The slider by keys, and by mouse.
  await page.getByRole('slider', { name: 'Place in the film' }).focus();
  await page.keyboard.press('ArrowUp');
  await reaches(page, 88);
  same(await page.getByRole('slider', { name: 'Place in the film' }).getAttribute('aria-valuetext'), '0:03.520, frame 88', 'what the slider says');
  const box = await page.locator('.timeline__in').boundingBox();
  await page.mouse.move(box.x + box.width * 0.1, box.y + 10);
  await page.mouse.down();
  for (let i = 2; i <= 9; i++) await page.mouse.move(box.x + box.width * i / 10, box.y + 10);
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector('.player').dataset.busy === 'no' && Math.abs(Number(document.querySelector('.place__frame').textContent) - 270) < 3)
    .catch(async () => fail(`dragged to ${await frame(page)}`));

  // The keys are shown, and can be switched off; the slider's own stay.
  await button(page, 'Keys').click();
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
  await look(page, 'player-keys');
  await page.getByLabel('Use these keys').uncheck();
  await page.getByRole('button', { name: 'Done' }).click();
  const before = await frame(page);
  await button(page, 'Keys').focus();
  await page.keyboard.press(',');
  await page.waitForTimeout(200);
  same(await frame(page), before, 'what a key does that is switched off');
  await button(page, 'One frame back').click();
  await reaches(page, before - 1);
  await button(page, 'Settings').click();
  await page.getByLabel('Use these keys').check();
  await page.getByLabel('Frames for < and >').fill('25');
  await look(page, 'player-settings');
  await page.keyboard.press('Escape');
  await button(page, '25 frames back').click();
  await reaches(page, before - 26);

  // Full screen is of all of it, so that the name stays over the picture.
  await button(page, 'Full screen').click();
  await page.waitForFunction(() => document.fullscreenElement?.matches('.player') && document.fullscreenElement.querySelector('.watermark').checkVisibility());
  await page.keyboard.press('f');
  await page.waitForFunction(() => !document.fullscreenElement);
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
