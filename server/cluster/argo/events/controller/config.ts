import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

const StanVersion = z.object({ version: z.string(), natsStreamingImage: z.string(), metricsExporterImage: z.string() });
const JetStreamVersion = z.object({ version: z.string(), natsImage: z.string(), metricsExporterImage: z.string(), configReloaderImage: z.string(), startCommand: z.string() });
const Config = z.object({
  eventBus: z.object({
    nats: z.object({ versions: z.array(StanVersion).default([]) }).optional(),
    jetstream: z.object({ settings: z.string().default(''), streamConfig: z.string().default(''), versions: z.array(JetStreamVersion).default([]) }).optional(),
  }),
});

/** `controller-config.yaml` of the ConfigMap `argo-events-controller-config`. */
export type EventsConfig = z.infer<typeof Config>;

/** Throws an Error with what is wrong. */
export function readEventsConfig(text: string): EventsConfig {
  const read = Config.safeParse(parseYaml(text));
  if (!read.success) throw new Error('"eventBus" is missing in the global configuration file');
  return read.data;
}

function pick<T extends { version: string }>(versions: readonly T[] | undefined, version: string, what: 'nats' | 'jetstream', long: string): T {
  if (versions === undefined) throw new Error(`"eventBus.${what}" not found in the configuration`);
  if (versions.length === 0) throw new Error(`${long} version configuration not found`);
  const found = versions.find((one) => one.version === version);
  if (found === undefined) throw new Error(`unsupported version ${JSON.stringify(version)}, supported versions: ${JSON.stringify(versions.map((one) => one.version).join(','))}`);
  return found;
}

// After argo-events v1.9.9 pkg/reconciler/config.go
export const stanVersion = (config: EventsConfig, version: string) => pick(config.eventBus.nats?.versions, version, 'nats', 'nats streaming');
export const jetStreamVersion = (config: EventsConfig, version: string) => pick(config.eventBus.jetstream?.versions, version, 'jetstream', 'jetstream');
