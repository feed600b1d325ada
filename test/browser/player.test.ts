import { beforeEach, expect, it } from 'vitest';
import { recording, USING_THE_API } from '../harness/fake-content.ts';
import { inBrowser, visitEach } from '../harness/in-browser.ts';
import { Visit, WINDOWS } from '../harness/visit.ts';

inBrowser('the player of recordings', (browser) => {
  let v: Visit;
  const visit = visitEach(browser);
  beforeEach(() => {
    v = visit();
  });

  /** Stops it, wherever it has come to by now: it is short, and may be at its end. */
  const stop = async () => {
    await v.page.getByRole('slider', { name: 'Position' }).waitFor();
    await v.page.evaluate(() => [...document.querySelectorAll('button')].find((button) => button.getAttribute('aria-label') === 'Pause' || button.textContent?.trim() === 'Pause')?.click());
    await v.button('Play').waitFor();
  };
  const position = () => v.page.getByRole('slider', { name: 'Position' }).getAttribute('aria-valuetext');

  it('plays a scenario’s recording from its card to the end', async () => {
    await v.go('/');
    await v.page.getByRole('link', { name: 'Watch a recording of Using the API' }).click();
    await v.page.getByRole('heading', { level: 1, name: 'Using the API' }).waitFor();
    await v.shows('recording', 'two\nlearner@lab:~$');
    await v.button('Play').waitFor();
    await expect.poll(position).toBe('0:04 of 0:04, Info endpoint');
    await v.page.getByRole('link', { name: 'To the scenario' }).click();
    await v.page.locator('[data-terminal-state=open]').waitFor();
  });

  it('is driven with the keyboard', async () => {
    await v.go(`/play/${USING_THE_API}`);
    await stop();
    await v.page.getByRole('slider').focus();
    await v.page.keyboard.press('Home');
    await expect.poll(position).toBe('0:00 of 0:04');
    await v.page.keyboard.press(']');
    await expect.poll(position).toBe('0:00 of 0:04, Welcome');
    await v.page.keyboard.press(']');
    await expect.poll(position).toBe('0:02 of 0:04, Info endpoint');
    await v.shows('recording', 'one\nlearner@lab:~$');
    await v.page.keyboard.press('>');
    await expect.poll(() => v.page.getByTitle('Speed (< and >)').inputValue()).toBe('2');
    await v.page.keyboard.press('Space');
    await v.shows('recording', 'two\nlearner@lab:~$');
  });

  it('goes back to an earlier screen', async () => {
    await v.go(`/play/${USING_THE_API}`);
    await stop();
    await v.page.getByRole('slider').fill('4');
    await v.shows('recording', 'two');
    await v.page.getByRole('list', { name: 'Parts' }).getByRole('button', { name: 'Welcome' }).click();
    await expect.poll(async () => (await v.page.evaluate(() => String(document.querySelector('.xterm-rows')?.textContent))).includes('two')).toBe(false);
  });

  it('plays a file, and says what is wrong with one that is no recording', async () => {
    await v.go('/play');
    await v.page.locator('input[type=file]').setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await v.page.getByText('This is no recording').waitFor();
    await v.page.locator('input[type=file]').setInputFiles({ name: 'run.cast', mimeType: 'text/plain', buffer: Buffer.from(recording.replace('"title":"Using the API",', '')) });
    await v.page.getByRole('heading', { level: 1, name: 'run.cast' }).waitFor();
    await v.shows('recording', 'echo one');
  });

  it('takes a file that is dropped on it', async () => {
    await v.go('/play');
    await v.page.getByText('Drop a recording').waitFor();
    await v.page.evaluate((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'dropped.cast'));
      document.querySelector('.play')?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, recording);
    await v.page.getByRole('heading', { level: 1, name: 'Using the API' }).waitFor();
    await v.shows('recording', 'echo one');
  });

  it.each(WINDOWS)('gives axe nothing to say, $colorScheme at $width pixels', async ({ colorScheme, width, height }) => {
    await v.page.emulateMedia({ colorScheme });
    await v.page.setViewportSize({ width, height });
    await v.go(`/play/${USING_THE_API}`);
    await stop();
    expect([await v.axe(), await v.isWide()]).toEqual([[], false]);
  });
});
