/** After kubernetes 1.32 pkg/apis/core/v1/defaults.go */
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { dropDisabledPodFields } from './disabled-fields.ts';
import { fill, fillIfEmpty, items, record, within } from './fill.ts';

export function defaultPodTemplate(template: JsonRecord): void {
  defaultPodSpec(within(template, 'spec'), { pod: false });
}

/** `pod`: the spec of a Pod itself, which gets a little more than that of a template. */
export function defaultPodSpec(spec: JsonRecord, { pod }: { pod: boolean }): void {
  fillIfEmpty(spec, 'dnsPolicy', 'ClusterFirst');
  fillIfEmpty(spec, 'restartPolicy', 'Always');
  fill(spec, 'terminationGracePeriodSeconds', 30);
  fill(spec, 'securityContext', {});
  fillIfEmpty(spec, 'schedulerName', 'default-scheduler');
  // The old name of the field is kept beside the new one.
  if (typeof spec.serviceAccountName === 'string' && spec.serviceAccountName !== '') spec.serviceAccount = spec.serviceAccountName;
  else if (typeof spec.serviceAccount === 'string' && spec.serviceAccount !== '') spec.serviceAccountName = spec.serviceAccount;
  if (pod) fill(spec, 'enableServiceLinks', true);
  for (const volume of items(spec, 'volumes')) defaultVolume(volume);
  for (const container of [...items(spec, 'initContainers'), ...items(spec, 'containers'), ...items(spec, 'ephemeralContainers')]) {
    defaultContainer(container, pod, spec.hostNetwork === true);
  }
  dropDisabledPodFields(spec);
}

const OF_VOLUMES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  iscsi: { iscsiInterface: 'default' },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  azureDisk: { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
};

function defaultVolume(volume: JsonRecord): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name' && volume[key] !== null);
  if (sources.length === 0) volume.emptyDir = {};
  if (isRecord(volume.hostPath)) fill(volume.hostPath, 'type', '');
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = volume[kind];
    if (isRecord(source)) fill(source, 'defaultMode', 420);
  }
  for (const item of items(record(volume.downwardAPI), 'items')) defaultFieldRef(item.fieldRef);
  for (const source of items(record(volume.projected), 'sources')) {
    if (isRecord(source.serviceAccountToken)) fill(source.serviceAccountToken, 'expirationSeconds', 3600);
    for (const item of items(record(source.downwardAPI), 'items')) defaultFieldRef(item.fieldRef);
  }
  const ephemeral = record(volume.ephemeral).volumeClaimTemplate;
  if (isRecord(ephemeral)) fill(within(ephemeral, 'spec'), 'volumeMode', 'Filesystem');
  for (const [kind, values] of Object.entries(OF_VOLUMES)) {
    const source = volume[kind];
    if (isRecord(source)) for (const [key, value] of Object.entries(values)) (value === false ? fill : fillIfEmpty)(source, key, value);
  }
}

function defaultFieldRef(ref: unknown): void {
  if (isRecord(ref)) fillIfEmpty(ref, 'apiVersion', 'v1');
}

function defaultContainer(container: JsonRecord, pod: boolean, hostNetwork: boolean): void {
  for (const port of items(container, 'ports')) {
    fillIfEmpty(port, 'protocol', 'TCP');
    if (pod && hostNetwork) fillIfEmpty(port, 'hostPort', port.containerPort);
  }
  for (const env of items(container, 'env')) defaultFieldRef(record(env.valueFrom).fieldRef);
  const resources = within(container, 'resources');
  const limits = record(resources.limits);
  // What is limited and not requested is requested: in a Pod, not in a template.
  if (pod && Object.keys(limits).length > 0) {
    const requests = within(resources, 'requests');
    for (const [name, limit] of Object.entries(limits)) fill(requests, name, limit);
  }
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[kind];
    if (isRecord(probe)) defaultProbe(probe);
  }
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(record(record(container.lifecycle)[hook]).httpGet);
  fillIfEmpty(container, 'terminationMessagePath', '/dev/termination-log');
  fillIfEmpty(container, 'terminationMessagePolicy', 'File');
  fillIfEmpty(container, 'imagePullPolicy', pullPolicyOf(String(container.image ?? '')));
}

/** Always for `:latest` and for no tag at all; a digest counts as a version. */
function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: JsonRecord): void {
  fillIfEmpty(probe, 'timeoutSeconds', 1);
  fillIfEmpty(probe, 'periodSeconds', 10);
  fillIfEmpty(probe, 'successThreshold', 1);
  fillIfEmpty(probe, 'failureThreshold', 3);
  defaultHttpGet(probe.httpGet);
  if (isRecord(probe.grpc)) fill(probe.grpc, 'service', '');
}

function defaultHttpGet(action: unknown): void {
  if (!isRecord(action)) return;
  fillIfEmpty(action, 'path', '/');
  fillIfEmpty(action, 'scheme', 'HTTP');
}
