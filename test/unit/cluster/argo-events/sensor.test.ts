import { describe, expect, it } from 'vitest';
import { Broker, cloudEvent, readCloudEvent, type ArgoEvent, type BusMessage } from '../../../../server/cluster/argo/events/bus/broker.ts';
import { delaysOf, withRetry } from '../../../../server/cluster/argo/events/backoff.ts';
import { sensorProblem } from '../../../../server/cluster/argo/events/controller/validate-sensor.ts';
import { sourceProblem } from '../../../../server/cluster/argo/events/controller/validate-source.ts';
import { conditionOf, meetsCondition, namesIn, showCondition } from '../../../../server/cluster/argo/events/sensor/dependencies.ts';
import { filterEvent } from '../../../../server/cluster/argo/events/sensor/filter.ts';
import { EventHolder } from '../../../../server/cluster/argo/events/sensor/holder.ts';
import { applyParameters, constructPayload } from '../../../../server/cluster/argo/events/sensor/params.ts';
import { RateLimit } from '../../../../server/cluster/argo/events/sensor/rate-limit.ts';
import { resourceOf } from '../../../../server/cluster/argo/events/sensor/trigger.ts';
import { refusedArgument } from '../../../../server/cluster/argo/events/sensor/trigger-workflow.ts';
import { goTimeText, nextTime } from '../../../../server/cluster/argo/events/sources/calendar.ts';
import { DependencyFilter, EventBusSpec, EventSourceSpec, Parameter, SensorSpec } from '../../../../server/cluster/argo/events/types.ts';
import { ZapLogger } from '../../../../server/cluster/argo/events/zap.ts';
import { ManualClock } from '../../../../server/lib/clock.ts';
import type { Json, JsonObject } from '../../../../server/lib/json.ts';

const eventOf = (data: unknown, id = '1', time = '2026-11-23T10:00:00.123Z'): ArgoEvent => ({ context: { id, source: 'webhook', specversion: '1.0', type: 'webhook', datacontenttype: 'application/json', subject: 'example', time }, data: JSON.stringify(data) });

describe("a trigger's condition", () => {
  const dependencies = ['dep-a', 'dep_b', 'c'];

  it.each([
    ['', 'dep-a&&dep_b&&c'],
    ['dep-a || c', 'dep-a||c'],
    ['(dep-a || dep_b) && c', '(dep-a||dep_b)&&c'],
    ['dep-a || dep_b && c', 'dep-a||dep_b&&c'],
  ])('%s is %s', (text, shown) => {
    expect(showCondition(conditionOf(text, dependencies))).toBe(shown);
  });

  it('is met by the right ones', () => {
    const condition = conditionOf('(dep-a || dep_b) && c', dependencies);
    expect(namesIn(condition)).toEqual(dependencies);
    expect([['dep-a'], ['dep-a', 'c'], ['dep-a', 'dep_b'], ['dep_b', 'c']].map((had) => meetsCondition(condition, (name) => had.includes(name)))).toEqual([false, true, false, true]);
  });

  it.each([
    ['dep-x', 'unknown name dep_x (1:1)'],
    ['(dep-a', 'unexpected token EOF, expected ")"'],
    ['dep-a !c', 'unexpected token "!" (1:7)'],
    ['dep-a &&', 'unexpected token EOF'],
    ['('.repeat(500), 'nested too deeply'],
  ])('%s is refused', (text, message) => {
    expect(() => conditionOf(text, dependencies)).toThrow(message);
  });

  it('holds what has come until the rest is there, and begins anew', () => {
    const holder = new EventHolder(conditionOf('dep-a && c', dependencies), false);
    const [a, other, c] = [eventOf(1, 'a'), eventOf(2, 'a2'), eventOf(3, 'c')];
    expect(holder.take('dep-a', a, 0)).toEqual({ kind: 'hold', names: ['dep-a'], ids: ['a'] });
    expect(holder.take('dep-a', a, 1)).toEqual({ kind: 'duplicate' });
    expect(holder.take('dep-a', other, 2)).toEqual({ kind: 'hold', names: ['dep-a'], ids: ['a2'] });
    expect(holder.show()).toBe('map[c:false dep-a:true]');
    expect(holder.take('c', c, 3)).toEqual({ kind: 'fire', events: new Map([['dep-a', other], ['c', c]]) });
    expect(holder.take('c', eventOf(4, 'c2'), 4)).toEqual({ kind: 'hold', names: ['c'], ids: ['c2'] });
    holder.reset();
    expect(holder.show()).toBe('map[c:false dep-a:false]');
  });
});

describe('a filter', () => {
  const event = eventOf({ body: { n: 5, s: 'hello', yes: true } });
  const verdict = (filter: object, operator = '') => filterEvent(event, DependencyFilter.parse(filter), operator);

  it.each([
    [{ data: [{ path: 'body.s', type: 'string', value: ['^hel+o$'] }] }, true],
    [{ data: [{ path: 'body.s', type: 'string', value: ['hello'], comparator: '!=' }] }, false],
    [{ data: [{ path: 'body.n', type: 'number', value: ['4', '6'], comparator: '>' }] }, true],
    [{ data: [{ path: 'body.n', type: 'number', value: ['5'], comparator: '<' }] }, false],
    [{ data: [{ path: 'body.yes', type: 'bool', value: ['true'] }] }, true],
    [{ data: [{ path: 'body.s', type: 'string', value: ['HELLO'], template: '{{ .Input | upper }}' }] }, true],
    [{ exprs: [{ expr: 'n > 4 && s == "hello"', fields: [{ path: 'body.n', name: 'n' }, { path: 'body.s', name: 's' }] }] }, true],
    [{ exprs: [{ expr: 's =~ "bye"', fields: [{ path: 'body.s', name: 's' }] }] }, false],
    [{ context: { type: 'webhook', subject: 'example' } }, true],
    [{ context: { type: 'calendar' } }, false],
    [{ time: { start: '09:00:00', stop: '11:00:00' } }, true],
    [{ time: { start: '11:00:00', stop: '09:00:00' } }, false],
    [{ time: { start: '22:00:00', stop: '10:30:00' } }, true],
    [{ time: { start: '18:00:00', stop: '20:00:00', timezone: 'Asia/Tokyo' } }, true],
    [{ dataLogicalOperator: 'or', data: [{ path: 'body.x', type: 'string', value: ['a'] }, { path: 'body.n', type: 'number', value: ['5'] }] }, true],
  ])('%j', (filter, passed) => {
    expect(verdict(filter)).toEqual({ passed });
  });

  it('says what it could not decide', () => {
    expect(verdict({ data: [{ path: 'body.x', type: 'string', value: ['a'] }] })).toEqual({ passed: false, error: "data filter error (path 'body.x' does not exist)" });
    expect(verdict({ data: [{ path: 'body.n', type: 'number', value: ['five'] }] })).toEqual({ passed: false, error: 'data filter error (strconv.ParseFloat: parsing "five": invalid syntax)' });
    expect(verdict({ exprs: [{ expr: 'n >', fields: [{ path: 'body.n', name: 'n' }] }] })).toEqual({ passed: false, error: 'expr filter error (Unexpected end of expression)' });
    expect(filterEvent(event, DependencyFilter.parse({ script: 'x' }), '', { passed: false, error: 'boom' })).toEqual({ passed: false, error: 'boom' });
  });

  it('passes by any of its parts when told so', () => {
    const filter = { context: { type: 'calendar' }, data: [{ path: 'body.n', type: 'number', value: ['5'] }] };
    expect([verdict(filter), verdict(filter, 'or')]).toEqual([{ passed: false }, { passed: true }]);
  });
});

describe('parameters', () => {
  const events = new Map([['dep', eventOf({ body: { message: 'hi', list: [1, 2], n: 5 } })]]);
  const notices: string[] = [];
  const manifest: Json = { metadata: { name: 'wf-' }, value: 'x' };
  const apply = (...parameters: object[]) => applyParameters(manifest, parameters.map((one) => Parameter.parse(one)), events, (line) => notices.push(line));

  it.each([
    [{ src: { dependencyName: 'dep', dataKey: 'body.message' }, dest: 'value' }, 'hi'],
    [{ src: { dependencyName: 'dep', dataKey: 'body.message' }, dest: 'value', operation: 'append' }, 'xhi'],
    [{ src: { dependencyName: 'dep', dataKey: 'body.message' }, dest: 'value', operation: 'prepend' }, 'hix'],
    [{ src: { dependencyName: 'dep', dataKey: 'body.list' }, dest: 'value' }, '[1,2]'],
    [{ src: { dependencyName: 'dep', dataKey: 'body.list', useRawData: true }, dest: 'value' }, [1, 2]],
    [{ src: { dependencyName: 'dep', dataKey: 'body.n', useRawData: true }, dest: 'value' }, 5],
    [{ src: { dependencyName: 'dep', contextKey: 'type' }, dest: 'value' }, 'webhook'],
    [{ src: { dependencyName: 'dep', contextTemplate: '{{ .Input.time }}' }, dest: 'value' }, '2026-11-23T10:00:00Z'],
    [{ src: { dependencyName: 'dep', dataTemplate: '{{ .Input.body.message }}, {{ .Input.body.n }}' }, dest: 'value' }, 'hi, 5'],
    [{ src: { dependencyName: 'dep', dataKey: 'body.none', value: 'default' }, dest: 'value' }, 'default'],
    [{ src: { dependencyName: 'dep', value: 'constant' }, dest: 'value' }, 'constant'],
    [{ src: { dependencyName: 'absent', dataKey: 'a' }, dest: 'value' }, 'x'],
    [{ src: { dependencyName: 'absent', value: 'instead' }, dest: 'value' }, 'instead'],
  ])('%j', (parameter, value) => {
    expect(apply(parameter)).toEqual({ metadata: { name: 'wf-' }, value });
  });

  it('says where nothing is found', () => {
    expect(() => apply({ src: { dependencyName: 'dep', dataKey: 'body.none' }, dest: 'value' })).toThrow("unable to resolve 'dep' parameter value. err: <nil>");
    expect(notices.at(-1)).toBe('failed to get value by key: key body.none does not exist to in the event payload\n');
  });

  it('make the body of a request', () => {
    const build = (...parameters: object[]) => constructPayload(parameters.map((one) => Parameter.parse(one)), events, () => undefined);
    expect(build({ src: { dependencyName: 'dep', dataKey: 'body.message' }, dest: 'a.b' }, { src: { dependencyName: 'dep', dataKey: 'body.list', useRawData: true }, dest: 'list' })).toBe('{"a":{"b":"hi"},"list":[1,2]}');
    expect(build({ src: { dependencyName: 'dep', dataKey: 'body' }, dest: '' })).toBe('{"message":"hi","list":[1,2],"n":5}');
    expect(build()).toBe('');
  });
});

describe('what an object says that is wrong', () => {
  const spec = (over: object = {}) => SensorSpec.parse({ dependencies: [{ name: 'd', eventSourceName: 's', eventName: 'e' }], triggers: [{ template: { name: 't', log: {} } }], ...over });
  const nats = EventBusSpec.parse({ nats: { native: {} } });
  const twice = [{ name: 'd', eventSourceName: 's', eventName: 'e' }, { name: 'd2', eventSourceName: 's', eventName: 'e' }];

  it.each([
    [{}, undefined],
    [{ dependencies: [] }, { of: 'dependencies', error: 'no event dependencies found' }],
    [{ dependencies: twice }, { of: 'dependencies', error: "event 'e' from EventSource 's' is referenced for more than one dependency in this Sensor object" }],
    [{ dependencies: [{ name: 'd', eventSourceName: 's', eventName: 'e', filters: { context: {} } }] }, { of: 'dependencies', error: 'no fields specified in ctx filter (aka all events will be discarded)' }],
    [{ triggers: [] }, { of: 'triggers', error: 'no triggers found' }],
    [{ triggers: [{ template: { name: 't', k8s: { operation: 'make', source: {} } } }] }, { of: 'triggers', error: 'trigger for template t is invalid, unknown operation type make' }],
    [{ triggers: [{ template: { name: 't', argoWorkflow: { source: {} } } }] }, { of: 'triggers', error: 'template t is invalid, unknown operation type ' }],
    [{ triggers: [{ template: { name: 't', k8s: { source: {}, parameters: [{ src: { dependencyName: 'd' }, dest: '' }] } } }] }, { of: 'triggers', error: "trigger for template t is invalid, resource parameter index: 0. err: parameter destination can't be empty" }],
    [{ triggers: [{ template: { name: 't', log: {} } }, { template: { name: 't', log: {} } }] }, { of: 'triggers', error: 'duplicate trigger name: t' }],
  ])('%j', (over, problem) => {
    expect(sensorProblem(spec(over), nats, 0)).toEqual(problem);
  });

  it('lets JetStream have two dependencies on one event', () => {
    expect(sensorProblem(spec({ dependencies: twice }), EventBusSpec.parse({ jetstream: { version: 'latest' } }), 0)).toBeUndefined();
  });

  it.each<[JsonObject, string | undefined]>([
    [{ webhook: { a: { port: '12000', endpoint: '/a', method: 'POST' } } }, undefined],
    [{ webhook: { a: { port: 'http', endpoint: '/a' } } }, 'failed to parse server port http. err: strconv.Atoi: parsing "http": invalid syntax'],
    [{ calendar: { a: { schedule: '* * * * * *' } } }, 'failed to parse schedule * * * * * * from calendar event. Cause: expected exactly 5 fields, found 6: [* * * * * *]'],
    [{ calendar: { a: { interval: 'soon' } } }, 'failed to parse interval soon from calendar event. Cause: time: invalid duration "soon"'],
    [{ calendar: { a: {} } }, 'must have either schedule or interval'],
    [{ resource: { a: { version: 'v1', resource: 'pods' } } }, 'event types must be specified'],
    [{ minio: { a: { endpoint: 'minio:9000' } } }, "access key can't be empty"],
    [{ webhook: { a: { port: '1', endpoint: '/' } }, calendar: { a: { interval: '1s' } } }, 'more than one "a" found in the spec'],
    [{ webhook: { a: { port: '1', endpoint: '/' } }, calendar: { b: { interval: '1s' } } }, 'event sources with rolling update and recreate update strategy can not be put together'],
  ])('%j', (raw, error) => {
    expect(sourceProblem('s', raw, EventSourceSpec.parse(raw))?.error).toBe(error);
  });
});

describe('the calendar', () => {
  const source = { schedule: '', interval: '', timezone: '', exclusionDates: undefined };
  const at = Date.parse('2026-11-23T10:00:05.250Z');

  it.each([
    [{ schedule: '30 * * * *' }, '2026-11-23T10:30:00.000Z'],
    [{ schedule: '0 8 * * *', timezone: 'America/New_York' }, '2026-11-23T13:00:00.000Z'],
    [{ interval: '10s' }, '2026-11-23T10:00:15.000Z'],
    [{ schedule: '0 0 * * *', exclusionDates: ['EXDATE:20261124T150405Z,20261125T000000Z'] }, '2026-11-26T00:00:00.000Z'],
  ])('%j', (over, next) => {
    expect(new Date(nextTime({ ...source, ...over }, at) ?? 0).toISOString()).toBe(next);
  });

  it('writes times as Go does', () => {
    expect([goTimeText(at), goTimeText(at - 250)]).toEqual(['2026-11-23 10:00:05.25 +0000 UTC', '2026-11-23 10:00:05 +0000 UTC']);
  });
});

describe('the bus', () => {
  const message = (id: string, event = 'e'): BusMessage => ({ source: 's', event, id, at: 0, body: '{}' });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('keeps for a name what comes while nobody is there, and loses it with its last server', async () => {
    const broker = new Broker();
    const down = broker.serve('bus.ns');
    const got: string[] = [];
    const take = ({ id }: BusMessage) => got.push(id);
    broker.publish('bus.ns', message('before anyone'));
    const leave = broker.subscribe('bus.ns', 'sensor', ({ event }) => event === 'e', take);
    broker.publish('bus.ns', message('1'));
    broker.publish('bus.ns', message('of another event', 'f'));
    broker.publish('other.ns', message('of another bus'));
    await settled();
    leave();
    broker.publish('bus.ns', message('2'));
    const leaveAgain = broker.subscribe('bus.ns', 'sensor', () => true, take);
    await settled();
    leaveAgain();
    broker.publish('bus.ns', message('lost'));
    down();
    broker.subscribe('bus.ns', 'sensor', () => true, take);
    await settled();
    expect(got).toEqual(['1', '2']);
  });

  it('has one leader of a group at a time', async () => {
    const broker = new Broker();
    const [first, second] = [new AbortController(), new AbortController()];
    const leads: string[] = [];
    const one = broker.lead('g', first.signal).then((led) => led && leads.push('one'));
    const two = broker.lead('g', second.signal).then((led) => led && leads.push('two'));
    await one;
    expect(leads).toEqual(['one']);
    first.abort();
    await two;
    expect(leads).toEqual(['one', 'two']);
  });

  it('carries CloudEvents with their data as they are', () => {
    const event = { ...eventOf(null), data: '{"9":1.50,"1":"\\"data\\":"}' };
    expect(readCloudEvent(cloudEvent(event.context, event.data))).toEqual(event);
  });
});

describe('retries and limits', () => {
  it('wait as the back-off says', async () => {
    expect(delaysOf({ duration: '2s', factor: 2, jitter: undefined, steps: 4 })).toEqual([2000, 4000, 8000]);
    expect(delaysOf({ duration: 1e9, factor: undefined, jitter: undefined, steps: undefined })).toEqual([1000, 1000, 1000, 1000]);
    const clock = new ManualClock();
    let tries = 0;
    const work = withRetry(clock, new AbortController().signal, { duration: '1s', factor: undefined, jitter: undefined, steps: 2 }, async () => {
      throw new Error(`no ${++tries}`);
    });
    const said = expect(work).rejects.toThrow('failed after retries: no 2');
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1000);
    await said;
  });

  it('let so many through in a time', async () => {
    const clock = new ManualClock(0);
    const limit = new RateLimit({ unit: 'Minute', requestsPerUnit: 2 });
    const signal = new AbortController().signal;
    const times: number[] = [];
    const all = Promise.all([1, 2, 3].map(async () => limit.take(clock, signal).then(() => times.push(clock.now()))));
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(30_000);
    }
    await all;
    expect(times).toEqual([0, 30_000, 60_000]);
  });
});

describe('a trigger', () => {
  it.each([
    ['v1', 'Pod', { group: '', version: 'v1', resource: 'pods' }],
    ['networking.k8s.io/v1', 'NetworkPolicy', { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' }],
    ['networking.k8s.io/v1', 'Ingress', { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' }],
    ['argoproj.io/v1alpha1', 'EventBus', { group: 'argoproj.io', version: 'v1alpha1', resource: 'eventbus' }],
  ])('of %s %s asks for the right resource', (apiVersion, kind, type) => {
    expect(resourceOf({ apiVersion, kind, metadata: { name: '' } })).toEqual(type);
  });

  it("hands no argument to argo that would read this machine's files or leave the cluster", () => {
    expect(refusedArgument(['-p', 'a=b', '--labels=x=y', '--wait'])).toBeUndefined();
    expect([['/etc/passwd'], ['--parameter-file', 'x'], ['-f', 'x'], ['--kubeconfig=/root/.kube/config'], ['--argo-server', 'h:1'], ['https://example.com/wf.yaml']].map(refusedArgument)).toEqual(['/etc/passwd', '--parameter-file', '-f', '--kubeconfig=/root/.kube/config', '--argo-server', 'https://example.com/wf.yaml']);
  });
});

describe('a log line', () => {
  it("is zap's", () => {
    const lines: string[] = [];
    const log = new ZapLogger({ name: 'argo-events', now: () => Date.parse('2026-11-23T10:00:00.120Z'), write: (line) => lines.push(line) }).named('sensor').with(['sensorName', 's']);
    log.info('sensors/listener.go:353', 'Sensor started.');
    log.with(['triggerName', 't']).error('a/b.go:1', 'no', [['error', new Error('why <not>')], ['triggeredBy', ['d']], ['nothing', undefined]]);
    expect(lines).toEqual([
      '{"level":"info","ts":"2026-11-23T10:00:00.12Z","logger":"argo-events.sensor","caller":"sensors/listener.go:353","msg":"Sensor started.","sensorName":"s"}\n',
      '{"level":"error","ts":"2026-11-23T10:00:00.12Z","logger":"argo-events.sensor","caller":"a/b.go:1","msg":"no","sensorName":"s","triggerName":"t","error":"why <not>","triggeredBy":["d"],"nothing":null}\n',
    ]);
  });
});
