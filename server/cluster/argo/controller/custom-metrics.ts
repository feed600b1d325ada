/** A metric as a template or a workflow declares it, its texts filled in. */
export interface MetricSpec {
  name: string;
  help: string;
  labels: { key: string; value: string }[];
  kind: 'counter' | 'gauge' | 'histogram';
  /** Gauges: what to do with the value. */
  operation: 'Set' | 'Add' | 'Sub';
  buckets: number[];
}

interface Series {
  labels: MetricSpec['labels'];
  value: number;
  counts: number[];
  count: number;
  /** What a real-time metric shows now. */
  now: (() => number) | undefined;
  owner: string;
}

interface Metric {
  help: string;
  kind: MetricSpec['kind'];
  buckets: number[];
  series: Map<string, Series>;
}

const PREFIX = 'argo_workflows_';
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The custom metrics of all workflows of a controller. After argo-workflows v3.7.6 workflow/metrics/metrics_custom.go */
export class CustomMetrics {
  readonly #metrics = new Map<string, Metric>();

  /** Why a metric may not be emitted like this; undefined when it may. */
  problem(spec: MetricSpec): string | undefined {
    if (!NAME.test(spec.name)) return 'metric name is invalid: names may only contain alphanumeric characters or \'_\'';
    const known = this.#metrics.get(spec.name);
    if (known === undefined) return undefined;
    if (known.help !== spec.help) return `Help for metric ${spec.name} is already set to ${known.help}, it cannot be changed`;
    const type = { counter: 'Counter', gauge: 'Gauge', histogram: 'Histogram' }[spec.kind];
    return known.kind === spec.kind ? undefined : `Found existing ${known.kind} for custom metric ${spec.name} of type ${type}`;
  }

  /** Adds to a metric; `value` is a function for one that is shown in real time, until its owner is over. */
  emit(spec: MetricSpec, value: number | (() => number), owner: string): void {
    const metric = this.#metrics.get(spec.name) ?? { help: spec.help, kind: spec.kind, buckets: spec.buckets, series: new Map<string, Series>() };
    this.#metrics.set(spec.name, metric);
    const key = spec.labels.map(({ key: name, value: text }) => `${name}=${text}`).join(',');
    const series = metric.series.get(key) ?? { labels: spec.labels, value: 0, counts: metric.buckets.map(() => 0), count: 0, now: undefined, owner };
    metric.series.set(key, series);
    if (typeof value === 'function') {
      series.now = value;
      series.owner = owner;
      return;
    }
    if (spec.kind === 'histogram') {
      series.value += value;
      series.count++;
      metric.buckets.forEach((bound, i) => {
        if (value <= bound) series.counts[i] = (series.counts[i] ?? 0) + 1;
      });
    } else if (spec.kind === 'counter' || spec.operation === 'Add') series.value += value;
    else series.value = spec.operation === 'Sub' ? series.value - value : value;
  }

  /** A workflow is over: what it showed in real time stands still. */
  complete(owner: string): void {
    for (const metric of this.#metrics.values()) {
      for (const series of metric.series.values()) {
        if (series.owner !== owner || series.now === undefined) continue;
        series.value = series.now();
        series.now = undefined;
      }
    }
  }

  /** In Prometheus' text format. */
  print(): string {
    return [...this.#metrics]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, metric]) => printMetric(`${PREFIX}${name}`, metric))
      .join('');
  }
}

function printMetric(name: string, { help, kind, buckets, series }: Metric): string {
  const lines = [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${kind}`];
  for (const one of series.values()) {
    if (kind !== 'histogram') lines.push(`${name}${printLabels(one.labels)} ${printNumber(one.now?.() ?? one.value)}`);
    else {
      buckets.forEach((bound, i) => lines.push(`${name}_bucket${printLabels([...one.labels, { key: 'le', value: printNumber(bound) }])} ${one.counts[i] ?? 0}`));
      lines.push(`${name}_bucket${printLabels([...one.labels, { key: 'le', value: '+Inf' }])} ${one.count}`, `${name}_sum${printLabels(one.labels)} ${printNumber(one.value)}`, `${name}_count${printLabels(one.labels)} ${one.count}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Labels in braces, sorted; nothing when there are none. */
export function printLabels(labels: readonly { key: string; value: string }[]): string {
  if (labels.length === 0) return '';
  const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
  return `{${[...labels].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ key, value }) => `${key}=${quoted(value)}`).join(',')}}`;
}

/** As Go's 'g' format: plain up to 21 digits, else with an exponent. */
export const printNumber = (value: number): string => (Number.isFinite(value) ? String(value).replace(/e\+?(-?)(\d)$/, 'e$1' + '0$2') : value > 0 ? '+Inf' : Number.isNaN(value) ? 'NaN' : '-Inf');
