/** After kubernetes 1.32 pkg/apis/core/validation/validation.go, ValidatePodUpdate */
import type { KubeObject } from '../../../store/object.ts';
import { sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, required } from '../causes.ts';
import { items, record } from '../fill.ts';

const MAY_NOT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function podChangeCauses(pod: KubeObject, old: KubeObject): StatusCause[] {
  const [spec, before] = [record(pod.spec), record(old.spec)];
  const causes: StatusCause[] = [];
  for (const kind of ['containers', 'initContainers']) {
    const [now, then] = [items(spec, kind), items(before, kind)];
    if (now.length !== then.length) return [forbidden(`spec.${kind}`, 'pod updates may not add or remove containers')];
    now.forEach((c, i) => {
      if ((c.image ?? '') === '') causes.push(required(`spec.${kind}[${i}].image`));
    });
  }
  if (!sameJson(fixed(spec), fixed(before))) causes.push(forbidden('spec', MAY_NOT));
  const tolerations = items(spec, 'tolerations');
  if (items(before, 'tolerations').some((t) => !tolerations.some((n) => sameJson({ ...t, tolerationSeconds: 0 }, { ...n, tolerationSeconds: 0 })))) {
    causes.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  }
  return causes;
}

/** What stays as it is; scheduling a pod sets its node, and gates may be taken away. */
function fixed(spec: JsonRecord): JsonRecord {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, terminationGracePeriodSeconds: _grace, schedulingGates: _gates, nodeName: _node, ephemeralContainers: _ephemeral, ...rest } = spec;
  const images = (kind: string): JsonRecord[] => items(spec, kind).map(({ image: _image, ...c }) => c);
  return { ...rest, containers: images('containers'), initContainers: images('initContainers') };
}
