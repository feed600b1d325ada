import { z } from 'zod';
import type { KubeObject } from './object.ts';
import type { StoreSnapshot } from './object-store.ts';

const objectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const snapshotSchema = z.object({ revision: z.number().int().nonnegative(), objects: z.record(z.string(), z.array(objectSchema)) });

/** Checks what comes back from a file. Throws ZodError when it is not what `ObjectStore.snapshot` returned. */
export function readSnapshot(value: unknown): StoreSnapshot {
  const { revision, objects } = snapshotSchema.parse(value);
  // The envelope is checked above; the rest of an object is its kind's business.
  return { revision, objects: objects as Record<string, KubeObject[]> };
}
