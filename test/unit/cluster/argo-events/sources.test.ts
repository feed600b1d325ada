import { chmod, mkdtemp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sourceProblem } from '../../../../server/cluster/argo/events/controller/validate-source.ts';
import { listenToFile } from '../../../../server/cluster/argo/events/sources/file.ts';
import { changesBetween, type Snapshot } from '../../../../server/cluster/argo/events/sources/file-changes.ts';
import type { Listening } from '../../../../server/cluster/argo/events/sources/listener.ts';
import { ReplyReader } from '../../../../server/cluster/argo/events/sources/redis-replies.ts';
import { EventSourceSpec, FileSource } from '../../../../server/cluster/argo/events/types.ts';
import { Channels, runOnChannels } from '../../../../server/cluster/kubelet/images/redis/channels.ts';
import type { Reply } from '../../../../server/cluster/kubelet/images/redis/protocol.ts';
import { systemClock } from '../../../../server/lib/clock.ts';

const folderOf = (files: Record<string, [inode: number, size: number, written: number, changed: number]>): Snapshot => new Map(Object.entries(files).map(([name, [inode, size, written, changed]]) => [name, { inode, size, written, changed }]));

describe('what has happened to the files of a folder', () => {
  it.each<[string, Snapshot, Snapshot, string[]]>([
    ['nothing', folderOf({ a: [1, 2, 3, 4] }), folderOf({ a: [1, 2, 3, 4] }), []],
    ['an empty file', folderOf({}), folderOf({ a: [1, 0, 1, 1] }), ['CREATE a']],
    ['a file with content', folderOf({}), folderOf({ a: [1, 5, 1, 1] }), ['CREATE a', 'WRITE a']],
    ['more in it', folderOf({ a: [1, 5, 1, 1] }), folderOf({ a: [1, 6, 2, 2] }), ['WRITE a']],
    ['other rights', folderOf({ a: [1, 5, 1, 1] }), folderOf({ a: [1, 5, 1, 2] }), ['CHMOD a']],
    ['it is gone', folderOf({ a: [1, 5, 1, 1] }), folderOf({}), ['REMOVE a']],
    ['another name', folderOf({ a: [1, 5, 1, 1] }), folderOf({ b: [1, 5, 1, 2] }), ['RENAME a', 'CREATE b']],
    ['another file in its place', folderOf({ a: [1, 5, 1, 1] }), folderOf({ a: [2, 5, 1, 2] }), ['CREATE a', 'WRITE a']],
  ])('%s', (_title, before, after, changes) => {
    expect(changesBetween(before, after).map(({ name, operation }) => `${operation} ${name}`)).toEqual(changes);
  });
});

describe('an event source of files', () => {
  let folder = '';
  let over = new AbortController();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-source-'));
    await mkdir(join(folder, 'data'));
    over = new AbortController();
  });
  afterEach(async () => {
    over.abort();
    await rm(folder, { recursive: true, force: true });
  });
  const quiet = { info: () => undefined, error: () => undefined, with: () => quiet };
  const listen = (source: object) => {
    const events: unknown[] = [];
    const place = (path: string) => (path === '/data' || path.startsWith('/data/') ? { root: join(folder, 'data'), path: path.slice('/data/'.length) } : undefined);
    const listening = { context: { place, clock: systemClock, signal: over.signal }, log: quiet, source: 's', event: 'example', namespace: 'ns', startedAt: 0, dispatch: (data: string) => Promise.resolve(void events.push(JSON.parse(data))) } as unknown as Listening;
    return { events, ended: listenToFile(FileSource.parse(source), listening) };
  };

  it.each([
    [false, '/data/x.txt'],
    [true, 'x.txt'],
  ])('tells what is made at its path, polling: %s', async (polling, name) => {
    const { events } = listen({ eventType: 'CREATE', polling, metadata: { a: 'b' }, watchPathConfig: polling ? { directory: '/data', pathRegexp: '^x\\.' } : { directory: '/data/', path: 'x.txt' } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await writeFile(join(folder, 'data/y.txt'), '');
    await writeFile(join(folder, 'data/x.txt'), '');
    await chmod(join(folder, 'data/x.txt'), 0o600);
    await expect.poll(() => events).toEqual([{ name, op: 1, metadata: { a: 'b' } }]);
  });

  it('tells of a new name', async () => {
    await writeFile(join(folder, 'data/x.txt'), 'x');
    const { events } = listen({ eventType: 'RENAME', watchPathConfig: { directory: '/data/', pathRegexp: '.*' } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await rename(join(folder, 'data/x.txt'), join(folder, 'data/z.txt'));
    await expect.poll(() => events).toEqual([{ name: '/data/x.txt', op: 8, metadata: null }]);
  });

  it('listens to no folder that is not there, nor to one outside of the volume', async () => {
    await symlink('/etc', join(folder, 'data/etc'));
    for (const directory of ['/none', '/data/none', '/data/etc']) await expect(listen({ eventType: 'CREATE', watchPathConfig: { directory, path: 'x' } }).ended).rejects.toThrow(`failed to add directory ${directory} to the watcher for example, no such file or directory`);
  });
});

describe('the answers of a Redis server', () => {
  const text = '+OK\r\n-ERR no\r\n:3\r\n$-1\r\n$5\r\nä\r\nb\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n*0\r\n';
  const replies = ['OK', new Error('ERR no'), 3, null, 'ä\r\nb', ['message', 'a', []]];

  it('are read however their bytes arrive', () => {
    expect(new ReplyReader().push(Buffer.from(text))).toEqual(replies);
    const slow = new ReplyReader();
    expect([...Buffer.from(text)].flatMap((byte) => slow.push(Buffer.from([byte])))).toEqual(replies);
  });

  it('are refused where they are none', () => {
    expect(() => new ReplyReader().push(Buffer.from('HTTP/1.1 400\r\n'))).toThrow('redis: can\'t parse reply "TTP/1.1 400"');
    expect(() => new ReplyReader().push(Buffer.from('*1\r\n'.repeat(20)))).toThrow('redis: reply is too deep');
  });
});

it('channels of the little redis tell who listens, by name and by pattern', () => {
  const channels = new Channels();
  const heard: Reply[] = [];
  const ear = (reply: Reply) => void heard.push(reply);
  const other = () => undefined;
  const run = (...words: string[]) => runOnChannels(channels, ear, words);
  expect(run('GET', 'a')).toBeUndefined();
  expect(run('SUBSCRIBE', 'FOO', 'BAR')).toEqual([['subscribe', 'FOO', 1], ['subscribe', 'BAR', 2]]);
  expect(run('psubscribe', 'F*')).toEqual([['psubscribe', 'F*', 3]]);
  expect(runOnChannels(channels, other, ['PUBLISH', 'FOO', 'hi'])).toEqual([2]);
  expect(heard).toEqual([['message', 'FOO', 'hi'], ['pmessage', 'F*', 'FOO', 'hi']]);
  expect(run('GET', 'a')).toEqual([{ error: "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context" }]);
  expect(runOnChannels(channels, other, ['PUBSUB', 'NUMSUB', 'FOO', 'none'])).toEqual([['FOO', 1, 'none', 0]]);
  expect(run('UNSUBSCRIBE')).toEqual([['unsubscribe', 'FOO', 2], ['unsubscribe', 'BAR', 1]]);
  channels.drop(ear);
  expect(runOnChannels(channels, other, ['PUBLISH', 'FOO', 'hi'])).toEqual([0]);
  expect(run('UNSUBSCRIBE')).toEqual([['unsubscribe', null, 0]]);
});

describe('an event source is refused', () => {
  const problem = (spec: object) => sourceProblem('s', spec as never, EventSourceSpec.parse(spec))?.error;
  const file = (watchPathConfig: object, eventType = 'CREATE') => problem({ file: { example: { eventType, watchPathConfig } } });
  const redis = (source: object) => problem({ redis: { example: source } });

  it.each([
    [file({ directory: '/a', path: 'x' }), undefined],
    [file({}, ''), 'type must be specified'],
    [file({}), 'directory is required'],
    [file({ directory: 'a' }), 'directory must be an absolute file path'],
    [file({ directory: '/a' }), 'either path or pathRegexp must be specified'],
    [file({ directory: '/a', path: 'x', pathRegexp: 'x' }), 'path and pathRegexp cannot be specified together'],
    [file({ directory: '/a', path: '/x' }), 'path must be a relative file path'],
    [redis({ hostAddress: 'redis:6379', channels: ['FOO'] }), undefined],
    [redis({ channels: ['FOO'] }), 'host address must be specified'],
    [redis({ hostAddress: 'redis:6379' }), 'channel/s must be specified'],
    [redis({ hostAddress: 'redis:6379', channels: ['FOO'], password: { name: 'a', key: 'b' } }), 'namespace must be defined in order to retrieve the password from the secret'],
    [redis({ hostAddress: 'redis:6379', channels: ['FOO'], tls: {} }), 'invalid tls config, please configure either caCertSecret, or clientCertSecret and clientKeySecret, or both'],
    [redis({ hostAddress: 'redis:6379', channels: ['FOO'], tls: { clientKeySecret: { name: 'a', key: 'b' } } }), 'invalid tls config, both clientCertSecret and clientKeySecret need to be configured'],
  ])('as %#: %s', (found, expected) => {
    expect(found).toBe(expected);
  });
});
