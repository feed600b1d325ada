/** After kubernetes 1.32 pkg/apis/core/validation/validation.go, ValidatePodUpdate */
import type { KubeObject } from '../../../store/object.ts';
import { sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, notFound, required } from '../causes.ts';
import { items, record } from '../fill.ts';
import { goDiff, internalPodSpec, internalValue } from '../go-diff/index.ts';
import { containerCauses } from './container.ts';

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
  causes.push(...deadlineCauses(spec.activeDeadlineSeconds, before.activeDeadlineSeconds));
  const graceMended = Number(before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1;
  if (!sameJson(fixed(spec), fixed(before)) || (!graceMended && !sameJson(spec.terminationGracePeriodSeconds, before.terminationGracePeriodSeconds))) {
    const kept = { ...spec, activeDeadlineSeconds: before.activeDeadlineSeconds, tolerations: before.tolerations, schedulingGates: before.schedulingGates, ephemeralContainers: before.ephemeralContainers, ...withImages(spec, before), ...(graceMended ? { terminationGracePeriodSeconds: before.terminationGracePeriodSeconds } : {}) };
    causes.push(forbidden('spec', `${MAY_NOT}\n${goDiff(internalPodSpec(before), internalPodSpec(kept))}`));
  }
  const tolerations = items(spec, 'tolerations');
  if (items(before, 'tolerations').some((t) => !tolerations.some((n) => sameJson({ ...t, tolerationSeconds: 0 }, { ...n, tolerationSeconds: 0 })))) {
    causes.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  }
  return causes;
}

/** A pod's time can be shortened and no more. */
function deadlineCauses(now: unknown, then: unknown): StatusCause[] {
  const field = 'spec.activeDeadlineSeconds';
  if (typeof now !== 'number') return typeof then === 'number' ? [invalid(field, 'null', 'must not update from a positive integer to nil value')] : [];
  if (now < 0 || now > 2147483647) return [invalid(field, String(now), 'must be between 0 and 2147483647, inclusive')];
  return typeof then === 'number' && then < now ? [invalid(field, String(now), 'must be less than or equal to previous value')] : [];
}

const EPHEMERAL_MAY = ['name', 'image', 'command', 'args', 'workingDir', 'envFrom', 'env', 'volumeMounts', 'volumeDevices', 'terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy', 'securityContext', 'stdin', 'stdinOnce', 'tty', 'targetContainerName', 'resizePolicy', 'restartPolicy'];

/** Debug containers can be added and stay as they are. After kubernetes 1.32 pkg/apis/core/validation/validation.go, ValidatePodEphemeralContainersUpdate */
export function ephemeralContainerCauses(pod: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(pod.spec);
  const [now, then] = [items(spec, 'ephemeralContainers'), items(record(old?.spec), 'ephemeralContainers')];
  const others = new Set([...items(spec, 'containers'), ...items(spec, 'initContainers')].map((c) => String(c.name)));
  const names = new Set(others);
  const volumes = new Set(items(spec, 'volumes').map((v) => String(v.name)));
  const causes = now.flatMap((container, i) => {
    const at = `spec.ephemeralContainers[${i}]`;
    const name = String(container.name ?? '');
    const found = containerCauses({ ...container, ports: undefined, lifecycle: undefined }, at, { volumes, names, hostPorts: new Set<string>(), grace: 30, init: false });
    if (typeof container.image === 'string' && container.image.trim() !== container.image) found.push(invalid(`${at}.image`, goString(container.image), 'must not have leading or trailing whitespace'));
    const target = String(container.targetContainerName ?? '');
    if (target !== '' && !others.has(target)) found.push(notFound(`${at}.targetContainerName`, target));
    for (const key of Object.keys(container)) {
      const filled = key === 'resources' ? Object.keys(record(container[key])).length > 0 : true;
      if (filled && !EPHEMERAL_MAY.includes(key)) found.push(forbidden(`${at}.${key}`, 'cannot be set for an Ephemeral Container'));
    }
    items(container, 'volumeMounts').forEach((mount, n) => {
      for (const key of ['subPath', 'subPathExpr']) if ((mount[key] ?? '') !== '') found.push(forbidden(`${at}.volumeMounts[${n}].${key}`, 'cannot be set for an Ephemeral Container'));
    });
    return found;
  });
  for (const before of then) {
    const same = now.find((container) => container.name === before.name);
    if (same === undefined) causes.push(forbidden('spec.ephemeralContainers', `existing ephemeral containers ${goString(before.name)} may not be removed\n`));
    else if (!sameJson(same, before)) causes.push(forbidden('spec.ephemeralContainers', `existing ephemeral containers ${goString(before.name)} may not be changed\n${goDiff(internalValue('core.EphemeralContainer', before), internalValue('core.EphemeralContainer', same))}`));
  }
  return causes;
}

/** The containers with the images that they had: those may change. */
function withImages(spec: JsonRecord, before: JsonRecord): JsonRecord {
  const images = (kind: string): JsonRecord => (spec[kind] === undefined ? {} : { [kind]: items(spec, kind).map((c, i) => ({ ...c, image: items(before, kind)[i]?.image })) });
  return { ...images('containers'), ...images('initContainers') };
}

/** What stays as it is; gates may be taken away. */
function fixed(spec: JsonRecord): JsonRecord {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, terminationGracePeriodSeconds: _grace, schedulingGates: _gates, ephemeralContainers: _ephemeral, ...rest } = spec;
  const images = (kind: string): JsonRecord[] => items(spec, kind).map(({ image: _image, ...c }) => c);
  return { ...rest, containers: images('containers'), initContainers: images('initContainers') };
}
