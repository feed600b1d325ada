import { describe, expect, it } from 'vitest';
import type { Namespace, Node, Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { misfit, unschedulableMessage } from '../../../../server/cluster/scheduler/fit.ts';
import { Occupied } from '../../../../server/cluster/scheduler/occupied.ts';
import { podMisfit } from '../../../../server/cluster/scheduler/pod-affinity.ts';
import { podRequests } from '../../../../server/cluster/scheduler/requests.ts';

const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'controlplane', labels: { 'kubernetes.io/hostname': 'controlplane' } }, spec: {}, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } } };

function pod(name: string, spec: Partial<Pod['spec']> = {}, labels: Record<string, string> = { app: name }, namespace = 'default'): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec } };
}

/** The scheduler's words for a pod beside others; undefined when it fits. */
function words(one: Pod, others: readonly Pod[] = [], on: Node = node): string | undefined {
  const namespaces = new Map<string, Namespace>(['default', 'other'].map((name) => [name, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name } }, spec: {} }]));
  const found = misfit(one, on, Occupied.by(others)) ?? podMisfit(one, on, { here: others, everywhere: others, namespace: (name) => namespaces.get(name) });
  return found === undefined ? undefined : unschedulableMessage(found, true);
}

const NOT_HELPFUL = 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
const NO_VICTIMS = 'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
const near = (app: string, more: object = {}) => [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } }, ...more }];

describe('a pod that asks for too much', () => {
  it('is told of everything that does not suffice', () => {
    const greedy = pod('greedy', { containers: [{ name: 'main', resources: { requests: { cpu: '3', memory: '7Gi' } } }] });
    const busy = pod('busy', { containers: [{ name: 'main', resources: { requests: { cpu: '2', memory: '2Gi' } } }] });
    expect(words(greedy, [busy])).toBe(`0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${NO_VICTIMS}`);
    expect(words(greedy)).toBeUndefined();
  });

  it('asks for its containers and sidecars together, or for more before them', () => {
    const cpu = (value: string) => ({ resources: { requests: { cpu: value } } });
    expect(podRequests(pod('p', { initContainers: [{ name: 'side', restartPolicy: 'Always', ...cpu('1') }, { name: 'init', ...cpu('4') }], containers: [{ name: 'a', ...cpu('1') }, { name: 'b', ...cpu('500m') }] }))).toEqual({ cpu: 5 });
    expect(podRequests(pod('p', { initContainers: [{ name: 'init', ...cpu('1') }], containers: [{ name: 'a', ...cpu('2') }], overhead: { cpu: '250m' } }))).toEqual({ cpu: 2.25 });
  });

  it('waits for a host port that another one has', () => {
    const port = (hostPort: number, more: object = {}) => ({ containers: [{ name: 'main', ports: [{ containerPort: 80, hostPort, ...more }] }] });
    expect(words(pod('b', port(80)), [pod('a', port(80))])).toBe(`0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${NO_VICTIMS}`);
    expect(words(pod('b', port(80, { protocol: 'UDP' })), [pod('a', port(80))])).toBeUndefined();
    expect(words(pod('b', port(80, { hostIP: '10.0.0.1' })), [pod('a', port(80, { hostIP: '10.0.0.2' }))])).toBeUndefined();
  });
});

describe('a pod that wants the company of others', () => {
  const follower = pod('follower', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('leader') } } });
  const MISSED = `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${NOT_HELPFUL}`;

  it('goes where they are, and waits until then', () => {
    expect([words(follower), words(follower, [pod('leader')]), words(follower, [pod('leader', {}, { app: 'leader' }, 'other')])]).toEqual([MISSED, undefined, MISSED]);
  });

  it('in other namespaces only where it names them', () => {
    const wide = (more: object) => pod('follower', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('leader', more) } } });
    const there = [pod('leader', {}, { app: 'leader' }, 'other')];
    expect([words(wide({ namespaces: ['other'] }), there), words(wide({ namespaceSelector: {} }), there), words(wide({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }), there)]).toEqual([undefined, undefined, MISSED]);
  });

  it('is the first of its own kind without waiting for another', () => {
    expect(words(pod('herd', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('herd') } } }))).toBeUndefined();
  });

  it('finds no place on a node without the label that says where', () => {
    expect(words(pod('f', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('leader', { topologyKey: 'zone' }) } } }), [pod('leader')])).toBe(MISSED);
  });
});

describe('a pod that wants to be apart', () => {
  const loner = pod('loner', { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('loner') } } });

  it('waits while one like it is there', () => {
    expect([words(loner), words(loner, [loner])]).toEqual([undefined, `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. ${NO_VICTIMS}`]);
  });

  it('keeps others away too', () => {
    const shy = pod('shy', { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('guest') } } });
    expect([words(pod('guest'), [shy]), words(pod('friend'), [shy])]).toEqual([`0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${NO_VICTIMS}`, undefined]);
  });

  it('only from those of its own version where it says so', () => {
    const versioned = (version: string) => pod('v', { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('v', { matchLabelKeys: ['version'] }) } } }, { app: 'v', version });
    expect([words(versioned('2'), [versioned('1')]), words(versioned('1'), [versioned('1')])?.includes('anti-affinity')]).toEqual([undefined, true]);
  });
});

describe('a pod that wants to be spread', () => {
  const spread = (more: object = {}) => pod('s', { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 's' } }, ...more }] });

  it('goes to the one node there is, however many are there', () => {
    expect(words(spread(), [spread(), spread()])).toBeUndefined();
  });

  it('but not when it wants more places than there are', () => {
    expect([words(spread({ minDomains: 2 })), words(spread({ minDomains: 2 }), [spread()])]).toEqual([undefined, `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints. ${NO_VICTIMS}`]);
  });

  it('nor where the node has no such label, unless that is only a wish', () => {
    expect([words(spread({ topologyKey: 'zone' })), words(spread({ topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }))]).toEqual([`0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label). ${NOT_HELPFUL}`, undefined]);
  });
});
