import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STORED_ONLY } from '../../server/cluster/admission/stored-only.ts';
import { kindType, structType, type StructType } from '../../server/cluster/api/schema/types.ts';
import { apiVersionOf } from '../../server/cluster/store/object.ts';
import { BUILTIN_RESOURCES } from '../../server/cluster/api/scheme/builtin-resources.ts';
import { argoCrds } from '../../server/cluster/argo/install/crds.ts';
import { COMMANDS } from '../../server/cluster/argo/cli/commands/index.ts';
import { builtInImages } from '../../server/cluster/kubelet/images/index.ts';

const text = await readFile(join(import.meta.dirname, '../../server/cluster/README.md'), 'utf8');

interface Row {
  kinds: string[];
  emulated: string;
  note: string;
}

/** The rows of the table below a heading. */
function table(heading: string): Row[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
    .map(([kinds = '', emulated = '', note = '']) => ({ kinds: kinds.split(', '), emulated, note }));
}

/** Whether a type has the field: `spec.containers[*].resources`. */
function hasField(type: StructType | undefined, path: string): boolean {
  const [first = '', ...rest] = path.split('.');
  const field = type?.byName.get(first.replace('[*]', ''));
  if (field === undefined || rest.length === 0) return field !== undefined;
  const inner = field.type.k === 'list' ? field.type.of : field.type;
  return inner.k === 'struct' ? hasField(structType(inner.ref), rest.join('.')) : true;
}

const sorted = (list: Iterable<string>) => [...new Set(list)].sort();
const crdKinds = () => argoCrds().map((crd) => JSON.stringify(crd.spec)).map((spec) => /"kind":"(\w+)"/.exec(spec)?.[1] ?? '');

describe('the coverage table', () => {
  it('names each kind that Kubernetes serves here once, and no other', () => {
    const named = table('Kubernetes kinds').flatMap((row) => row.kinds);
    expect(named.toSorted()).toEqual(sorted(BUILTIN_RESOURCES.map((resource) => resource.kind)));
  });

  it('calls stored just what warns of it, apart from kinds that are only ever part of something else', () => {
    const stored = table('Kubernetes kinds').filter((row) => row.emulated === 'stored').flatMap((row) => row.kinds);
    const warned = BUILTIN_RESOURCES.filter((resource) => STORED_ONLY[`${resource.group}/${resource.resource}`] !== undefined).map((resource) => resource.kind);
    expect(sorted(stored.filter((kind) => kind !== 'PodTemplate'))).toEqual(sorted(warned));
  });

  it('names fields without effect that their kinds have', () => {
    const rows = text.split('## Fields without effect')[1]?.split('## ')[0]?.split('\n').filter((line) => line.startsWith('| ')).slice(1) ?? [];
    expect(rows.length).toBeGreaterThan(3);
    const missing = rows.flatMap((row) => {
      const [, kind = '', fields = ''] = row.split('|').map((cell) => cell.trim());
      const info = BUILTIN_RESOURCES.find((resource) => resource.kind === kind);
      return [...fields.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path).filter((path) => info === undefined || !hasField(kindType(apiVersionOf(info), kind), path)).map((path) => `${kind} ${path}`);
    });
    expect(missing).toEqual([]);
  });

  it('names each of Argo’s kinds once, and no other', () => {
    const named = table("Argo's kinds").flatMap((row) => row.kinds);
    expect(named.toSorted()).toEqual(sorted(crdKinds()));
  });

  it('says of each yes, partly, stored or no, and what is missing where it is not yes', () => {
    const rows = [...table('Kubernetes kinds'), ...table("Argo's kinds"), ...table("Argo's features")];
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => !['yes', 'partly', 'stored', 'no'].includes(row.emulated))).toEqual([]);
    expect(rows.filter((row) => row.emulated === 'partly' && row.note === '')).toEqual([]);
  });

  it('names every image of the catalogue', () => {
    const listed = /\*\*Images\*\*[\s\S]*?\n\n\*\*/.exec(text)?.[0] ?? '';
    const short = (repository: string) => repository.replace(/^(docker\.io\/library\/|docker\.io\/|quay\.io\/|appropriate\/curl$)/, '');
    expect(sorted(builtInImages.map((image) => short(image.repository))).filter((name) => name !== '' && !listed.includes(`\`${name}\``))).toEqual([]);
  });

  it('names no argo command that is not there', () => {
    const row = table("Argo's features").find(({ kinds }) => kinds[0] === 'the `argo` command');
    const there = COMMANDS.map((command) => command.path.join(' '));
    expect(row?.note.split(', ').filter((name) => !there.some((known) => known === name || known.startsWith(`${name} `)))).toEqual([]);
  });
});
