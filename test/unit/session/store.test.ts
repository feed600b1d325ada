import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../../server/session/lock.ts';
import type { SessionRecord } from '../../../server/session/machine.ts';
import { SessionStore } from '../../../server/session/store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const record: SessionRecord = { version: 1, id: 'abcdefgh', scenario: 'a/b', state: 'ready', page: 'step1', opened: { step1: 1 }, done: ['intro'], terminals: [{ id: '1', name: 'T' }], createdAt: 1 };

describe('the data folder', () => {
  it('gives back what was saved last, whatever order saving took', async () => {
    const store = new SessionStore(folder);
    await Promise.all([store.save({ ...record, page: 'a' }), store.save({ ...record, page: 'b' }), store.save(record)]);
    expect(await new SessionStore(folder).load()).toEqual([record]);
  });

  it('passes over sessions whose file is broken, of another shape or under a foreign name', async () => {
    const store = new SessionStore(folder);
    await store.save(record);
    for (const [name, text] of [['half', '{"version":1,'], ['other', '{"version":2}'], ['stranger', JSON.stringify(record)]] as const) {
      await mkdir(join(folder, 'sessions', name), { recursive: true });
      await writeFile(join(folder, 'sessions', name, 'session.json'), text);
    }
    expect((await store.load()).map(({ id }) => id)).toEqual(['abcdefgh']);
  });

  it('starts anew with progress that can not be read', async () => {
    const store = new SessionStore(folder);
    await writeFile(join(folder, 'progress.json'), '{"version":1,"scenarios":{"a":');
    expect(await store.loadProgress()).toEqual({ version: 1, scenarios: {} });
    await store.saveProgress({ version: 1, scenarios: { a: { done: ['x'], finished: true } } });
    expect(await store.loadProgress()).toEqual({ version: 1, scenarios: { a: { done: ['x'], finished: true } } });
  });

  it('holds the old or the new state when the server is killed while it saves', async () => {
    const program = `import { SessionStore } from ${JSON.stringify(new URL('../../../server/session/store.ts', import.meta.url).href)};
      const store = new SessionStore(${JSON.stringify(folder)}); const record = ${JSON.stringify(record)};
      for (let i = 0; ; i++) { await store.save({ ...record, page: 'p' + i, done: Array.from({ length: 2000 }, (_, n) => i + '-' + n) }); if (i === 0) process.stdout.write('go'); }`;
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 20 + round * 13));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      const [loaded] = await new SessionStore(folder).load();
      expect(loaded?.done).toHaveLength(2000);
      expect(new Set(loaded?.done.map((entry) => entry.split('-')[0])).size).toBe(1);
    }
  });

  it('is used by one server at a time, and free again after one that was killed', async () => {
    const unlock = await lockFolder(folder);
    const other = `import { lockFolder } from ${JSON.stringify(new URL('../../../server/session/lock.ts', import.meta.url).href)}; lockFolder(${JSON.stringify(folder)}).then(() => console.log('locked'), (e) => console.log(e.message));`;
    const attempt = () =>
      new Promise<string>((resolve) => {
        let text = '';
        const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', other]);
        child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
        child.on('close', () => resolve(text.trim()));
      });
    expect(await attempt()).toBe(`another argo-lab (process ${process.pid}) uses the data folder ${folder}`);
    await unlock();
    await writeFile(join(folder, 'lock'), '999999999 1\n');
    expect(await attempt()).toBe('locked');
    expect(await readFile(join(folder, 'lock'), 'utf8')).toMatch(/^\d+ \d+\n$/);
  });
});
