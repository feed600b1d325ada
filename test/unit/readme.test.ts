import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const text = await readFile(join(root, 'README.md'), 'utf8');
const { dependencies, devDependencies } = z.object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));

describe('the README', () => {
  it('names every dependency with its purpose', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    const named = (name: string) => rows.some((line) => line.split('|')[1]?.includes(`\`${name}\``) === true && (line.split('|')[2] ?? '').trim() !== '');
    expect([...Object.keys(dependencies), ...Object.keys(devDependencies)].filter((name) => !named(name))).toEqual([]);
  });

  it('names no dependency that is gone', () => {
    const section = text.split(/^## /m).find((part) => part.startsWith('Dependencies')) ?? '';
    const named = section.split('\n').filter((line) => line.startsWith('|')).slice(2).flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
    expect(named.filter((name) => !(name in dependencies) && !(name in devDependencies))).toEqual([]);
  });

  it('links only to files that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });
});
