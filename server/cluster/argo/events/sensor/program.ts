import { z } from 'zod';
import { whenAborted } from '../../../../lib/abort.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import type { ProgramContext } from '../../../program.ts';
import { DEFAULT_BACKOFF, withRetry } from '../backoff.ts';
import type { Broker } from '../bus/broker.ts';
import { busAddress, BusConnection } from '../bus/connection.ts';
import { lead, readEnvironment } from '../service.ts';
import { type BusConfig, SensorSpec } from '../types.ts';
import { EVENTS_VERSION } from '../version.ts';
import { answerOn } from '../world.ts';
import { failed, type ZapLogger } from '../zap.ts';
import { conditionOf, showCondition, type Condition } from './dependencies.ts';
import { TriggerRunner } from './trigger-runner.ts';

const SensorObject = z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }), spec: z.custom<JsonObject>(isJsonObject) });

/** `argo-events sensor-service`: waits for events and fires triggers. After argo-events v1.9.9 pkg/sensors */
export async function runSensor(context: ProgramContext, root: ZapLogger, broker: Broker): Promise<number> {
  const log: ZapLogger = root.named('sensor');
  const { object, bus } = readEnvironment(context, log, 'SENSOR_OBJECT', SensorObject, { decode: 'failed to decode sensor string', unmarshal: 'failed to unmarshal sensor object', lines: { missing: 32, decode: 36, unmarshal: 40, bus: 51, subject: 64, pod: 69 } });
  const sensor = object.metadata;
  const spec = SensorSpec.parse(object.spec);
  if (bus.nats !== undefined) for (const { atLeastOnce } of spec.triggers ?? []) if (atLeastOnce) log.warn('cmd/start.go:57', 'ignoring atLeastOnce when using NATS');
  const own = log.with(['sensorName', sensor.name]);
  const fired = new Map<string, { worked: number; failed: number }>();
  const stopMetrics = answerOn(context, 7777, () => ({ type: 'text/plain; version=0.0.4; charset=utf-8', body: metricsOf(sensor, fired) }));
  own.info('cmd/start.go:83', 'starting sensor server', [['version', EVENTS_VERSION]]);
  const count = (trigger: string, worked: boolean) => {
    const counts = fired.get(trigger) ?? { worked: 0, failed: 0 };
    fired.set(trigger, worked ? { ...counts, worked: counts.worked + 1 } : { ...counts, failed: counts.failed + 1 });
  };
  try {
    const { kind, topic } = busAddress(bus, sensor.namespace);
    return await lead(context, own, broker, bus, `${sensor.namespace}-sensor-${sensor.name}`, undefined, async () => {
      if (kind === 'kafka') (await withRetry(context.clock, context.signal, DEFAULT_BACKOFF, () => BusConnection.open(context, broker, bus, own))).close();
      const stops: (() => Promise<void>)[] = [];
      const starting = (spec.triggers ?? []).map(async (trigger) => {
        const condition = conditionFor(trigger.template?.name ?? '', trigger.template?.conditions ?? '', spec, own);
        if (condition === undefined) return;
        const runner = new TriggerRunner({ context, broker, bus, kind, sensor, spec, trigger, condition, log: own, count });
        try {
          stops.push(await withRetry(context.clock, context.signal, DEFAULT_BACKOFF, () => runner.start()));
        } catch (error) {
          if (context.signal.aborted) return;
          own.with(['triggerName', trigger.template?.name ?? '']).fatal('sensors/listener.go:169', 'failed to connect to event bus', [failed(error)]);
        }
      });
      own.info('sensors/listener.go:353', 'Sensor started.');
      if (kind === 'kafka') own.info('sensor/kafka_sensor.go:223', 'Consuming', [['topics', [topic, `${topic}-${sensor.name}-trigger`, `${topic}-${sensor.name}-action`]], ['group', groupOf(bus, sensor)]]);
      try {
        // A trigger that cannot subscribe ends the sensor; the kubelet starts it again.
        await Promise.race([whenAborted(context.signal), Promise.all(starting).then(() => whenAborted(context.signal))]);
        own.info('sensors/listener.go:355', 'Shutting down...');
      } finally {
        await Promise.all(stops.map((stop) => stop()));
      }
      return 0;
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'Fatal') throw error;
    return own.fatal('cmd/start.go:86', 'failed to listen to events', [failed(error)]);
  } finally {
    stopMetrics();
  }
}

function groupOf({ kafka }: BusConfig, { name, namespace }: { name: string; namespace: string }): string {
  const group = isJsonObject(kafka?.['consumerGroup']) ? kafka['consumerGroup']['groupName'] : undefined;
  return typeof group === 'string' && group !== '' ? group : `${namespace}-${name}`;
}

function conditionFor(trigger: string, conditions: string, spec: SensorSpec, log: ZapLogger): Condition | undefined {
  try {
    const condition = conditionOf(conditions, (spec.dependencies ?? []).map(({ name }) => name));
    log.info('sensors/listener.go:505', `Dependency expression for trigger ${trigger}: ${showCondition(condition)}`);
    return condition;
  } catch (error) {
    log.error('sensors/listener.go:468', 'Failed to compile original dependency expression', [failed(error)]);
    log.with(['triggerName', trigger]).error('sensors/listener.go:135', 'failed to get dependency expression', [failed(error)]);
    return undefined;
  }
}

function metricsOf({ name, namespace }: { name: string; namespace: string }, fired: ReadonlyMap<string, { worked: number; failed: number }>): string {
  const line = (metric: string, trigger: string, count: number) => `${metric}{namespace="${namespace}",sensor_name="${name}",trigger_name="${trigger}"} ${count}\n`;
  const of = (metric: string, help: string, count: (counts: { worked: number; failed: number }) => number) => `# HELP ${metric} ${help}\n# TYPE ${metric} counter\n${[...fired].map(([trigger, counts]) => line(metric, trigger, count(counts))).join('')}`;
  return of('argo_events_action_triggered_total', 'How many actions have been triggered successfully.', ({ worked }) => worked) + of('argo_events_action_failed_total', 'How many actions failed.', ({ failed: count }) => count);
}
