import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Every relative import of a file, as paths from the repository's root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) => relative(root, resolve(root, dirname(file), match[1] ?? '')));
}

/** `server/cluster/api/x.ts` → `cluster/api`; `server/lib/x.ts` → `lib`. */
function roomOf(file: string): string {
  const [, first = '', second = ''] = file.split('/');
  if (first !== 'cluster') return first.replace(/\.ts$/, '');
  // Informers and work queues serve every loop of the cluster, not only the controllers.
  if (file.startsWith('server/cluster/controllers/runtime/')) return 'cluster/runtime';
  return `cluster/${second.replace(/\.ts$/, '')}`;
}

/** Rooms from the lowest up. A file may import its own room and any lower one. */
const LAB: string[][] = [['lib'], ['protocol'], ['scenario', 'sandbox'], ['terminal'], ['checks', 'providers'], ['session'], ['runner'], ['http', 'cli'], ['config'], ['wire'], ['main']];
const CLUSTER: string[][] = [['store'], ['api'], ['auth'], ['admission'], ['client', 'client-wire', 'program', 'program-io'], ['runtime'], ['network'], ['controllers', 'scheduler', 'kubelet', 'argo'], ['stream', 'http'], ['vocabulary'], ['index']];

function rank(table: string[][], room: string): number {
  return table.findIndex((level) => level.includes(room));
}

/** Seams that lower rooms declare so that higher ones can be plugged in; types only. */
const SEAMS = new Set(['server/cluster/client.ts', 'server/cluster/program.ts', 'server/cluster/network/pod-network.ts', 'server/cluster/auth/user.ts', 'server/cluster/auth/request-log.ts', 'server/cluster/kubelet/access.ts', 'server/cluster/kubelet/runtime/process-runtime.ts']);

function onlyTypes(file: string, target: string): boolean {
  const text = readFileSync(join(root, file), 'utf8');
  const name = target.split('/').at(-1) ?? '';
  const escaped = name.replace(/[.]/g, '\\.');
  return [...text.matchAll(new RegExp(`^(import|export)[^;]*?from '[^']*/${escaped}';`, 'gm'))].every((match) => /^(import|export) type /.test(match[0]));
}

const problems: string[] = [];
for (const file of sources('server')) {
  if (file.startsWith('server/cluster/argo/ui/')) continue;
  const room = roomOf(file);
  for (const target of importsOf(file)) {
    if (!target.startsWith('server/')) continue;
    const other = roomOf(target);
    if (other === room || other === 'lib') continue;
    if (room.startsWith('cluster/')) {
      if (!other.startsWith('cluster/')) problems.push(`${file} leaves the cluster: ${target}`);
      else if (SEAMS.has(target) && onlyTypes(file, target)) continue;
      else {
        const [own, theirs] = [rank(CLUSTER, room.slice(8)), rank(CLUSTER, other.slice(8))];
        if (own < 0 || theirs < 0) problems.push(`${file}: no place for ${own < 0 ? room : other} in the layout`);
        else if (theirs >= own) problems.push(`${file} imports upwards or sideways: ${target}`);
      }
      continue;
    }
    if (other.startsWith('cluster/')) {
      if (target !== 'server/cluster/index.ts' && target !== 'server/cluster/vocabulary.ts') problems.push(`${file} enters the cluster by another door than its index or vocabulary: ${target}`);
      else if (target === 'server/cluster/index.ts' && !['providers', 'cli', 'wire', 'main'].includes(room)) problems.push(`${file} has no business with the whole cluster`);
      continue;
    }
    const [own, theirs] = [rank(LAB, room), rank(LAB, other)];
    if (own < 0 || theirs < 0) problems.push(`${file}: no place for ${own < 0 ? room : other} in the layout`);
    else if (theirs >= own && room !== 'wire') problems.push(`${file} imports upwards or sideways: ${target}`);
  }
}

describe('the rooms', () => {
  it('are imported one way', () => {
    expect(problems).toEqual([]);
  });

  it('share only the protocol with the page', () => {
    const wrong = sources('web').flatMap((file) => importsOf(file).filter((target) => target.startsWith('server/') && !target.startsWith('server/protocol/')).map((target) => `${file} imports ${target}`));
    expect(wrong).toEqual([]);
  });

  it('keep controllers from importing one another', () => {
    const wrong = sources('server/cluster/controllers').flatMap((file) => {
      const own = file.split('/')[3] ?? '';
      return importsOf(file).filter((target) => target.startsWith('server/cluster/controllers/') && target.split('/').length > 4 && !['runtime', own].includes(target.split('/')[3] ?? '') && own.endsWith('.ts') === false);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the code', () => {
  const files = [...sources('server'), ...sources('web')];

  it('asks a clock and an id source instead of the machine', () => {
    const wrong = files
      .filter((file) => !file.startsWith('server/lib/') && !file.startsWith('web/') && !file.startsWith('server/cluster/argo/ui/'))
      .filter((file) => /\b(setTimeout|setInterval|Date\.now|Math\.random)\s*\(/.test(readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')));
    expect(wrong).toEqual([]);
  });

  it('has no any', () => {
    const wrong = files.filter((file) => /(:|<|as|\|)\s*any\b(?!\w|\()/.test(readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/'[^'\n]*'|`[^`]*`/g, "''")));
    expect(wrong).toEqual([]);
  });
});
