import { expect, it } from 'vitest';
import { EVERYTHING, IDE, SPLIT, USING_THE_API } from '../harness/fake-content.ts';
import { inBrowser } from '../harness/in-browser.ts';
import { Visit, WINDOWS } from '../harness/visit.ts';

inBrowser('the layout of the page', (browser) => {
  const visit = (body: (visit: Visit) => Promise<void>, options = {}) => Visit.during(browser(), options, body);

  it('opens the editor where the author asks for an IDE, and fetches its code only then', () =>
    visit(async (v) => {
      await v.learn(USING_THE_API, 'step1');
      expect(await v.chunks()).not.toContain('editor-pane');
      await v.learn(IDE);
      await v.page.getByRole('tree').waitFor();
      expect(await v.chunks()).toContain('editor-pane');
    }));

  it('shows the courses without the code of terminal, editor and player, and says what to do where that does not come', () =>
    visit(async (v) => {
      await v.page.route(/assets\/(scenario-page|theme|editor-pane|play-page)-/, (route) => route.abort());
      await v.go('/');
      await v.page.getByRole('link', { name: 'Start: Using the API' }).click();
      await v.page.getByText('This page could not be loaded.').waitFor();
      await v.page.unrouteAll();
      await v.button('Load again').click();
      await v.page.locator('[data-terminal-state=open]').waitFor();
      expect((await v.chunks()).filter((chunk) => /editor|play/.test(chunk))).toEqual([]);
    }));

  it('shows two terminals one above the other, and runs a block in the one used last', () =>
    visit(async (v) => {
      await v.learn(SPLIT);
      await v.page.getByRole('tablist', { name: 'Lower terminals and previews' }).getByRole('tab', { name: 'Terminal 2' }).waitFor();
      await v.page.locator('.tab-pane-lower .xterm-helper-textarea').focus();
      await v.button('Run: echo hello').click();
      await v.shows('Terminal 2', '\nhello');
      await v.page.locator('.tab-pane-upper .xterm-helper-textarea').focus();
      await v.page.keyboard.type('echo from above\n');
      await v.shows('Terminal 1', '\nfrom above');
    }));

  it('splits and joins at the learner’s wish, and remembers it', () =>
    visit(async (v) => {
      await v.learn(USING_THE_API, 'step1');
      await v.button('Two terminals, one above the other').click();
      await v.page.locator('.tab-pane-lower [data-terminal-state=open]').waitFor();
      await v.page.reload();
      await v.page.locator('.tab-pane-lower [data-terminal-state=open]').waitFor();
      await expect.poll(() => v.tabs()).toEqual(['Terminal 1', 'Terminal 2']);
      await v.button('Two terminals, one above the other').click();
      await v.page.locator('.tab-pane-lower').waitFor({ state: 'detached' });
      await expect.poll(() => v.tabs()).toEqual(['Terminal 1', 'Terminal 2']);
    }));

  it('keeps what stands in a terminal that moves to the other pane', () =>
    visit(async (v) => {
      await v.learn(SPLIT);
      await v.page.locator('.tab-pane-lower .xterm-helper-textarea').focus();
      await v.page.keyboard.type('echo kept\n');
      await v.shows('Terminal 2', '\nkept');
      await v.page.locator('.tab-pane-lower [title="Move up"]').click();
      await v.page.locator('.tab-pane-lower').waitFor({ state: 'detached' });
      await v.page.locator('.panel:not(.panel-hidden) .xterm-rows', { hasText: 'kept' }).waitFor();
    }));

  it('opens the author’s terminals and dashboards as tabs, and loads a dashboard when it is looked at', () =>
    visit(async (v) => {
      await v.learn(EVERYTHING, 'step2');
      await expect.poll(() => v.tabs()).toEqual(['Terminal 1', 'logs', 'Argo UI']);
      expect(await v.page.locator('iframe').count()).toBe(0);
      await v.page.getByRole('tab', { name: 'Argo UI' }).click();
      await v.page.frameLocator('iframe').getByText('/workflows').waitFor();
    }));

  it('folds the text away, gives the terminal the width, and brings the text back when a check fails', () =>
    visit(async (v) => {
      await v.learn(USING_THE_API, 'step1');
      await v.button('Text beside the terminal').click();
      await v.page.locator('#step').waitFor({ state: 'hidden' });
      const box = await v.page.locator('#workspace').boundingBox();
      expect(box?.width).toBeGreaterThan(1200);
      await v.page.reload();
      await v.button('Show the text').waitFor();
      expect(await v.axe()).toEqual([]);
      await v.page.locator('[data-terminal-state=open]').waitFor();
      await v.page.locator('.text-rail').getByRole('button', { name: 'Check' }).click();
      await v.page.getByText('Start the port-forward from the first block, and leave it running.').waitFor();
      await v.page.locator('#step').waitFor({ state: 'visible' });
    }));

  it('moves the focus round with F6: text, editor, terminal', () =>
    visit(async (v) => {
      await v.learn(IDE);
      await v.page.getByRole('treeitem', { name: 'notes.md' }).click();
      await v.page.locator('.cm-content').waitFor();
      await v.page.locator('#step h1').focus();
      const where = () => v.page.evaluate(() => (document.activeElement?.closest('.cm-editor') !== null ? 'editor' : document.activeElement?.closest('.xterm') !== null ? 'terminal' : document.activeElement?.tagName));
      const round: (string | undefined)[] = [];
      for (let i = 0; i < 3; i++) {
        const before = await where();
        await v.page.keyboard.press('F6');
        await expect.poll(where).not.toBe(before);
        round.push(await where());
      }
      expect(round).toEqual(['editor', 'terminal', 'H1']);
    }));

  it.each(WINDOWS)('gives axe nothing to say, $colorScheme at $width pixels', (window) =>
    visit(async (v) => {
      const found: Record<string, string[] | boolean> = {};
      for (const scenario of [IDE, SPLIT]) {
        await v.learn(scenario);
        await v.page.locator(scenario === IDE ? '.tree' : '.tab-pane-lower [data-terminal-state=open]').waitFor();
        found[scenario] = await v.axe();
        found[`${scenario} is wide`] = await v.isWide();
      }
      expect(found).toEqual({ [IDE]: [], [`${IDE} is wide`]: false, [SPLIT]: [], [`${SPLIT} is wide`]: false });
    }, window));
});
