import type { Json, JsonObject } from '../../../lib/json.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { normalize } from '../types/normal-form.ts';

const ORDER = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type', 'eventTime', 'series', 'action', 'related', 'reportingComponent', 'reportingInstance'] as const;
const ALWAYS: JsonObject = { involvedObject: {}, source: {}, firstTimestamp: null, lastTimestamp: null, eventTime: null, reportingComponent: '', reportingInstance: '' };

/** A core/v1 Event in the order of Go's struct. */
export function coreEvent(event: KubeObject): JsonObject {
  const out: JsonObject = { metadata: normalize('meta.ObjectMeta', event.metadata) };
  for (const field of ORDER) {
    const value = jsonOf(event[field]);
    if (value !== undefined && value !== null) out[field] = value;
    else {
      const zero = ALWAYS[field];
      if (zero !== undefined) out[field] = zero;
    }
  }
  return out;
}

function jsonOf(value: unknown): Json | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return isJsonObject(value) ? value : undefined;
}
