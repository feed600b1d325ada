import { describe, expect, it } from 'vitest';
import { isOurs, readConfig } from '../../../../server/cluster/argo/controller/config.ts';
import { goDurationProblem, mustDurationOf } from '../../../../server/cluster/argo/controller/durations.ts';
import { formatInteger } from '../../../../server/cluster/argo/controller/go-format.ts';
import { Locks } from '../../../../server/cluster/argo/controller/locks.ts';
import type { Observed } from '../../../../server/cluster/argo/controller/observed.ts';
import { reconcile } from '../../../../server/cluster/argo/controller/reconcile.ts';
import { decideRetry } from '../../../../server/cluster/argo/controller/retries.ts';
import { decodeWorkflow } from '../../../../server/cluster/argo/types/workflow.ts';
import type { NodeStatus } from '../../../../server/cluster/argo/types/workflow.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { observedNothing, start } from './observed.ts';

const workflow = (spec: object) => decodeWorkflow({ metadata: { name: 'wf', namespace: 'ns', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' }, spec });
const look = (spec: object, seen: Partial<Observed> = {}) => reconcile(workflow(spec), { ...observedNothing(), ...seen });
const loop = (how: object) => ({ entrypoint: 'main', templates: [{ name: 'main', steps: [[{ name: 'a', template: 'w', ...how }]] }, { name: 'w', suspend: {} }] });
const members = (how: object) =>
  Object.values(look(loop(how)).workflow.status.nodes ?? {}).flatMap(({ displayName, boundaryID, type }) => (boundaryID === undefined || type === 'StepGroup' ? [] : [displayName]));

describe('what a loop makes', () => {
  it.each([
    ['numbers as they are written', { withParam: '[1e3, 1.0, -0, 12345678901234567890, 7]' }, ['a(0:1e3)', 'a(1:1.0)', 'a(2:-0)', 'a(3:12345678901234567890)', 'a(4:7)']],
    ['numbers in maps, too', { withParam: '[{"n": 1.50, "t": "1.50"}]' }, ['a(0:n:1.50,t:1.50)']],
    ['what is null as a list of nothing', { withParam: '[null]' }, ['a(0:[])']],
    ['nothing of null', { withParam: 'null' }, ['a']],
    ['of a format for other things what Go makes of it', { withSequence: { count: 1, format: '%s' } }, ['a(0:%!sint=0)']],
    ['of a format without a place what Go makes of it', { withSequence: { count: 1, format: 'abc' } }, ['a(0:abc%!EXTRA int=0)']],
  ])('names %s', (_, how, expected) => {
    expect(members(how)).toEqual(expected);
  });
});

describe('numbers as Go formats them', () => {
  it.each([
    ['%d-%d', 3, '3-%!d(MISSING)'],
    ['100%%', 3, '100%%!(EXTRA int=3)'],
    ['%5d|', 42, '   42|'],
    ['%-5d|', 42, '42   |'],
    ['%+05d', 42, '+0042'],
    ['%.4d', -42, '-0042'],
    ['%#x %%', 255, '0xff %'],
    ['%X', 48879, 'BEEF'],
    ['%q', 65, "'A'"],
    ['%c', 0x1f600, '\u{1f600}'],
    ['%U', 0x1f600, 'U+1F600'],
    ['%T', 1, 'int'],
    ['%f', 2, '%!f(int=2)'],
    ['x%', 2, 'x%!(NOVERB)%!(EXTRA int=2)'],
  ])('%s of %i is %s', (format, value, expected) => {
    expect(formatInteger(format, value)).toBe(expected);
  });
});

describe('durations', () => {
  it.each([
    ['5', 5000],
    ['-1', -1000],
    ['1.5s', 1500],
    ['-2m', -120_000],
  ])('%s lasts %i ms', (text, ms) => {
    expect(mustDurationOf(text)).toBe(ms);
  });

  it.each([
    ['1 s', 'time: unknown unit " s" in duration "1 s"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1.5', 'time: missing unit in duration "1.5"'],
    ['', 'time: invalid duration ""'],
    ['x', 'time: invalid duration "x"'],
    ['1h-5m', 'time: unknown unit "h-" in duration "1h-5m"'],
  ])('%j is none, as Go says it', (text, problem) => {
    expect(goDurationProblem(text)).toBe(problem);
  });

  it('a suspension of less than nothing is over at the next look', () => {
    const begun = look({ entrypoint: 'w', templates: [{ name: 'w', suspend: { duration: '-1' } }] }).workflow;
    expect(begun.status.phase).toBe('Succeeded');
  });
});

describe('locks', () => {
  const request = { workflow: 'ns/wf', nodeId: '', namespace: 'ns', priority: 0 };
  const semaphore = { semaphore: { configMapKeyRef: { name: 'cm', key: 'k' } } };

  it('a semaphore without a limit cannot be made', () => {
    expect(() => new Locks().tryAcquire(semaphore, { ...request, limitOf: () => 0 })).toThrow('failed to initialize semaphore ns/ConfigMap/cm/k with limit');
  });

  it('a semaphore that loses its limit says so to those who wait', () => {
    const locks = new Locks();
    locks.tryAcquire(semaphore, { ...request, limitOf: () => 1 });
    expect(locks.tryAcquire(semaphore, { ...request, workflow: 'ns/other', limitOf: () => 0 })).toEqual({ acquired: false, lock: 'ns/ConfigMap/cm/k', message: 'Failed to get semaphore limit for ns/ConfigMap/cm/k' });
  });

  it('a limit below nothing lets nobody in', () => {
    expect(new Locks().tryAcquire(semaphore, { ...request, limitOf: () => -1 })).toEqual({ acquired: false, lock: 'ns/ConfigMap/cm/k', message: 'Waiting for ns/ConfigMap/cm/k lock. Lock status: -1/-1' });
  });

  it('holders are named with namespace and workflow', () => {
    const locks = new Locks();
    locks.tryAcquire({ mutex: { name: 'm' } }, { ...request, nodeId: 'wf-1', limitOf: () => 1 });
    locks.tryAcquire(semaphore, { ...request, nodeId: 'wf-2', limitOf: () => 1 });
    expect(locks.statusOf('ns/wf')).toEqual({
      mutex: { holding: [{ mutex: 'ns/Mutex/m', holder: 'ns/wf/wf-1' }] },
      semaphore: { holding: [{ semaphore: 'ns/ConfigMap/cm/k', holders: ['ns/wf/wf-2'] }] },
    });
  });
});

describe('memoization', () => {
  const spec = (memoize: object) => ({ entrypoint: 'main', templates: [{ name: 'main', memoize: { key: 'k', maxAge: '1h', cache: { configMap: { name: 'c' } }, ...memoize }, container: { image: 'busybox', command: ['echo'] } }] });
  const cache = (data: Record<string, string>, labels?: Record<string, string>): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'argo', ...(labels === undefined ? {} : { labels }) }, data });
  const label = { 'workflows.argoproj.io/configmap-type': 'Cache' };
  const inArgo = (object: KubeObject) => ({ configMap: (name: string, namespace?: string) => (name === 'c' && namespace === 'argo' ? object : undefined) });
  const entry = JSON.stringify({ nodeID: 'old', outputs: { result: 'r' }, creationTimestamp: '2025-12-31T23:30:00Z', lastHitTimestamp: '2025-12-31T23:30:00Z' });

  it('reads the cache where the controller lives, and notes that it was of use', () => {
    const { workflow: after, changes } = look(spec({}), inArgo(cache({ k: entry }, label)));
    expect([after.status.phase, after.status.nodes?.['wf']?.memoizationStatus, after.status.nodes?.['wf']?.outputs, changes.saveCaches]).toEqual([
      'Succeeded',
      { hit: true, key: 'k', cacheName: 'c' },
      { result: 'r' },
      [{ configMap: 'c', key: 'k', nodeId: 'wf', hit: JSON.parse(entry) }],
    ]);
  });

  it.each([
    ['without the label', spec({}), cache({}), "memoization configmap doesn't have workflows.argoproj.io/configmap-type label, refusing to use it"],
    ['with another label', spec({}), cache({}, { 'workflows.argoproj.io/configmap-type': 'Parameter' }), "memoization configmap doesn't have label workflows.argoproj.io/configmap-type = Cache, refusing to use it"],
    ['with an entry that is none', spec({}), cache({ k: 'x' }, label), "malformed cache entry: could not unmarshal JSON; unable to parse: invalid character 'x' looking for beginning of value"],
    ['for a bad age', spec({ maxAge: 'zz' }), cache({}, label), 'invalid maxAge: time: invalid duration "zz"'],
  ])('refuses a ConfigMap %s', (_, given, object, message) => {
    expect(look(given, inArgo(object)).workflow.status).toMatchObject({ phase: 'Error', message: `error in entry template execution: ${message}` });
  });
});

describe('small words', () => {
  it('a factor that is no number is an error', () => {
    const attempt: NodeStatus = { id: 'a', name: 'a(0)', displayName: 'a(0)', type: 'Pod', phase: 'Failed', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' };
    expect(() => decideRetry([attempt], { limit: 2, backoff: { duration: '1', factor: 'x' } }, { now: start, shutdown: undefined, deadline: undefined, globals: {} })).toThrow("value 'x' cannot be resolved to an int");
  });

  it('a workflow of another controller is not ours', () => {
    const labelled = (id: string) => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'x', labels: { 'workflows.argoproj.io/controller-instanceid': id } } });
    const plain = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' } };
    const { instanceId } = readConfig({ instanceID: 'mine' });
    expect([isOurs(plain, ''), isOurs(labelled('other'), ''), isOurs(labelled('mine'), instanceId), isOurs(plain, instanceId)]).toEqual([true, false, true, false]);
  });

  it('a label that cannot be worked out, or is none, ends the workflow', () => {
    const ends = (expression: string) => look({ entrypoint: 'w', templates: [{ name: 'w', suspend: {} }], workflowMetadata: { labelsFrom: { l: { expression } } } }).workflow.status.message;
    expect([ends('1+'), ends('"a b"')]).toEqual([
      'Failed to compile function for expression "1+": unexpected token EOF (1:2)\n | 1+\n | .^',
      `invalid label value "a b" for label "l" and expression "\\"a b\\"": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ]);
  });

  it('a patch that Go cannot read is not applied', () => {
    const spec = { entrypoint: 'main', templates: [{ name: 'main', podSpecPatch: '{"containers":[{"name":"main","resources":{"limits":{"cpu":"zz"}}}]}', container: { image: 'busybox', command: ['echo'] } }] };
    expect(look(spec, { parseYaml: (text) => JSON.parse(text) as unknown }).workflow.status.message).toBe('error in entry template execution: Error applying PodSpecPatch');
  });
});
