import { record, text } from '../auth/fields.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { concerns, refuse, withSpec } from './plugin.ts';

const CLASSES = { group: 'scheduling.k8s.io', resource: 'priorityclasses' };
/** They are there before anybody made them. */
const BUILT_IN: Record<string, number> = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 };

/** Resolves a pod's priority class. After kubernetes 1.32 plugin/pkg/admission/priority */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  mutate(request, { reader }) {
    const { object } = request;
    if (request.operation !== 'CREATE' || !concerns(request, '', 'pods')) return object;
    const spec = record(object['spec']);
    let name = text(spec['priorityClassName']);
    let value = 0;
    let policy = 'PreemptLowerPriority';
    const apply = (found: Record<string, unknown>) => {
      value = typeof found['value'] === 'number' ? found['value'] : 0;
      policy = text(found['preemptionPolicy']) || policy;
    };
    if (name === '') {
      const fallback = reader.list(CLASSES).find((c) => c['globalDefault'] === true);
      if (fallback !== undefined) {
        name = fallback.metadata.name;
        apply(fallback);
      }
    } else {
      const found = reader.get(CLASSES, undefined, name) ?? (BUILT_IN[name] === undefined ? undefined : { value: BUILT_IN[name] });
      if (found === undefined) throw refuse(request, `no PriorityClass with name ${name} was found`);
      apply(record(found));
    }
    const given = spec['priority'];
    if (typeof given === 'number' && given !== value) {
      throw refuse(request, `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
    }
    const asked = spec['preemptionPolicy'];
    if (typeof asked === 'string' && asked !== policy) {
      throw refuse(request, `the string value of PreemptionPolicy (${asked}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
    }
    return withSpec(object, { ...spec, ...(name === '' ? {} : { priorityClassName: name }), priority: value, preemptionPolicy: policy });
  },
  validate(request, { reader }) {
    const { object } = request;
    if (object === undefined || !concerns(request, CLASSES.group, CLASSES.resource) || object['globalDefault'] !== true) return;
    const other = reader.list(CLASSES).find((c) => c['globalDefault'] === true && c.metadata.name !== object.metadata.name);
    if (other !== undefined) throw refuse(request, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
  },
};
