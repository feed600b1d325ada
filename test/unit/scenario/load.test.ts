import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validateCheck } from '../../../server/checks/index.ts';
import { assetFile, loadCourses, planAssets } from '../../../server/scenario/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenarios-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

const good = JSON.stringify({ title: 'Good', details: { steps: [{ title: 'One', text: 'one.md' }] } });

async function items() {
  const [course] = await loadCourses(folder, validateCheck);
  return course?.items ?? [];
}

describe('a folder of scenarios', () => {
  it('becomes a course, ordered by structure.json', async () => {
    await write({ 'c/structure.json': '{"title":"Course","items":[{"path":"b"},{"path":"a","title":"Other"}]}', 'c/a/index.json': good, 'c/a/one.md': '1', 'c/b/index.json': good, 'c/b/one.md': '1' });
    const [course] = await loadCourses(folder, validateCheck);
    expect(course?.title).toBe('Course');
    expect(course?.items.map((item) => (item.type === 'scenario' ? [item.scenario.id, item.scenario.title] : item))).toEqual([
      ['c/b', 'Good'],
      ['c/a', 'Other'],
    ]);
  });

  it('becomes a course with the scenarios that lie directly in it, beside the courses below', async () => {
    await write({ 'one/index.json': good, 'one/one.md': '1', 'c/a/index.json': good, 'c/a/one.md': '1' });
    const courses = await loadCourses(folder, validateCheck);
    const name = basename(folder);
    expect(courses.map(({ id, items }) => [id, items.map((item) => (item.type === 'scenario' ? item.scenario.id : item))])).toEqual([
      [name, [`${name}/one`]],
      ['c', ['c/a']],
    ]);
  });

  it('shows a scenario whose JSON is broken with file, line and column, and loads the others', async () => {
    await write({ 'c/a/index.json': '{\n  "title": "x"\n  "details": {}\n}', 'c/b/index.json': good, 'c/b/one.md': '1' });
    const [broken, fine] = await items();
    expect(broken).toMatchObject({ type: 'broken', id: 'c/a', problems: [{ file: 'c/a/index.json', line: 3, column: 3, severity: 'error' }] });
    expect(fine?.type).toBe('scenario');
  });

  it('names the field that has the wrong type', async () => {
    await write({ 'c/a/index.json': '{\n  "details": {\n    "steps": [\n      {"text": 7}\n    ]\n  }\n}' });
    expect(await items()).toMatchObject([{ type: 'broken', problems: [{ file: 'c/a/index.json', line: 4, field: 'details.steps[0].text' }] }]);
  });

  it('names a page that does not exist', async () => {
    await write({ 'c/a/index.json': good });
    expect(await items()).toMatchObject([{ type: 'broken', problems: [{ field: 'details.steps[0].text', message: "names one.md, which does not exist in the scenario's folder" }] }]);
  });

  it('forgives a trailing comma', async () => {
    await write({ 'c/a/index.json': '{"details": {"steps": [{"text": "one.md"},]},}', 'c/a/one.md': '1' });
    const [item] = await items();
    expect(item).toMatchObject({ type: 'scenario', scenario: { problems: [{ severity: 'warning' }] } });
  });

  it('names a check of a kind that does not exist', async () => {
    await write({ 'c/a/index.json': good, 'c/a/one.md': '1', 'c/a/one.checks.yaml': 'checks:\n  - id: x\n    title: X\n    htpp: {}\n' });
    expect(await items()).toMatchObject([{ type: 'broken', problems: [{ file: 'c/a/one.checks.yaml', field: 'checks[0].htpp' }] }]);
  });

  it('refuses a billion laughs without laughing', async () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)].join('\n');
    await write({ 'c/a/index.json': good, 'c/a/one.md': '1', 'c/a/one.checks.yaml': bomb });
    expect(await items()).toMatchObject([{ type: 'broken' }]);
  });
});

describe('the assets of a scenario', () => {
  async function scenario(assets: unknown) {
    await write({ 'c/a/index.json': JSON.stringify({ details: { steps: [], assets: { host01: assets } } }), 'c/a/assets/x.yaml': 'x', 'c/a/assets/d/y.sh': 'y', 'secret.txt': 's' });
    const [item] = await items();
    if (item?.type !== 'scenario') throw new Error('not loaded');
    return item.scenario;
  }

  it('land under their base name, patterns keep their path', async () => {
    const plan = await planAssets(await scenario([{ file: 'd/y.sh', target: '~/bin', chmod: '+x' }, { file: '**', target: '/root' }]), '/home/l');
    expect(plan.copies.map((copy) => [copy.target, copy.chmod])).toEqual([
      ['/home/l/bin/y.sh', '+x'],
      ['/home/l/d/y.sh', undefined],
      ['/home/l/x.yaml', undefined],
    ]);
  });

  it.each(['../../../secret.txt', '/etc/passwd', 'nope'])('never come from outside: %s', async (file) => {
    expect(await planAssets(await scenario([{ file, target: '~' }]), '/h')).toEqual({ copies: [], missing: [file] });
  });

  it('are not followed through a link that leads outside', async () => {
    const loaded = await scenario([]);
    await symlink(join(folder, 'secret.txt'), join(loaded.folder, 'link'));
    expect(await assetFile(loaded, 'link')).toBeUndefined();
    expect(await assetFile(loaded, '../../secret.txt')).toBeUndefined();
    expect(await assetFile(loaded, 'assets/x.yaml')).toBe(join(loaded.folder, 'assets/x.yaml'));
  });
});
