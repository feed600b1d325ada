import { describe, expect, it } from 'vitest';
import { CustomMetrics, type MetricSpec } from '../../../../server/cluster/argo/controller/custom-metrics.ts';
import { expandLoop } from '../../../../server/cluster/argo/controller/loops.ts';
import { Throttler } from '../../../../server/cluster/argo/controller/throttler.ts';
import { mayRun } from '../../../../server/cluster/argo/cron/cron.ts';
import { argoExprEnv, evalExpr, toPlainJson } from '../../../../server/cluster/argo/expressions/index.ts';
import { decodeCronWorkflow, decodeInvocation } from '../../../../server/cluster/argo/types/workflow.ts';
import { ManualClock, ShiftableClock } from '../../../../server/lib/clock.ts';
import { readYamlDocuments } from '../../../../server/lib/yaml.ts';

describe('workflows beside one another', () => {
  it('run as many as the limit lets, the higher priority first, then the older', () => {
    const throttler = new Throttler({ total: () => 1, namespace: () => 0 });
    expect([throttler.admit('n/a', 0, 1), throttler.admit('n/b', 0, 2), throttler.admit('n/c', 5, 3)]).toEqual([true, false, false]);
    expect(throttler.remove('n/a')).toEqual(['n/c', 'n/b']);
    expect([throttler.admit('n/b', 0, 2), throttler.admit('n/c', 5, 3)]).toEqual([false, true]);
  });

  it('of one namespace do not hold up another', () => {
    const throttler = new Throttler({ total: () => 0, namespace: (name) => (name === 'small' ? 1 : 0) });
    expect([throttler.admit('small/a', 0, 1), throttler.admit('small/b', 0, 2), throttler.admit('big/c', 0, 3)]).toEqual([true, false, true]);
  });

  it('that have begun before go on', () => {
    const throttler = new Throttler({ total: () => 1, namespace: () => 0 });
    throttler.resume('n/a');
    throttler.resume('n/b');
    expect([throttler.admit('n/a', 0, 1), throttler.admit('n/b', 0, 1), throttler.admit('n/c', 0, 1)]).toEqual([true, true, false]);
  });
});

describe('custom metrics', () => {
  const spec = (over: Partial<MetricSpec>): MetricSpec => ({ name: 'm', help: 'a metric', labels: [{ key: 'who', value: 'me' }], kind: 'counter', operation: 'Set', buckets: [], ...over });

  it('are printed as Prometheus reads them', () => {
    const metrics = new CustomMetrics();
    metrics.emit(spec({}), 1, 'w');
    metrics.emit(spec({}), 2, 'w');
    metrics.emit(spec({ name: 'g', kind: 'gauge', operation: 'Sub' }), 2.5, 'w');
    metrics.emit(spec({ name: 'h', kind: 'histogram', labels: [], buckets: [1, 10] }), 4, 'w');
    expect(metrics.print()).toBe(`# HELP argo_workflows_g a metric
# TYPE argo_workflows_g gauge
argo_workflows_g{who="me"} -2.5
# HELP argo_workflows_h a metric
# TYPE argo_workflows_h histogram
argo_workflows_h_bucket{le="1"} 0
argo_workflows_h_bucket{le="10"} 1
argo_workflows_h_bucket{le="+Inf"} 1
argo_workflows_h_sum 4
argo_workflows_h_count 1
# HELP argo_workflows_m a metric
# TYPE argo_workflows_m counter
argo_workflows_m{who="me"} 3
`);
  });

  it('in real time stand still once their workflow is over', () => {
    const metrics = new CustomMetrics();
    let now = 1;
    metrics.emit(spec({ kind: 'gauge', labels: [] }), () => now, 'w');
    now = 2;
    metrics.complete('w');
    now = 3;
    expect(metrics.print()).toContain('argo_workflows_m 2\n');
  });

  it('keep their kind and their help', () => {
    const metrics = new CustomMetrics();
    metrics.emit(spec({}), 1, 'w');
    expect([metrics.problem(spec({})), metrics.problem(spec({ help: 'other' })), metrics.problem(spec({ kind: 'gauge' })), metrics.problem(spec({ name: 'a-b' }))]).toEqual([
      undefined,
      'Help for metric m is already set to a metric, it cannot be changed',
      'Found existing counter for custom metric m of type Gauge',
      "metric name is invalid: names may only contain alphanumeric characters or '_'",
    ]);
  });
});

describe('the condition of a cron workflow', () => {
  const cron = (when: string, lastScheduledTime: string | null = null) => decodeCronWorkflow({ metadata: { name: 'c', namespace: 'n' }, spec: { schedule: '* * * * *', workflowSpec: {}, when }, status: { active: [], conditions: [], failed: 2, succeeded: 1, phase: 'Active', lastScheduledTime } });

  it.each([
    ['', null, true],
    ['{{= cronworkflow.lastScheduledTime == nil }}', null, true],
    ['{{= cronworkflow.lastScheduledTime == nil || (now() - cronworkflow.lastScheduledTime).Seconds() > 30 }}', '2020-01-01T00:00:00Z', true],
    ['{{= cronworkflow.failed > 2 }}', null, false],
    ['{{cronworkflow.succeeded}} == 1', null, true],
  ])('%j after %s is %s', (when, last, expected) => {
    expect(mayRun(cron(when, last))).toBe(expected);
  });

  it('may be wrong', () => {
    expect(() => mayRun(cron('{{cronworkflow.nothing}}'))).toThrow('failed to resolve {{cronworkflow.nothing}}');
  });
});

describe('functions of expressions', () => {
  it.each([
    ['(date("2020-01-02T00:00:00Z") - date("2020-01-01T00:00:00Z")).Hours()', 24],
    ['date("2020-02-03").Format("02.01.2006")', '03.02.2020'],
    ['date("2020-12-31").YearDay()', 366],
    ['duration("90s").Minutes()', 1.5],
    ['sprig.semverCompare("^1.2.0", "1.9.3")', true],
    ['sprig.semverCompare("^0.2.3", "0.3.0")', false],
    ['sprig.semverCompare(">=1.0, <2", "2.0.0")', false],
    ['sprig.semverCompare("~1.2", "1.2.9")', true],
    ['sprig.semverCompare("1.x", "1.7.0")', true],
    ['sprig.semverCompare(">1.0.0", "1.1.0-rc.1")', false],
    ['sprig.b32enc("hi")', 'NBUQ===='],
    ['sprig.b32dec(sprig.b32enc("hällo"))', 'hällo'],
    ['sprig.adler32sum("Wikipedia")', '300286872'],
    ['sprig.decryptAES("key", sprig.encryptAES("key", "text"))', 'text'],
    ['sprig.swapcase("aB")', 'Ab'],
    ['len(sprig.randAlphaNum(7))', 7],
    ['sprig.urlParse("http://me@host:80/p?q=1").path', '/p'],
    ['sprig.mustRegexMatch("^a+$", "aaa")', true],
    ['sprig.durationRound("2h10m5s")', '2h'],
  ])('%s is %j', (source, expected) => {
    expect(toPlainJson(evalExpr(source, argoExprEnv({})))).toEqual(expected);
  });
});

describe('an expression that would take forever', () => {
  it.each([
    ['count(1..9999, count(1..9999, true) > 0)', 'memory budget exceeded'],
    ['reduce(1..3000, #acc + reduce(1..3000, #acc + #, 0), 0)', 'memory budget exceeded'],
    ['sprig.until(100000000)', 'memory budget exceeded'],
    ['(repeat("a", 40) + "b") matches "^(a+)+$"', 'the regular expression takes too long'],
  ])('%s is given up', (source, message) => {
    expect(() => evalExpr(source, argoExprEnv({}))).toThrow(message);
  });

  it('is no other that repeats a group', () => {
    expect(['"abcabc" matches "^(abc)+$"', 'sprig.regexReplaceAll("(a)+", "baab", "x")', 'sprig.regexSplit("(,)+", "a,,b,c", 2)'].map((source) => evalExpr(source, argoExprEnv({})))).toEqual([true, 'bxb', ['a', 'b,c']]);
  });
});

describe('a loop with more members than any workflow could keep', () => {
  const expand = (loop: object) => expandLoop('WorkflowStep', decodeInvocation({ name: 'a', template: 'b', ...loop }), decodeInvocation, {});

  it.each([
    [{ withSequence: { count: '1000000000' } }, 'withSequence would make 1000000000 members, more than the 20000 that this cluster makes'],
    [{ withParam: JSON.stringify(Array.from({ length: 20_001 }, (_, i) => i)) }, 'withParam would make 20001 members, more than the 20000 that this cluster makes'],
  ])('is refused', (loop, message) => {
    expect(() => expand(loop)).toThrow(message);
  });

  it('is no other', () => {
    expect(expand({ withSequence: { start: '3', end: '1', format: 'n%02d' } }).map(({ name }) => name)).toEqual(['a(0:n03)', 'a(1:n02)', 'a(2:n01)']);
  });
});

describe('a clock that is moved forward', () => {
  it('makes happen what is due by then, in order, and the rest later', () => {
    const base = new ManualClock(0);
    const clock = new ShiftableClock(base);
    const happened: string[] = [];
    clock.after(2000, () => happened.push('two'));
    clock.after(1000, () => happened.push('one'));
    clock.after(5000, () => happened.push('five'));
    const stop = clock.every(3000, () => happened.push('tick'));
    clock.advance(3000);
    expect([happened, clock.now()]).toEqual([['one', 'two', 'tick'], 3000]);
    base.advance(2000);
    expect(happened).toEqual(['one', 'two', 'tick', 'five']);
    stop();
    clock.advance(60_000);
    expect(happened).toEqual(['one', 'two', 'tick', 'five']);
    expect(() => clock.advance(-1)).toThrow('a clock only goes forward');
  });
});

describe('YAML as Go reads it', () => {
  it('lets quoted texts and brackets end at the indentation of their key', () => {
    const text = 'a:\n  args: ["\n    echo 1 &&\n    echo 2\n  "]\n  list: [\n    x\n  ]\n';
    const [document] = readYamlDocuments(text);
    expect([document?.errors, document?.toJS()]).toEqual([[], { a: { args: [' echo 1 && echo 2 '], list: ['x'] } }]);
  });

  it('keeps other errors', () => {
    expect(readYamlDocuments('a: [1')[0]?.errors.length).toBeGreaterThan(0);
  });
});
