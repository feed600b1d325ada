import type { ManagedFieldsEntry } from '../../store/object.ts';
import { isRecord } from './json-values.ts';

const REPLICAS = { 'f:spec': { 'f:replicas': {} } };

/**
 * Managed fields after a write of the Scale: whoever owned the workload's `spec.replicas` owns it in an entry of its own
 * from then on, without a time; the next write of the workload, which takes entries of one manager for one, loses it.
 * After kubernetes 1.32 apimachinery/pkg/util/managedfields/scalehandler.go
 */
export function splitReplicas(entries: readonly ManagedFieldsEntry[] | undefined): ManagedFieldsEntry[] | undefined {
  const split: ManagedFieldsEntry[] = [];
  const kept = (entries ?? []).map((entry) => {
    const fields = isRecord(entry.fieldsV1) ? entry.fieldsV1 : {};
    const spec = fields['f:spec'];
    if (entry.operation !== 'Update' || entry.subresource === 'scale' || entry.time === undefined || !isRecord(spec) || !('f:replicas' in spec)) return entry;
    const { 'f:replicas': _replicas, ...rest } = spec;
    const { time: _time, ...timeless } = entry;
    split.push({ ...timeless, fieldsV1: REPLICAS });
    const { 'f:spec': _spec, ...others } = fields;
    return { ...entry, fieldsV1: Object.keys(rest).length === 0 ? others : { ...fields, 'f:spec': rest } };
  });
  return split.length === 0 ? entries === undefined ? undefined : [...entries] : [...split, ...kept];
}
