import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileView, FolderView, SavedFile } from '../../../server/protocol/workbench.ts';
import { BubblewrapSandbox } from '../../../server/sandbox/bubblewrap.ts';
import { type SmallLab, startSmallLab } from './lab.ts';

const probe = new BubblewrapSandbox({ folder: join(tmpdir(), `lab-files-probe-${process.pid}`), tools: tmpdir(), warm: 0 });
const problem = await probe.problem();
await probe.close();

describe.each(['none', 'bubblewrap'])('the editor’s files (sandbox: %s)', (sandbox) => {
  const skipped = sandbox === 'bubblewrap' && problem !== undefined;
  let lab: SmallLab;
  let files: string;
  let home: string;
  let inside: string;
  beforeAll(async () => {
    if (skipped) return;
    lab = await startSmallLab({ sandbox });
    const session = await lab.session();
    files = `/sessions/${session.id}/files`;
    home = join(lab.data, 'sessions', session.id, 'home');
    inside = session.home ?? '';
  }, 60_000);
  afterAll(async () => {
    if (skipped) return;
    await lab.close();
    await rm(lab.folder, { recursive: true, force: true });
  });
  const at = (path: string, resource = '') => `${files}${resource}?path=${encodeURIComponent(path)}`;
  const test = it.skipIf(skipped);
  /** Also where the home belongs to a host user of its own. */
  const put = async (name: string, data: string | Buffer) => {
    await writeFile(join(home, name), data);
    execFileSync('chmod', ['a+rw', join(home, name)]);
  };

  test('lists a folder, with links as what can’t be opened', async () => {
    await mkdir(join(home, 'folder'), { recursive: true });
    await symlink('/etc/passwd', join(home, 'link')).catch(() => undefined);
    execFileSync('mkfifo', [join(home, 'pipe')]);
    await put('odd name\t"', 'x');
    const view = FolderView.parse((await lab.api('GET', at('~'))).body);
    expect(view.path).toBe(inside);
    const shown = Object.fromEntries(view.entries.map(({ name, type }) => [name, type]));
    expect(shown).toMatchObject({ folder: 'folder', link: 'other', pipe: 'other', 'hello.txt': 'file', 'odd name\t"': 'file' });
    // Scenarios call the home so, whatever it is called here.
    expect(FolderView.parse((await lab.api('GET', at('/root'))).body).path).toBe(inside);
    expect(FileView.parse((await lab.api('GET', at('/root/hello.txt', '/content'))).body).text).toBe('hello\n');
    expect(view.entries.find((entry) => entry.name === 'hello.txt')).toEqual({ name: 'hello.txt', type: 'file', size: 6 });
  });

  test('saves a file whole, keeps its permissions, and makes the folders above it', async () => {
    const saved = SavedFile.parse((await lab.api('PUT', at('~/new/deep/a.yaml', '/content'), { text: 'a: ä\n' })).body);
    expect(saved.path).toBe(`${inside}/new/deep/a.yaml`);
    expect(await readFile(join(home, 'new/deep/a.yaml'), 'utf8')).toBe('a: ä\n');
    execFileSync('chmod', ['755', join(home, 'new/deep/a.yaml')]);
    await lab.api('PUT', at('~/new/deep/a.yaml', '/content'), { text: '#!/bin/sh\n', version: saved.version });
    expect(execFileSync('stat', ['-c', '%a', join(home, 'new/deep/a.yaml')]).toString()).toBe('755\n');
    expect(FileView.parse((await lab.api('GET', at('new/deep/a.yaml', '/content'))).body)).toMatchObject({ path: `${inside}/new/deep/a.yaml`, text: '#!/bin/sh\n', size: 10 });
    expect(execFileSync('ls', ['-A', join(home, 'new/deep')]).toString()).toBe('a.yaml\n');
  });

  test('overwrites nothing that was changed meanwhile', async () => {
    await lab.api('PUT', at('~/mine', '/content'), { text: 'one' });
    const read = FileView.parse((await lab.api('GET', at('~/mine', '/content'))).body);
    await put('mine', 'two');
    expect(await lab.api('PUT', at('~/mine', '/content'), { text: 'three', version: read.version })).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    expect(await lab.api('PUT', at('~/mine', '/content'), { text: 'three', version: null })).toMatchObject({ status: 409 });
    expect((await lab.api('PUT', at('~/mine', '/content'), { text: 'three' })).status).toBe(200);
    expect((await lab.api('PUT', at('~/fresh', '/content'), { text: '', version: null })).status).toBe(200);
    expect(await readFile(join(home, 'fresh'), 'utf8')).toBe('');
  });

  test('says what it can’t open as text', async () => {
    await put('binary', Buffer.from([1, 0, 2]));
    await put('latin1', Buffer.from([0xe4]));
    await put('large', 'x'.repeat(1024 * 1024 + 1));
    expect((await lab.api('GET', at('~/binary', '/content'))).body).toMatchObject({ unreadable: 'binary', size: 3 });
    expect((await lab.api('GET', at('~/latin1', '/content'))).body).toMatchObject({ unreadable: 'binary' });
    expect((await lab.api('GET', at('~/large', '/content'))).body).toMatchObject({ unreadable: 'large', size: 1024 * 1024 + 1 });
    expect(await lab.api('GET', at('~/pipe', '/content'))).toMatchObject({ status: 400 });
    expect(await lab.api('GET', at('~/folder', '/content'))).toMatchObject({ status: 400 });
    expect(await lab.api('GET', at('~/nowhere', '/content'))).toMatchObject({ status: 404 });
    expect((await lab.api('PUT', at('~/large', '/content'), { text: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(400);
  });

  test.each(['/proc/self/environ', '/usr/bin/env', '/dev/null', '~/../../../../../../usr/bin/env', '/proc/1/root/etc/shadow', '', 'a\u0000b', 'a\nb', `~/${'x/'.repeat(3000)}`])('is for nothing but the learner’s own files: %j', async (path) => {
    for (const [method, resource, body] of [['GET', '/content'], ['PUT', '/content', { text: 'x' }], ['DELETE', '']] as const) {
      const { status } = await lab.api(method, at(path, resource), body);
      expect({ method, status }).toEqual({ method, status: 400 });
    }
  });

  test('follows no link out of what may be edited', async () => {
    await symlink('/usr', join(home, 'out'));
    await symlink('/usr/bin/env', join(home, 'program'));
    await symlink('loop', join(home, 'loop'));
    for (const path of ['~/out', '~/out/bin/env', '~/program']) expect((await lab.api('GET', at(path, '/content'))).status).toBe(400);
    expect((await lab.api('GET', at('~/out'))).status).toBe(400);
    expect((await lab.api('PUT', at('~/out/written', '/content'), { text: 'x' })).status).toBe(400);
    expect((await lab.api('GET', at('~/loop', '/content'))).status).toBeGreaterThanOrEqual(400);
    expect((await lab.api('DELETE', at('~/program'))).status).toBe(204);
  });

  test('deletes files and folders, but not the home', async () => {
    expect((await lab.api('POST', `${files}/folders`, { path: '~/gone/deep' })).status).toBe(204);
    await lab.api('PUT', at('~/gone/deep/x', '/content'), { text: '' });
    expect((await lab.api('DELETE', at('~/gone'))).status).toBe(204);
    expect((await lab.api('DELETE', at('~/gone'))).status).toBe(404);
    for (const path of ['~', '~/.', inside, '/tmp', '/']) expect((await lab.api('DELETE', at(path))).status).toBe(400);
    expect((await lab.api('GET', at('~'))).status).toBe(200);
  });

  test('renames and moves files, folders and links, but never over something', async () => {
    const move = (path: string, to: string) => lab.api('PATCH', at(path), { to });
    await lab.api('PUT', at('~/from/deep/a', '/content'), { text: 'a' });
    await lab.api('PUT', at('~/from/b', '/content'), { text: 'b' });
    expect(await move('~/from/b', '~/from/c')).toEqual({ status: 200, body: { path: `${inside}/from/c` } });
    expect(await move('~/from', 'made/by/moving')).toEqual({ status: 200, body: { path: `${inside}/made/by/moving` } });
    expect(FileView.parse((await lab.api('GET', at('~/made/by/moving/deep/a', '/content'))).body).text).toBe('a');
    expect((await lab.api('GET', at('~/from'))).status).toBe(404);
    // Onto a file, into a folder by its name, onto itself.
    for (const to of ['~/hello.txt', '~/made/by', '~/made/by/moving/c']) expect((await move('~/made/by/moving/c', to)).status).toBe(409);
    expect(FileView.parse((await lab.api('GET', at('~/hello.txt', '/content'))).body).text).toBe('hello\n');
    expect((await move('~/nowhere', '~/x')).status).toBe(404);
    expect((await move('~/made', '~/made/by/itself')).status).toBe(400);
    await symlink('hello.txt', join(home, 'a-link'));
    expect((await move('~/a-link', '~/another-link')).status).toBe(200);
    expect([await readlink(join(home, 'another-link')), await readFile(join(home, 'hello.txt'), 'utf8')]).toEqual(['hello.txt', 'hello\n']);
  });

  test('moves nothing out of what may be edited, nor the home', async () => {
    await symlink('/usr', join(home, 'way-out'));
    for (const to of ['/usr/local/bin/x', '~/../../../../../../../../usr/x', '~/way-out/x', '', 'a\u0000b', '~']) expect({ to, status: (await lab.api('PATCH', at('~/hello.txt'), { to })).status }).toEqual({ to, status: 400 });
    for (const path of ['~', inside, '/', '/tmp', '~/way-out/bin']) expect({ path, status: (await lab.api('PATCH', at(path), { to: '~/mine' })).status }).toEqual({ path, status: 400 });
    for (const body of [{}, { to: 7 }]) expect((await lab.api('PATCH', at('~/hello.txt'), body)).status).toBe(400);
  });

  test('tells an open editor what has changed on disk', async () => {
    await lab.api('PUT', at('~/watched', '/content'), { text: 'one' });
    await lab.api('GET', at('~/watched', '/content'));
    const controller = new AbortController();
    const response = await fetch(`${lab.origin}/api${files.replace('/files', '/events')}`, { headers: { cookie: lab.cookie }, signal: controller.signal });
    let told = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) {
        told += Buffer.from(chunk).toString();
        if (told.includes('"type":"files"')) return;
      }
    })().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await put('watched', 'two');
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 10_000))]);
    controller.abort();
    const event: unknown = JSON.parse(/data: (\{"type":"files".*\})\n/.exec(told)?.[1] ?? 'null');
    expect(event).toEqual({ type: 'files', paths: [`${inside}/watched`] });
  }, 30_000);

  test('needs a session and a path', async () => {
    expect((await lab.api('GET', '/sessions/nosuchsession/files?path=~')).status).toBe(404);
    expect((await lab.api('GET', files)).status).toBe(400);
    expect((await lab.api('GET', `${files}?path=a&path=b`)).status).toBe(400);
    expect((await lab.api('PUT', at('~/x', '/content'), { words: 'x' })).status).toBe(400);
  });
});
