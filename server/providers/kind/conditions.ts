import { z } from 'zod';
import type { KubeObject } from '../../cluster/vocabulary.ts';

const Deployment = z.looseObject({
  metadata: z.looseObject({ generation: z.number().optional() }),
  spec: z.looseObject({ replicas: z.number().optional() }).optional(),
  status: z.looseObject({ observedGeneration: z.number().optional(), updatedReplicas: z.number().optional(), availableReplicas: z.number().optional(), replicas: z.number().optional() }).optional(),
});

/** Whether every replica of the newest template serves; what `kubectl rollout status` waits for. */
export function isRolledOut(object: KubeObject): boolean {
  const parsed = Deployment.safeParse(object);
  if (!parsed.success) return false;
  const { metadata, spec, status } = parsed.data;
  const wanted = spec?.replicas ?? 1;
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) && (status?.updatedReplicas ?? 0) >= wanted && (status?.availableReplicas ?? 0) >= wanted && (status?.replicas ?? 0) <= wanted;
}

const ContainerState = z.looseObject({
  name: z.string(),
  image: z.string().default(''),
  ready: z.boolean().optional(),
  restartCount: z.number().default(0),
  state: z.looseObject({ waiting: z.looseObject({ reason: z.string().default(''), message: z.string().default('') }).optional(), terminated: z.looseObject({ exitCode: z.number().default(0), reason: z.string().default('') }).optional() }).default({}),
});
const Pod = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
  status: z.looseObject({ phase: z.string().default('Pending'), containerStatuses: z.array(ContainerState).default([]), initContainerStatuses: z.array(ContainerState).default([]), conditions: z.array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional(), reason: z.string().optional() })).default([]) }).optional(),
});

/** Why a pod is not ready, in a line; undefined when it is, or has ended well. */
export function whyNotReady(object: KubeObject): string | undefined {
  const parsed = Pod.safeParse(object);
  if (!parsed.success || parsed.data.status === undefined) return undefined;
  const { metadata, status } = parsed.data;
  if (status.phase === 'Succeeded' || status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')) return undefined;
  const name = `${metadata.namespace}/${metadata.name}`;
  for (const container of [...status.initContainerStatuses, ...status.containerStatuses]) {
    const { waiting, terminated } = container.state;
    if (waiting !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing') return `${name}: container ${container.name} waits: ${waiting.reason}${waiting.message === '' ? '' : ` (${waiting.message})`}`;
    if (terminated !== undefined && terminated.exitCode !== 0) return `${name}: container ${container.name} ended with code ${terminated.exitCode} (${terminated.reason})`;
  }
  const unscheduled = status.conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unscheduled !== undefined) return `${name}: not scheduled: ${unscheduled.message ?? unscheduled.reason ?? ''}`;
  return `${name}: ${status.phase}, not ready`;
}

/** The image that a pod waits for in vain, with what the node said; undefined when it waits for none. */
export function missingImage(object: KubeObject): { image: string; message: string } | undefined {
  const parsed = Pod.safeParse(object);
  for (const container of parsed.success ? [...(parsed.data.status?.initContainerStatuses ?? []), ...(parsed.data.status?.containerStatuses ?? [])] : []) {
    const { waiting } = container.state;
    if (waiting !== undefined && /^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName)$/.test(waiting.reason)) return { image: container.image, message: waiting.message };
  }
  return undefined;
}
