import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareLayer } from '../../../../server/providers/embedded/container-root.ts';

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
