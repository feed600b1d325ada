import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { STORED_ONLY } from '../../server/cluster/admission/stored-only.ts';
import { kindType, structType, type StructType } from '../../server/cluster/api/schema/types.ts';
import { apiVersionOf } from '../../server/cluster/store/object.ts';
import { BUILTIN_RESOURCES } from '../../server/cluster/api/scheme/builtin-resources.ts';
import { argoCrds } from '../../server/cluster/argo/install/crds.ts';
import { KINDS as EVENT_SOURCE_KINDS } from '../../server/cluster/argo/events/controller/validate-source.ts';
import { COMMANDS } from '../../server/cluster/argo/cli/commands/index.ts';
import { builtInImages } from '../../server/cluster/kubelet/images/index.ts';
import { startTestCluster } from '../harness/test-cluster.ts';

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

const CLUSTER = join(import.meta.dirname, '../../server/cluster');
/** What knows fields without acting on them: shapes, checks, printers. And Argo, whose objects are others. */
const PASSIVE = ['admission/pod-security', 'api/schema', 'api/table-printers', 'api/openapi', 'api/protobuf', 'api/scheme', 'api/patch', 'argo', 'controllers/runtime/kinds.ts'];

/** Every word in the code that acts. */
function actingWords(folder = CLUSTER, words = new Set<string>()): Set<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (PASSIVE.includes(path.slice(CLUSTER.length + 1))) continue;
    if (statSync(path).isDirectory()) actingWords(path, words);
    else if (path.endsWith('.ts')) for (const word of readFileSync(path, 'utf8').match(/[A-Za-z_]\w*/g) ?? []) words.add(word);
  }
  return words;
}

/** The shortest paths of a type whose last part is no word of the acting code. Templates have the fields of what they are templates for. */
function unread(type: StructType | undefined, words: ReadonlySet<string>, path = '', seen: readonly string[] = []): string[] {
  return [...(type?.byName ?? [])].flatMap(([name, field]) => {
    if (path === '' && ['metadata', 'apiVersion', 'kind', 'status'].includes(name)) return [];
    if (['template', 'jobTemplate', 'volumeClaimTemplate', 'volumeClaimTemplates', 'openAPIV3Schema'].includes(name)) return [];
    const inner = field.type.k === 'list' ? field.type.of : field.type;
    const own = `${path === '' ? '' : `${path}.`}${name}`;
    if (!words.has(name)) return [own];
    return inner.k !== 'struct' || seen.includes(inner.ref) ? [] : unread(structType(inner.ref), words, field.type.k === 'list' ? `${own}[*]` : own, [...seen, inner.ref]);
  });
}

/** Kinds that hold what others write or ask, and nothing that should come of it. */
const DATA = new Set(['Event', 'Lease', 'EndpointSlice', 'Endpoints', 'LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SubjectAccessReview', 'SelfSubjectRulesReview', 'SelfSubjectReview', 'TokenReview']);

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

  it('names every field of what is emulated that no code reads', () => {
    const words = actingWords();
    const listed = new Map(table('Fields without effect').map(({ kinds: [kind = ''], emulated }) => [kind, [...emulated.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)]));
    const emulated = new Set(table('Kubernetes kinds').filter((row) => row.emulated !== 'stored').flatMap((row) => row.kinds));
    const newest = new Map(BUILTIN_RESOURCES.toReversed().map((resource) => [resource.kind, resource]));
    const missing = [...newest].flatMap(([kind, resource]) => {
      if (!emulated.has(kind) || DATA.has(kind)) return [];
      const known = (path: string) => listed.get(kind)?.some((one) => [path, path.replace('.initContainers[*]', '.containers[*]').replace('.ephemeralContainers[*]', '.containers[*]')].some((same) => same === one || same.startsWith(`${one}.`) || same.startsWith(`${one}[`)));
      // A volume of a kind that is not offered keeps its pod from starting; what a PersistentVolume is made of does not matter.
      const isVolumeKind = (path: string) => /^spec\.volumes\[\*\]\.\w+$/.test(path) || (kind === 'PersistentVolume' && /^spec\.(?!mountOptions|volumeAttributesClassName)\w+(\.fsType)?$/.test(path)) || /^spec\.volumes\[\*\]\.(projected|ephemeral|image)\./.test(path);
      return unread(kindType(apiVersionOf(resource), kind), words).filter((path) => known(path) !== true && !isVolumeKind(path)).map((path) => `${kind} ${path}`);
    });
    expect(missing).toEqual([]);
  });

  it('names just the kinds that a cluster says it has', async () => {
    const cluster = await startTestCluster();
    try {
      const { stdout } = await promisify(execFile)('kubectl', ['--kubeconfig', cluster.kubeconfig, 'api-resources', '--no-headers']);
      const served = stdout.trim().split('\n').map((line) => line.trim().split(/ +/).at(-1) ?? '');
      expect(sorted(served)).toEqual(table('Kubernetes kinds').flatMap((row) => row.kinds).toSorted());
    } finally {
      await cluster.stop();
    }
  }, 30_000);

  it('names each of Argo’s kinds once, and no other', () => {
    const named = table("Argo's kinds").flatMap((row) => row.kinds);
    expect(named.toSorted()).toEqual(sorted(crdKinds()));
  });

  it('names the event sources that run here', () => {
    const rows = table('Argo Events').filter(({ kinds, emulated }) => emulated !== 'no' && kinds[0]?.startsWith('EventSource: ') === true);
    expect(rows.flatMap(({ kinds }) => kinds.map((kind) => kind.replace('EventSource: ', ''))).toSorted()).toEqual([...EVENT_SOURCE_KINDS]);
  });

  it('says of each yes, partly, stored or no, and what is missing where it is not yes', () => {
    const rows = [...table('Kubernetes kinds'), ...table("Argo's kinds"), ...table("Argo's features"), ...table('Argo Events')];
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
