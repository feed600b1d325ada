import { argoExprEnv, evalBool } from '../expressions/index.ts';
import type { Holder, TemplateContext } from '../types/resolve.ts';
import { isPodType } from '../types/template.ts';
import type { Arguments, NodeStatus, RetryStrategy, Template } from '../types/workflow.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import { emitMetrics } from './emit-metrics.ts';
import { podNameOf } from './names.ts';
import { isFailed, isFulfilled, isOver } from './nodes.ts';
import { mustDurationOf } from './durations.ts';
import type { ExecuteOptions } from './observed.ts';
import type { Operation } from './operation.ts';

interface RetryRequest {
  nodeName: string;
  scope: string;
  template: Template;
  holder: Holder & { name?: string };
  context: TemplateContext;
  outer: TemplateContext;
  args: Arguments;
  options: ExecuteOptions;
  strategy: RetryStrategy;
}

/** What to do about a template that has had some attempts. */
export type RetryDecision =
  | { kind: 'go-on'; deadline?: number }
  | { kind: 'wait'; until: number; message: string }
  | { kind: 'end'; phase: NodeStatus['phase']; message?: string };

const seconds = (node: NodeStatus): number => (node.finishedAt === null || node.startedAt === null ? 0 : (Date.parse(node.finishedAt) - Date.parse(node.startedAt)) / 1000);

/** Decides after the last attempt. Throws an Error for a strategy that makes no sense. After argo-workflows v3.7.6 workflow/controller/operator.go processNodeRetries */
export function decideRetry(attempts: readonly NodeStatus[], strategy: RetryStrategy, at: { now: number; shutdown?: string | undefined; deadline?: number | undefined; globals: Record<string, string> }): RetryDecision {
  const last = attempts.at(-1);
  const first = attempts[0];
  if (last === undefined || first === undefined || !isOver(last)) return { kind: 'go-on' };
  if (!isFailed(last)) return { kind: 'end', phase: 'Succeeded' };
  if (at.shutdown !== undefined) return { kind: 'end', phase: last.phase, message: `Stopped with strategy '${at.shutdown}'` };
  if (at.deadline !== undefined && at.now > at.deadline) return { kind: 'end', phase: last.phase, message: `retry exceeded workflow deadline ${rfc3339(at.deadline).replace('T', ' ').replace('Z', ' +0000 UTC')}` };
  const limit = limitOf(strategy);
  let maxEnd: number | undefined;
  if (strategy.backoff !== undefined) {
    const backoff = strategy.backoff;
    if ((backoff.maxDuration ?? '') !== '') {
      maxEnd = Date.parse(first.startedAt ?? '') + mustDurationOf(backoff.maxDuration ?? '');
      if (at.now > maxEnd) return { kind: 'end', phase: last.phase, message: 'Max duration limit exceeded' };
    }
    if ((backoff.duration ?? '') === '') throw new Error('no base duration specified for retryStrategy');
    const wait = backoffOf(strategy, attempts.length);
    const until = Date.parse(last.finishedAt ?? '') + wait;
    if (maxEnd !== undefined && until > maxEnd) return { kind: 'end', phase: last.phase, message: 'Backoff would exceed max duration limit' };
    if (at.now < until && strategy.limit !== undefined && attempts.length <= (limit ?? 0)) return { kind: 'wait', until, message: `Backoff for ${humanDuration(wait)}` };
  }
  const policy = strategy.retryPolicy ?? '';
  const actual = policy !== '' ? policy : (strategy.expression ?? '') === '' ? 'OnFailure' : 'Always';
  const transient = actual === 'OnTransientError' && isTransient(last.message ?? '');
  if (!['Always', 'OnError', 'OnFailure', 'OnTransientError'].includes(actual)) throw new Error(`${actual} is not a valid RetryPolicy`);
  const onFailed = actual === 'Always' || actual === 'OnFailure' || transient;
  const onError = actual === 'Always' || actual === 'OnError' || transient;
  const same = (): RetryDecision => ({ kind: 'end', phase: last.phase, message: last.message ?? '' });
  if ((last.phase === 'Failed' && !onFailed) || (last.phase === 'Error' && !onError)) return same();
  if (limit !== undefined && attempts.length > limit) return { kind: 'end', phase: last.phase, message: 'No more retries left' };
  if ((strategy.expression ?? '') !== '') {
    const scope = {
      retries: String(attempts.length - 1),
      'lastRetry.exitCode': last.outputs?.exitCode ?? '-1',
      'lastRetry.status': last.phase,
      'lastRetry.duration': String(seconds(last)),
      'lastRetry.message': last.message ?? '',
    };
    if (!evalBool(strategy.expression ?? '', argoExprEnv(scope))) return { kind: 'end', phase: last.phase, message: 'retryStrategy.expression evaluated to false' };
  }
  return maxEnd === undefined ? { kind: 'go-on' } : { kind: 'go-on', deadline: maxEnd };
}

const limitOf = (strategy: RetryStrategy): number | undefined => (strategy.limit === undefined ? undefined : int32(strategy.limit));

/** After argo-workflows v3.7.6 util/intstr */
function int32(value: number | string): number {
  if (!/^[+-]?\d+$/.test(String(value))) throw new Error(`value '${String(value)}' cannot be resolved to an int`);
  return Number(value);
}

function backoffOf(strategy: RetryStrategy, attempts: number): number {
  const { duration = '', factor, cap } = strategy.backoff ?? {};
  let wait = mustDurationOf(duration);
  const by = factor === undefined ? 0 : int32(factor);
  if (by > 0) wait *= by ** (attempts - 1);
  return (cap ?? '') === '' ? wait : Math.min(wait, mustDurationOf(cap ?? ''));
}

/** `2 seconds`, `1 minute 5 seconds`, `3 hours`. */
function humanDuration(ms: number): string {
  const units: [string, number][] = [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]];
  let left = Math.floor(ms / 1000);
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return parts.length === 0 ? '0 seconds' : parts.slice(0, 2).join(' ');
}

/** After argo-workflows v3.7.6 util/errors/errors.go */
function isTransient(message: string): boolean {
  return ['net/http: TLS handshake timeout', 'i/o timeout', 'connection timed out', 'connection reset by peer', 'exceeded quota', 'Too many requests', 'etcdserver'].some((part) => message.includes(part));
}

/** Carries out a template with a retry strategy: a Retry node with an attempt for each try. */
export function executeRetry(op: Operation, request: RetryRequest): NodeStatus | undefined {
  const { nodeName, scope, template, holder, options, strategy } = request;
  const parent = op.nodes.named(nodeName) ?? op.initExecutable(nodeName, 'Retry', scope, template, holder, 'Running', options);
  if (parent.phase === 'Pending') op.mark(parent, 'Running');
  for (;;) {
    const attempts = op.nodes.attempts(parent);
    const last = attempts.at(-1);
    if (isOver(parent)) return finish(op, parent, last, template);
    if (last?.daemoned === true) parent.daemoned = true;
    let decision: RetryDecision;
    try {
      decision = decideRetry(attempts, strategy, { now: op.now, shutdown: op.shutdown, deadline: op.deadline, globals: op.globals });
    } catch (error) {
      op.markError(parent, error);
      throw error;
    }
    if (decision.kind === 'wait') {
      op.requeueAt(decision.until + 1);
      return op.mark(parent, parent.phase, decision.message);
    }
    if (decision.kind === 'end') {
      op.mark(parent, decision.phase, decision.message);
      return finish(op, parent, last, template);
    }
    if (last !== undefined && isOver(last)) emitMetrics(op, template.metrics, last, false);
    if (strategy.backoff !== undefined && last !== undefined && isOver(last)) delete parent.message;
    const fresh = last === undefined || isOver(last);
    const number = fresh ? attempts.length : attempts.length - 1;
    const name = fresh ? `${nodeName}(${number})` : last.name;
    const locals: Record<string, string> = {
      retries: String(number),
      'lastRetry.exitCode': last?.outputs?.exitCode ?? '0',
      'lastRetry.duration': last === undefined ? '0' : String(seconds(last)),
      'lastRetry.status': last?.phase ?? '',
      'lastRetry.message': last?.message ?? '',
    };
    if (isPodType(template)) locals['pod.name'] = podNameOf(op.workflow.metadata.name, name, template.name ?? '');
    const attempt = op.substituteLocals(template, locals);
    const inner: ExecuteOptions = { ...options, nodeFlag: { ...options.nodeFlag, retried: true }, ...(decision.deadline === undefined ? {} : { executionDeadline: decision.deadline }) };
    const node = op.executeOnce(name, scope, attempt, holder, request.context, inner);
    if (op.nodes.named(name) !== undefined) op.nodes.link(nodeName, name);
    if (node === undefined) return parent;
    if (!isOver(node)) {
      if (node.daemoned === true) {
        op.mark(parent, node.phase);
        parent.daemoned = true;
      }
      return parent;
    }
    // An attempt that ended at once is judged at once.
    if (!fresh && !isFulfilled(node)) return parent;
  }
}

function finish(op: Operation, parent: NodeStatus, last: NodeStatus | undefined, template: Template): NodeStatus {
  if (last?.outputs !== undefined) parent.outputs = structuredClone(last.outputs);
  op.release(parent.id, template);
  return parent;
}
