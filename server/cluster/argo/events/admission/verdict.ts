import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { busProblem } from '../controller/install-bus.ts';
import { sensorProblem } from '../controller/validate-sensor.ts';
import { sourceProblem } from '../controller/validate-source.ts';
import { EventBusSpec, EventSourceSpec, problemOf, SensorSpec } from '../types.ts';

// After argo-events v1.9.9 pkg/webhook/validator

const Reviewed = z.object({ metadata: z.looseObject({ name: z.string().optional(), namespace: z.string().optional(), generation: z.number().optional() }), spec: z.record(z.string(), z.json()).nullish() });
type Reviewed = z.infer<typeof Reviewed>;

export interface Asked {
  kind: string;
  /** `argoproj.io/v1alpha1, Kind=Sensor`. */
  shownKind: string;
  operation: string;
  object: unknown;
  oldObject: unknown;
  now: number;
  /** The spec of an EventBus; rejects when it can't be had. */
  bus(namespace: string, name: string): Promise<unknown>;
}

/** Why an object is not let in; undefined when it is. */
export async function refusalOf(asked: Asked): Promise<string | undefined> {
  const { kind, operation } = asked;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
  const judge = JUDGES[kind];
  if (judge === undefined) return `failed to get a validator: unrecognized GVK ${asked.shownKind}`;
  const now = Reviewed.safeParse(asked.object);
  const before = operation === 'UPDATE' ? Reviewed.safeParse(asked.oldObject) : undefined;
  if (!now.success || before?.success === false) return `failed to get a validator: ${problemOf(now.error ?? before?.error)}`;
  // A status alone.
  if (before !== undefined && (before.data.metadata.generation ?? 0) === (now.data.metadata.generation ?? 0)) return undefined;
  return (await judge(now.data, asked)) ?? (kind === 'EventBus' && before !== undefined ? busChange(before.data, now.data) : undefined);
}

const specOf = ({ spec }: Reviewed): JsonObject => (isJsonObject(spec) ? spec : {});

const JUDGES: Readonly<Record<string, (object: Reviewed, asked: Asked) => Promise<string | undefined> | string | undefined>> = {
  EventBus(object) {
    const read = EventBusSpec.safeParse(specOf(object));
    const problem = read.success ? busProblem(read.data) : problemOf(read.error);
    return problem === undefined ? undefined : `invalid EventBus: ${problem}`;
  },
  EventSource(object) {
    const raw = specOf(object);
    const read = EventSourceSpec.safeParse(raw);
    const problem = read.success ? sourceProblem(object.metadata.name ?? '', raw, read.data)?.error : problemOf(read.error);
    return problem === undefined ? undefined : `invalid EventSource: ${problem}`;
  },
  async Sensor(object, { bus, now }) {
    const read = SensorSpec.safeParse(specOf(object));
    if (!read.success) return `failed to get a validator: ${problemOf(read.error)}`;
    const given = specOf(object)['eventBusName'];
    const name = typeof given === 'string' && given !== '' ? given : 'default';
    let spec: unknown;
    try {
      spec = await bus(object.metadata.namespace ?? '', name);
    } catch (error) {
      return `failed to get EventBus eventBusName=${name}; err=${error instanceof Error ? error.message : String(error)}`;
    }
    const problem = sensorProblem(read.data, EventBusSpec.safeParse(spec).data ?? EventBusSpec.parse({}), now);
    return problem === undefined ? undefined : `invalid Sensor: ${problem.error}`;
  },
};

/** What of a bus can't become something else. */
function busChange(before: Reviewed, now: Reviewed): string | undefined {
  const [old, next] = [EventBusSpec.parse(specOf(before)), EventBusSpec.parse(specOf(now))];
  const another = 'Can not change event bus implementation';
  if (next.nats !== undefined) {
    if (old.nats === undefined) return another;
    for (const [form, other] of [['native', 'exotic'], ['exotic', 'native']] as const) {
      if (next.nats[form] === undefined) continue;
      if (old.nats[form] === undefined) return `Can not change NATS event bus implementation from ${other} to ${form}`;
      return authOf(before, form) === authOf(now, form) ? undefined : `"spec.nats.${form}.auth" is immutable, can not be updated`;
    }
    return undefined;
  }
  if (next.jetstream !== undefined) {
    if (old.jetstream === undefined) return another;
    const [was, is] = [old.jetstream.streamConfig, next.jetstream.streamConfig];
    if (was === is) return undefined;
    const fixed = '"spec.jetstream.streamConfig" is immutable, can not be updated';
    return was === undefined || is === undefined ? fixed : `${fixed}, old value='${was}', new value='${is}'`;
  }
  return next.jetstreamExotic !== undefined && old.jetstreamExotic === undefined ? another : undefined;
}

/** None is `none`. */
function authOf(object: Reviewed, form: 'native' | 'exotic'): unknown {
  const { nats } = specOf(object);
  const part = isJsonObject(nats) ? nats[form] : undefined;
  return (isJsonObject(part) ? part['auth'] : undefined) ?? 'none';
}
