import { describe, expect, it } from 'vitest';
import { Locks } from '../../../../server/cluster/argo/controller/locks.ts';
import { displayNameOf, nodeIdOf, podNameOf, taskNameOf } from '../../../../server/cluster/argo/controller/names.ts';
import type { Observed } from '../../../../server/cluster/argo/controller/observed.ts';
import { viewPod } from '../../../../server/cluster/argo/controller/pod-outcome.ts';
import { reconcile } from '../../../../server/cluster/argo/controller/reconcile.ts';
import { decideRetry } from '../../../../server/cluster/argo/controller/retries.ts';
import { decodeWorkflow } from '../../../../server/cluster/argo/types/workflow.ts';
import type { NodeStatus, Workflow } from '../../../../server/cluster/argo/types/workflow.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { observedNothing, start } from './observed.ts';

/** A cluster in which every pod ends at once, with the exit code that its node's name is given. */
class World {
  readonly pods = new Map<string, KubeObject>();
  readonly locks = new Locks();
  now = start;
  constructor(
    public workflow: Workflow,
    readonly exitCodes: Record<string, number> = {},
  ) {}

  observed(): Observed {
    return { ...observedNothing(), now: this.now, pods: new Map([...this.pods].map(([id, pod]) => [id, viewPod(pod)])), locks: this.locks };
  }

  step(): ReturnType<typeof reconcile> {
    const result = reconcile(this.workflow, this.observed());
    this.workflow = result.workflow;
    for (const { nodeName, pod } of result.changes.createPods) {
      const id = nodeIdOf(this.workflow.metadata.name, nodeName);
      const exitCode = this.exitCodes[nodeName] ?? 0;
      const time = new Date(this.now).toISOString().replace('.000', '');
      const terminated = (code: number) => ({ terminated: { exitCode: code, reason: code === 0 ? 'Completed' : 'Error', startedAt: time, finishedAt: time } });
      const containerStatuses = [{ name: 'main', state: terminated(exitCode) }, { name: 'wait', state: terminated(0) }];
      this.pods.set(id, { ...pod, status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses } });
    }
    this.now += 1000;
    return result;
  }

  run(): Workflow {
    for (let i = 0; i < 20; i++) {
      const { changed } = this.step();
      if (!changed || this.workflow.metadata.labels?.['workflows.argoproj.io/completed'] === 'true') break;
    }
    return this.workflow;
  }

  tree(): Record<string, string> {
    return Object.fromEntries(Object.values(this.workflow.status.nodes ?? {}).map((node) => [node.name, `${node.type} ${node.phase}${node.message === undefined ? '' : `: ${node.message}`}`]));
  }
}

const echo = { name: 'echo', inputs: { parameters: [{ name: 'm', default: 'x' }] }, container: { image: 'busybox', command: ['echo'], args: ['{{inputs.parameters.m}}'] } };
const workflow = (spec: object, name = 'wf') => decodeWorkflow({ metadata: { name, namespace: 'argo', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' }, spec });

describe('names of nodes and pods', () => {
  it.each([
    ['dag-shxn5', 'dag-shxn5.a', 'echo', 'dag-shxn5-289972251', 'dag-shxn5-echo-289972251'],
    ['exit-handler-plvg7', 'exit-handler-plvg7.a.onExit', 'tidy-up', 'exit-handler-plvg7-3635807335', 'exit-handler-plvg7-tidy-up-3635807335'],
    ['with-items-4qzg9', 'with-items-4qzg9.print-message(0:hello world)', 'echo', 'with-items-4qzg9-465751898', 'with-items-4qzg9-echo-465751898'],
    ['steps-x7k2p', 'steps-x7k2p[0].hello1', 'print-message', 'steps-x7k2p-706336882', 'steps-x7k2p-print-message-706336882'],
    ['hello', 'hello', 'main', 'hello', 'hello'],
  ])('%s has %s', (wf, node, template, id, pod) => {
    expect([nodeIdOf(wf, node), podNameOf(wf, node, template)]).toEqual([id, pod]);
  });

  it('shows a node below its boundary', () => {
    expect([displayNameOf('w[0].a(0)', 'w'), displayNameOf('w[0]', 'w'), displayNameOf('w.a', 'w'), displayNameOf('w', undefined)]).toEqual(['a(0)', '[0]', 'a', 'w']);
  });

  it('finds the step behind a loop and its attempts', () => {
    expect([taskNameOf('w[0].fan-out(0:1)(0)[0]'), taskNameOf('w.a(0:x.y)')]).toEqual(['fan-out', 'a']);
  });
});

describe('a workflow', () => {
  it('runs one container', () => {
    const world = new World(workflow({ entrypoint: 'echo', templates: [echo] }));
    const first = world.step();
    expect(first.changes.createPods.map(({ pod }) => [pod.metadata.name, pod.metadata.labels])).toEqual([
      ['wf', { 'workflows.argoproj.io/workflow': 'wf', 'workflows.argoproj.io/completed': 'false' }],
    ]);
    const done = world.run();
    expect([done.status.phase, done.status.progress, world.tree()]).toEqual(['Succeeded', '1/1', { wf: 'Pod Succeeded' }]);
  });

  it('runs groups of steps in order, and stops at the first that fails', () => {
    const steps = [[{ name: 'a', template: 'echo' }, { name: 'b', template: 'echo' }], [{ name: 'c', template: 'echo' }]];
    const world = new World(workflow({ entrypoint: 'main', templates: [{ name: 'main', steps }, echo] }), { 'wf[0].b': 1 });
    const done = world.run();
    const id = nodeIdOf('wf', 'wf[0].b');
    expect(done.status.message).toBe(`child '${id}' failed`);
    expect(world.tree()).toEqual({
      wf: `Steps Failed: child '${id}' failed`,
      'wf[0]': `StepGroup Failed: child '${id}' failed`,
      'wf[0].a': 'Pod Succeeded',
      'wf[0].b': 'Pod Failed: main: Error (exit code 1)',
    });
  });

  it('skips what its condition forbids, and loops over items', () => {
    const steps = [[{ name: 'a', template: 'echo', when: 'x == y' }], [{ name: 'b', template: 'echo', withItems: ['one', 2], arguments: { parameters: [{ name: 'm', value: '{{item}}' }] } }]];
    const world = new World(workflow({ entrypoint: 'main', templates: [{ name: 'main', steps }, echo] }));
    world.run();
    expect(world.tree()).toEqual({
      wf: 'Steps Succeeded',
      'wf[0]': 'StepGroup Succeeded',
      'wf[0].a': "Skipped Skipped: when 'x == y' evaluated false",
      'wf[1]': 'StepGroup Succeeded',
      'wf[1].b(0:one)': 'Pod Succeeded',
      'wf[1].b(1:2)': 'Pod Succeeded',
    });
  });

  it('runs tasks as their dependencies say, and omits those whose condition fails', () => {
    const tasks = [{ name: 'a', template: 'echo' }, { name: 'b', template: 'echo', depends: 'a.Failed' }, { name: 'c', template: 'echo', depends: 'a' }];
    const world = new World(workflow({ entrypoint: 'main', templates: [{ name: 'main', dag: { tasks } }, echo] }));
    world.run();
    expect(world.tree()).toEqual({ wf: 'DAG Succeeded', 'wf.a': 'Pod Succeeded', 'wf.b': 'Skipped Omitted: omitted: depends condition not met', 'wf.c': 'Pod Succeeded' });
  });

  it('tries again as often as its retry strategy says', () => {
    const world = new World(workflow({ entrypoint: 'echo', templates: [{ ...echo, retryStrategy: { limit: 1 } }] }), { 'wf(0)': 1, 'wf(1)': 1 });
    const done = world.run();
    expect(done.status.message).toBe('No more retries left');
    expect(world.tree()).toEqual({ wf: 'Retry Failed: No more retries left', 'wf(0)': 'Pod Failed: main: Error (exit code 1)', 'wf(1)': 'Pod Failed: main: Error (exit code 1)' });
  });

  it('runs its exit handler whatever has happened', () => {
    const world = new World(workflow({ entrypoint: 'echo', onExit: 'echo', templates: [echo] }), { wf: 2 });
    const done = world.run();
    expect([done.status.phase, done.status.message, world.tree()]).toEqual(['Failed', 'main: Error (exit code 2)', { wf: 'Pod Failed: main: Error (exit code 2)', 'wf.onExit': 'Pod Succeeded' }]);
  });

  it('waits at a suspend template', () => {
    const world = new World(workflow({ entrypoint: 'main', templates: [{ name: 'main', suspend: { duration: '10' } }] }));
    const { changes } = world.step();
    expect([world.tree(), changes.requeueAfter]).toEqual([{ wf: 'Suspend Running' }, 10_001]);
    world.now = start + 11_000;
    world.step();
    expect(world.workflow.status.phase).toBe('Succeeded');
  });

  it('says why its spec is refused, and has no nodes', () => {
    const done = new World(workflow({ entrypoint: 'nope', templates: [echo] })).run();
    expect([done.status.phase, done.status.message, done.status.nodes]).toEqual(['Failed', "invalid spec: template name 'nope' undefined", {}]);
  });

  it('runs no more pods at once than it may', () => {
    const steps = [[{ name: 'a', template: 'echo', withItems: [1, 2, 3] }]];
    const world = new World(workflow({ entrypoint: 'main', parallelism: 2, templates: [{ name: 'main', steps }, echo] }));
    expect(world.step().changes.createPods).toHaveLength(2);
    expect(world.run().status.phase).toBe('Succeeded');
  });

  it('waits for a mutex that another workflow holds', () => {
    const locked = { ...echo, synchronization: { mutex: { name: 'm' } } };
    const one = new World(workflow({ entrypoint: 'echo', templates: [locked] }, 'one'));
    const two = new World(workflow({ entrypoint: 'echo', templates: [locked] }, 'two'));
    Object.assign(two, { locks: one.locks });
    one.step();
    two.step();
    expect(two.tree()).toEqual({ two: 'Pod Pending: Waiting for argo/Mutex/m lock. Lock status: 0/1' });
    const { changes } = one.step();
    expect([...changes.wake]).toEqual(['argo/two']);
    two.step();
    expect(two.tree()).toEqual({ two: 'Pod Pending' });
  });
});

describe('retries', () => {
  const failed = (at: number): NodeStatus => ({ id: 'x', name: 'x', displayName: 'x', type: 'Pod', phase: 'Failed', startedAt: new Date(at).toISOString(), finishedAt: new Date(at + 1000).toISOString() });
  it.each([
    ['waits before the next attempt', { limit: 3, backoff: { duration: '2', factor: 2 } }, 1, { kind: 'wait', until: start + 3000, message: 'Backoff for 2 seconds' }],
    ['waits longer each time', { limit: 3, backoff: { duration: '2', factor: 2 } }, 2, { kind: 'wait', until: start + 5000, message: 'Backoff for 4 seconds' }],
    ['gives up when waiting would take too long', { limit: 3, backoff: { duration: '60', maxDuration: '30' } }, 1, { kind: 'end', phase: 'Failed', message: 'Backoff would exceed max duration limit' }],
    ['heeds its expression', { limit: 3, expression: "lastRetry.exitCode == '2'" }, 1, { kind: 'end', phase: 'Failed', message: 'retryStrategy.expression evaluated to false' }],
    ['goes on without a limit', {}, 9, { kind: 'go-on' }],
    ['leaves failures alone when only errors count', { retryPolicy: 'OnError', limit: 3 }, 1, { kind: 'end', phase: 'Failed', message: '' }],
  ])('%s', (_, strategy, attempts, expected) => {
    expect(decideRetry(Array.from({ length: attempts }, () => failed(start)), strategy, { now: start + 1000, globals: {} })).toEqual(expected);
  });
});
