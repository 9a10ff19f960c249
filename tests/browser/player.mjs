import { readFileSync } from 'node:fs';
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
    const seen = [], film = document.querySelector('.player video'), end = performance.now() + 1500;
    const note = (_, picture) => { seen.push(Math.round(picture.mediaTime * 25)); if (performance.now() < end) film.requestVideoFrameCallback(note); else done(seen); };
    film.requestVideoFrameCallback(note);
  }));
  // Where the browser skips pictures, it is seen late that the end is past.
  if (Math.min(...passed) < 174 || Math.max(...passed) > 224 || !passed.some((n, i) => n < passed[i - 1])) fail(`the loop of 174 to 184 showed ${passed}`);
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

  // A remark in words on this frame, for oneself; another with a tag on what is marked, for all who may see it; and one key each.
  await page.locator('#place').fill('100');
  await page.keyboard.press('Enter');
  await reaches(page, 100);
  await page.keyboard.press('c');
  await page.keyboard.type('She looks up');
  await page.keyboard.press('Enter');
  await page.locator('.said', { hasText: 'She looks up' }).getByText('only you see it').waitFor();
  await page.keyboard.press('i');
  await page.keyboard.press('>');
  await reaches(page, 125);
  await page.keyboard.press('o');
  await page.getByLabel('On 0:04.000 to 0:05.000').fill('He waits for her');
  await page.getByLabel('Tag', { exact: true }).selectOption({ label: 'Waiting' });
  await page.getByLabel('Share with whoever').check();
  await button(page, 'Add').click();
  const waits = page.locator('.said', { hasText: 'He waits for her' });
  await waits.getByText('0:04.000 – 0:05.000').waitFor();
  await page.keyboard.press('x');
  for (const [place, key, label] of [[30, '1', 'Being attentive'], [200, '3', 'Receiving initiatives'], [240, '5', 'Guiding']]) {
    await page.locator('#place').fill(String(place));
    await page.keyboard.press('Enter');
    await reaches(page, place);
    await page.keyboard.press(key);
    await page.locator('.quick__said').getByText(`${label}, at`).waitFor();
  }
  await page.getByText('5 remarks').waitFor();
  // While it plays a tag stands where it was seen, half a second before the key (at speed 1.5: 19 frames).
  await page.locator('#place').fill('150');
  await page.keyboard.press('Enter');
  await reaches(page, 150);
  await page.keyboard.press('Space');
  await page.waitForFunction(() => Number(document.querySelector('.place__frame').textContent) > 175);
  await page.keyboard.press('2');
  await page.keyboard.press('k');
  await page.locator('.quick__said').getByText('Encouraging initiatives, at').waitFor();
  await page.waitForFunction(() => document.querySelector('.player').dataset.busy === 'no');
  const kept = await page.evaluate(async (id) => (await (await fetch(`/api/clips/${id}/remarks?purpose=supervision`)).json()).remarks, clip);
  const tagged = kept.find((r) => r.tag === 'encouraging').from_frame;
  if (tagged > (await frame(page)) - 19 || tagged < 152) fail(`tagged at ${tagged}, stopped at ${await frame(page)}`);
  same(kept.filter((r) => r.from_frame === 100 && r.to_frame === 126 && r.shared && r.tag === 'waiting').length, 1, 'the remark on what was marked');
  // Up and down go through them; a click plays from before.
  await page.locator('#place').fill('0');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await reaches(page, 30);
  await page.keyboard.press('ArrowDown');
  await reaches(page, 100);
  await page.keyboard.press('ArrowUp');
  await reaches(page, 30);
  await waits.locator('.said__time').click();
  await page.waitForFunction(() => { const n = Number(document.querySelector('.place__frame').textContent); return n >= 50 && n < 100; });
  await page.keyboard.press('k');
  // An answer, settled, changed, taken back.
  await waits.getByRole('button', { name: /^Answer/ }).click();
  await page.getByLabel('Your answer').fill('And she answers');
  await page.keyboard.press('Enter');
  await page.locator('.side__answers').getByText('And she answers').waitFor();
  await waits.getByRole('button', { name: /^Settled/ }).click();
  await waits.getByText('settled').waitFor();
  const looks = page.locator('.said', { hasText: 'She looks up' });
  await looks.getByRole('button', { name: /^Change/ }).click();
  await page.getByLabel('Your remark at 0:04.000').fill('She looks at him');
  await button(page, 'Save').click();
  await page.getByText('She looks at him').waitFor();
  await look(page, 'player-remarks');
  await page.locator('.said', { hasText: 'She looks at him' }).getByRole('button', { name: /^Remove/ }).click();
  await page.getByText('5 remarks').waitFor();
  same(await page.locator('.chart__dot').count(), 5, 'steps of the staircase');
  await page.getByText('Use the remarks in another program').click();
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'WebVTT').click()]);
  same(file.suggestedFilename(), `${clip}.vtt`, 'the file that is offered');
  if (!readFileSync(await file.path(), 'utf8').includes('He waits for her')) fail('the file does not have what was said');
  await page.getByText('As a table').click();
  same(await page.getByRole('table', { name: 'Tags, by time' }).getByRole('row').count(), 6, 'rows of its table');

  // One key each: a clip of what is marked, a picture of what is shown. Both are made, and can be opened.
  await page.locator('#place').fill('50');
  await page.keyboard.press('Enter');
  await page.keyboard.press('i');
  await page.keyboard.press('Shift+ArrowRight');
  await reaches(page, 75);
  await page.keyboard.press('o');
  await page.keyboard.press('e');
  await page.keyboard.press('s');
  for (const what of ['The clip from 0:02.000 to 0:03.000', 'The picture at 0:03.000'])
    await page.getByText(`${what} is ready`).waitFor({ timeout: 110000 }).catch(async () => fail(await page.locator('.made').innerText()));
  await look(page, 'player-made');
  const made = await page.evaluate(async (ids) => Promise.all(ids.map(async (id) => (await fetch(`/api/clips/${id}`)).json())),
    await page.locator('.made a').evaluateAll((links) => links.map((l) => l.hash.slice('#/clips/'.length))));
  same(made.map((m) => `${m.kind} ${m.frames}`).join(), 'clip 26,still 1', 'what was made');

  // Full screen is of all of it, so that the name stays over the picture.
  await button(page, 'Full screen').click();
  await page.waitForFunction(() => document.fullscreenElement?.matches('.player') && document.fullscreenElement.querySelector('.watermark').checkVisibility());
  await page.keyboard.press('f');
  await page.waitForFunction(() => !document.fullscreenElement);
  if (page.wrong.length) fail(`in the pages: ${page.wrong.join('\n')}`);
});
