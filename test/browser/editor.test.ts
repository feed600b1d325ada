import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { EVERYTHING, IDE } from '../harness/fake-content.ts';
import { inBrowser, visitEach } from '../harness/in-browser.ts';
import { SOON, Visit, WINDOWS } from '../harness/visit.ts';

inBrowser('the editor', (browser) => {
  let v: Visit;
  const visit = visitEach(browser);
  beforeEach(() => {
    v = visit();
  });

  const onDisk = (name: string) => readFileSync(join(v.lab.home, name), 'utf8');
  const text = () => v.page.locator('.cm-content').evaluate((content) => [...content.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));
  const openNotes = async () => {
    await v.learn(IDE);
    await v.page.getByRole('treeitem', { name: 'notes.md' }).click();
    await expect.poll(text, { timeout: SOON }).toBe('# Notes\n');
    await v.page.locator('.cm-content').focus();
    await v.page.keyboard.press('Control+End');
  };

  it('marks what is not saved, saves with Ctrl+S, and the shell sees it', async () => {
    await openNotes();
    await v.page.keyboard.type('written here');
    await v.page.getByRole('img', { name: 'not saved' }).waitFor();
    await v.page.keyboard.press('Control+s');
    await v.page.getByRole('img', { name: 'not saved' }).waitFor({ state: 'detached' });
    expect(onDisk('notes.md')).toBe('# Notes\nwritten here');
    await v.page.locator('.xterm-helper-textarea').focus();
    await v.page.keyboard.type('cat notes.md\n');
    await v.shows('Terminal 1', 'written here');
  });

  it('follows a file that the shell changes', async () => {
    await openNotes();
    writeFileSync(join(v.lab.home, 'notes.md'), '# Notes\nfrom the shell\n');
    v.lab.emit({ type: 'files', paths: [join(v.lab.home, 'notes.md')] });
    await expect.poll(text, { timeout: SOON }).toBe('# Notes\nfrom the shell\n');
  });

  it('looks at the disk again by itself, where the lab says nothing', async () => {
    await openNotes();
    writeFileSync(join(v.lab.home, 'notes.md'), 'anew\n');
    await expect.poll(text, { timeout: SOON }).toBe('anew\n');
  });

  it.each([
    ['Keep mine', '# Notes\nmine'],
    ['Take the disk’s', 'theirs\n'],
  ])('asks whose text stays when both were changed: %s', async (choice, left) => {
    await openNotes();
    await v.page.keyboard.type('mine');
    writeFileSync(join(v.lab.home, 'notes.md'), 'theirs\n');
    await v.page.keyboard.press('Control+s');
    await v.page.getByText('This file was changed on the disk, and here too.').waitFor();
    expect(onDisk('notes.md')).toBe('theirs\n');
    await v.button(choice).click();
    await v.page.getByRole('img', { name: 'not saved' }).waitFor({ state: 'detached' });
    expect([await text(), onDisk('notes.md')]).toEqual([left, left]);
  });

  it('offers to save a file again that is gone', async () => {
    await openNotes();
    rmSync(join(v.lab.home, 'notes.md'));
    v.lab.emit({ type: 'files', paths: [v.lab.home] });
    await v.page.getByText('This file is gone from the disk.').waitFor();
    await v.button('Save it again').click();
    await expect.poll(() => existsSync(join(v.lab.home, 'notes.md')), { timeout: SOON }).toBe(true);
  });

  it('makes a new file, in a folder of its own', async () => {
    await v.learn(IDE);
    await v.button('New file').click();
    await v.page.getByRole('dialog').getByRole('textbox').fill('flows/hello.yaml');
    await v.page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await v.page.locator('.cm-content').click();
    await v.page.keyboard.type('kind: Workflow # hello');
    // YAML is coloured: the key and the comment are not the plain text's colour.
    const colours = () => v.page.locator('.cm-line').first().evaluate((line) => new Set([...line.querySelectorAll('span')].map((span) => getComputedStyle(span).color)).size);
    await expect.poll(colours, { timeout: SOON }).toBeGreaterThan(1);
    await v.button('Save').click();
    await expect.poll(() => existsSync(join(v.lab.home, 'flows/hello.yaml')) && onDisk('flows/hello.yaml'), { timeout: SOON }).toBe('kind: Workflow # hello');
  });

  it('asks before it closes what is not saved', async () => {
    await openNotes();
    await v.page.keyboard.type('lost?');
    await v.page.getByRole('button', { name: /^Close \// }).click();
    await v.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await text()).toBe('# Notes\nlost?');
    await v.page.getByRole('button', { name: /^Close \// }).click();
    await v.page.getByRole('dialog').getByRole('button', { name: 'Close without saving' }).click();
    await v.page.getByText('Choose a file, or make a new one.').waitFor();
  });

  it('asks before the scenario is left with something not saved', async () => {
    await openNotes();
    await v.page.keyboard.type('lost?');
    const asked: string[] = [];
    v.page.once('dialog', (dialog) => {
      asked.push(dialog.message());
      void dialog.dismiss();
    });
    await v.page.getByRole('link', { name: 'argo-lab: all courses' }).click();
    expect(asked).toEqual([`Leave without saving ${v.lab.home}/notes.md?`]);
    expect(await text()).toBe('# Notes\nlost?');
    v.page.once('dialog', (dialog) => void dialog.accept());
    await v.page.getByRole('link', { name: 'argo-lab: all courses' }).click();
    await v.page.getByRole('heading', { level: 1, name: 'Learn by doing' }).waitFor();
  });

  it('is left with Escape and Tab, and its tree is walked with arrow keys', async () => {
    await openNotes();
    await v.page.keyboard.press('Tab');
    expect(await text()).toBe('# Notes\n  ');
    await v.page.keyboard.press('Escape');
    await v.page.keyboard.press('Tab');
    expect(await v.page.evaluate(() => document.activeElement?.closest('.cm-editor') === null)).toBe(true);
    writeFileSync(join(v.lab.home, 'a.txt'), 'first\n');
    await v.button('Read the files again').click();
    await v.page.getByRole('treeitem', { name: 'a.txt' }).waitFor();
    await v.page.getByRole('treeitem', { name: 'notes.md' }).focus();
    await v.page.keyboard.press('ArrowUp');
    await v.page.keyboard.press('Enter');
    await expect.poll(text, { timeout: SOON }).toBe('first\n');
  });

  it('renames with F2 and deletes with Delete, each after a question; focus and open file go along', async () => {
    await openNotes();
    await v.page.keyboard.type('not saved yet');
    const focused = () => v.page.evaluate(() => document.activeElement?.getAttribute('data-path')?.split('/').at(-1));
    await v.page.getByRole('treeitem', { name: 'notes.md' }).focus();
    await v.page.keyboard.press('F2');
    const dialog = v.page.getByRole('dialog', { name: 'Rename notes.md' });
    await dialog.getByRole('textbox').fill('ideas/first.md');
    const rename = await v.axe();
    await v.page.keyboard.press('Enter');
    await v.page.getByRole('treeitem', { name: 'ideas' }).click();
    await v.page.getByRole('treeitem', { name: /^first.md/ }).waitFor();
    expect([onDisk('ideas/first.md'), existsSync(join(v.lab.home, 'notes.md')), await text()]).toEqual(['# Notes\n', false, '# Notes\nnot saved yet']);
    await v.button('Save').click();
    await expect.poll(() => onDisk('ideas/first.md'), { timeout: SOON }).toBe('# Notes\nnot saved yet');
    await v.page.getByRole('treeitem', { name: 'ideas' }).focus();
    await v.page.keyboard.press('Delete');
    await v.page.getByText('and everything in it is deleted').waitFor();
    const remove = await v.axe();
    await v.page.keyboard.press('Escape');
    await expect.poll(focused, { timeout: SOON }).toBe('ideas');
    expect(existsSync(join(v.lab.home, 'ideas/first.md'))).toBe(true);
    await v.page.keyboard.press('Delete');
    await v.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await v.page.getByText('Choose a file, or make a new one.').waitFor();
    await expect.poll(() => existsSync(join(v.lab.home, 'ideas')), { timeout: SOON }).toBe(false);
    expect([rename, remove]).toEqual([[], []]);
  });

  it('offers both where the pointer is, and says when a name is taken', async () => {
    writeFileSync(join(v.lab.home, 'taken.md'), 'theirs\n');
    await v.learn(IDE);
    const row = v.page.getByRole('treeitem', { name: 'notes.md' });
    await row.hover();
    await row.getByTitle('Rename').click();
    await v.page.getByRole('dialog').getByRole('textbox').fill('taken.md');
    await v.page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await v.page.getByText('taken.md already').waitFor();
    expect([onDisk('notes.md'), onDisk('taken.md')]).toEqual(['# Notes\n', 'theirs\n']);
    await v.page.getByRole('treeitem', { name: 'taken.md' }).hover();
    await v.page.getByRole('treeitem', { name: 'taken.md' }).getByTitle('Delete').click();
    await v.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await v.page.getByRole('treeitem', { name: 'taken.md' }).waitFor({ state: 'detached' });
    expect([existsSync(join(v.lab.home, 'taken.md')), await v.page.getByRole('button', { name: /^Close \// }).count()]).toEqual([false, 0]);
  });

  it('takes the blocks of a page: replaces, inserts at a marker, appends; opens files that the text names', async () => {
    await v.learn(EVERYTHING, 'step1');
    const saved = () => expect.poll(() => v.page.locator('.file-tab-active .dirty').count(), { timeout: SOON }).toBe(0);
    await v.button(/^Save to workflow.yaml/).click();
    await expect.poll(() => existsSync(join(v.lab.home, 'workflow.yaml')), { timeout: SOON }).toBe(true);
    await saved();
    await v.button(/^Insert into workflow.yaml/).click();
    await expect.poll(() => onDisk('workflow.yaml'), { timeout: SOON }).toContain('entrypoint: hello');
    await v.button(/^Append to workflow.yaml/).click();
    await expect.poll(() => onDisk('workflow.yaml'), { timeout: SOON }).toContain('# the end');
    expect(onDisk('workflow.yaml')).toBe('apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata:\n  generateName: hello-\nspec:\n  entrypoint: hello\n  # the end\n');
    await v.button('Close the editor').click();
    await v.button('Open: workflow.yaml').click();
    await expect.poll(text, { timeout: SOON }).toContain('entrypoint: hello');
  });

  it.each(WINDOWS)('gives axe nothing to say, $colorScheme at $width pixels', async ({ colorScheme, width, height }) => {
    await v.page.emulateMedia({ colorScheme });
    await v.page.setViewportSize({ width, height });
    await openNotes();
    const open = await v.axe();
    await v.page.keyboard.type('mine');
    writeFileSync(join(v.lab.home, 'notes.md'), 'theirs\n');
    await v.page.keyboard.press('Control+s');
    await v.page.getByText('This file was changed on the disk, and here too.').waitFor();
    const conflict = await v.axe();
    await v.button('New file').click();
    expect({ open, conflict, dialog: await v.axe(), wide: await v.isWide() }).toEqual({ open: [], conflict: [], dialog: [], wide: false });
  });
});
