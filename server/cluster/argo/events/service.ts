import { z } from 'zod';
import type { ProgramContext } from '../../program.ts';
import { BusConfig, problemOf } from './types.ts';
import { leadByLease } from './lease.ts';
import type { Broker } from './bus/broker.ts';
import type { ZapLogger } from './zap.ts';

interface Words {
  decode: string;
  unmarshal: string;
  /** Lines of cmd/start.go. */
  lines: { missing: number; decode: number; unmarshal: number; bus: number; subject: number; pod: number };
}

/** What the controller put into the environment of an event source's or sensor's pod. Ends the program where it is not there. */
export function readEnvironment<T>({ env }: ProgramContext, log: ZapLogger, variable: string, schema: z.ZodType<T>, words: Words): { object: T; bus: BusConfig; hostname: string } {
  const place = (line: number) => `cmd/start.go:${line}`;
  const { lines } = words;
  const encoded = env[variable];
  if (encoded === undefined) return log.fatal(place(lines.missing), `required environment variable '${variable}' not defined`);
  let object: T;
  try {
    object = schema.parse(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')));
  } catch (error) {
    return log.fatal(place(lines.unmarshal), words.unmarshal, [['error', problemOf(error)]]);
  }
  let bus: BusConfig;
  try {
    bus = BusConfig.parse(JSON.parse(Buffer.from(env['EVENTBUS_CONFIG'] ?? 'e30=', 'base64').toString('utf8')));
  } catch (error) {
    return log.fatal(place(lines.bus), 'failed to unmarshal bus config object', [['error', problemOf(error)]]);
  }
  if (env['EVENTBUS_SUBJECT'] === undefined) return log.fatal(place(lines.subject), "required environment variable 'EVENTBUS_SUBJECT' not defined");
  const hostname = env['POD_NAME'];
  if (hostname === undefined) return log.fatal(place(lines.pod), "required environment variable 'POD_NAME' not defined");
  return { object, bus, hostname };
}

/** Runs `work` while this pod leads its group; the others stand by. On Kafka event sources go by a lease of Kubernetes, and sensors need no leader. After argo-events v1.9.9 pkg/shared/leaderelection */
export async function lead(context: ProgramContext, log: ZapLogger, broker: Broker, bus: BusConfig, group: string, lease: string | undefined, work: () => Promise<number>): Promise<number> {
  if (bus.kafka !== undefined) return lease === undefined ? await work() : await leadByLease(context, lease, context.env['POD_NAME'] ?? '', work);
  const key = `${bus.nats?.url ?? bus.jetstream?.url ?? ''} ${group}`;
  const line = (at: number, message: string) => log.info(`leaderelection/leaderelection.go:${at}`, message);
  line(167, 'Not the LEADER, stand by ...');
  if (!broker.isLed(key)) line(176, 'Becoming a Candidate, stand by ...');
  if (!(await broker.lead(key, context.signal))) return 0;
  line(173, "I'm the LEADER, starting ...");
  return await work();
}
