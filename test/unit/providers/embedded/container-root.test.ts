import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeLayer, findCommand, prepareLayer } from '../../../../server/providers/embedded/container-root.ts';

let home: string;
let layer: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'layer-'));
  layer = join(home, 'layer');
  mkdirSync(layer);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const prepare = (more: Partial<Parameters<typeof prepareLayer>[1]> = {}): void => prepareLayer(layer, { hostname: 'web', cwd: '/', files: {}, busybox: true, uid: undefined, skip: () => false, ...more });

describe("a container's own layer", () => {
  it('has what every image has, and the files of its own', () => {
    prepare({ cwd: '/work/here', files: { '/usr/local/bin/tool': '#!/bin/sh\n' } });
    expect(readFileSync(join(layer, 'etc/hostname'), 'utf8')).toBe('web\n');
    expect(lstatSync(join(layer, 'tmp')).mode & 0o7777).toBe(0o1777);
    expect(lstatSync(join(layer, 'work/here')).isDirectory()).toBe(true);
    expect(lstatSync(join(layer, 'usr/local/bin/tool')).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(layer, 'sbin')).isSymbolicLink()).toBe(true);
  });

  it('keeps what a former process left', () => {
    prepare();
    rmSync(join(layer, 'etc/hosts'));
    mkdirSync(join(layer, 'etc/hosts'));
    prepare({ hostname: 'other' });
    expect([lstatSync(join(layer, 'etc/hosts')).isDirectory(), readFileSync(join(layer, 'etc/hostname'), 'utf8')]).toEqual([true, 'web\n']);
  });

  it.each(['etc', 'var', 'usr'])('writes nothing through a link that a former process put at /%s', (name) => {
    const outside = join(home, 'outside');
    mkdirSync(outside);
    prepare();
    rmSync(join(layer, name), { recursive: true });
    symlinkSync(outside, join(layer, name));
    prepare({ cwd: `/${name}/a/b`, files: { [`/${name}/local/bin/tool`]: 'x' } });
    expect(readdirSync(outside)).toEqual([]);
  });

  it('follows a link that stays inside', () => {
    symlinkSync('real', join(layer, 'etc'));
    mkdirSync(join(layer, 'real'));
    prepare();
    expect(readFileSync(join(layer, 'real/hostname'), 'utf8')).toBe('web\n');
  });
});

describe('a layer that is closed', () => {
  const modeOf = (path: string) => lstatSync(join(layer, path)).mode & 0o7777;

  it('may be written where everybody may, has what is mounted, and keeps what was there', async () => {
    prepare();
    writeFileSync(join(home, 'file'), '');
    await closeLayer(layer, [{ source: home, target: '/data/deep', readOnly: false }, { source: home, target: '/tmp', readOnly: false }, { source: join(home, 'file'), target: '/etc/hostname', readOnly: false }, { source: join(home, 'file'), target: '/etc/new', readOnly: false }], false);
    expect([modeOf('.'), modeOf('etc'), modeOf('tmp'), modeOf('var/tmp'), modeOf('data/deep')]).toEqual([0o555, 0o555, 0o1777, 0o1777, 0o555]);
    expect([readFileSync(join(layer, 'etc/hostname'), 'utf8'), readFileSync(join(layer, 'etc/new'), 'utf8'), readdirSync(layer).includes('proc')]).toEqual(['web\n', '', true]);
  });

  it('is made through no link that a former process left', async () => {
    const outside = join(home, 'outside');
    mkdirSync(outside);
    chmodSync(outside, 0o755);
    for (const name of ['proc', 'dev', 'data', 'etc']) symlinkSync(outside, join(layer, name));
    await closeLayer(layer, [{ source: home, target: '/data/deep', readOnly: false }, { source: join(home, 'none'), target: '/etc/../../outside/up', readOnly: false }], false);
    expect([readdirSync(outside), lstatSync(outside).mode & 0o777]).toEqual([[], 0o755]);
  });
});

it('a command is looked for in the container alone', async () => {
  mkdirSync(join(home, 'outside'));
  writeFileSync(join(home, 'outside', 'tool'), '', { mode: 0o755 });
  mkdirSync(join(layer, 'opt'));
  symlinkSync(join(home, 'outside'), join(layer, 'opt', 'out'));
  writeFileSync(join(layer, 'opt', 'own'), '', { mode: 0o755 });
  const volume = join(home, 'volume');
  mkdirSync(volume);
  symlinkSync(join(home, 'outside'), join(volume, 'out'));
  symlinkSync('/bin/sh', join(volume, 'link'));
  const container = { layer, busybox: { folder: home, applets: new Set(['sh']) }, mounts: [{ source: volume, target: '/data', readOnly: false }], path: '/bin', cwd: '/' };
  expect(await Promise.all(['sh', '/opt/own', '/opt/out/tool', '/data/out/tool', '/data/link', '/data'].map((command) => findCommand(command, container)))).toEqual(['/bin/sh', '/opt/own', undefined, undefined, '/data/link', undefined]);
});
