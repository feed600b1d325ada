import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { LabError } from '../../lib/errors.ts';
import type { KindBackend } from '../../scenario/schema.ts';

export interface ClusterPlan {
  /** What the scenario wants besides; absolute host paths by then. */
  backend: KindBackend | undefined;
  /** The policy's folder on the host; it holds `policy.yaml`. */
  auditFolder: string;
  /** Free ports of the host for the scenario's own, in the order of its `extraPortMappings`. */
  hostPorts: readonly number[];
}

export const AUDIT_LOG = '/var/log/kubernetes/argo-lab-audit.log';
const AUDIT_FOLDER = '/etc/kubernetes/argo-lab';

/**
 * kind's configuration of one node. One node can't lose an election, and a paused one must not lose its lease: so
 * nobody elects, and the node counts as healthy for as long as it may sleep.
 */
export function configDocument(plan: ClusterPlan): string {
  const { backend, auditFolder, hostPorts } = plan;
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    // Reachable for this machine alone.
    networking: { apiServerAddress: '127.0.0.1' },
    nodes: [
      {
        role: 'control-plane',
        kubeadmConfigPatches: [stringify(clusterConfiguration()), ...(backend?.kubeadmConfigPatches ?? []).map(withAuditVolumes)],
        extraMounts: [{ hostPath: auditFolder, containerPath: AUDIT_FOLDER, readOnly: true }, ...(backend?.extraMounts ?? []).map(({ hostPath, containerPath, readOnly }) => ({ hostPath, containerPath, readOnly }))],
        extraPortMappings: (backend?.extraPortMappings ?? []).map(({ containerPort, protocol }, i) => ({ containerPort, hostPort: portAt(hostPorts, i), listenAddress: '127.0.0.1', ...(protocol === undefined ? {} : { protocol }) })),
      },
    ],
  });
}

const mount = (name: string, path: string, readOnly: boolean) => ({ name, hostPath: path, mountPath: path, readOnly, pathType: 'DirectoryOrCreate' });
const AUDIT_VOLUMES = [mount('argo-lab-audit-policy', AUDIT_FOLDER, true), mount('argo-lab-audit-log', '/var/log/kubernetes', false)];

/** A patch replaces lists as a whole: a scenario's own volumes of the API server come beside ours, or it would not start. */
function withAuditVolumes(patch: string): string {
  const parsed = Patch.safeParse(parseYaml(patch));
  if (!parsed.success || parsed.data.kind !== 'ClusterConfiguration') return patch;
  const { apiServer } = parsed.data;
  const own = new Set(apiServer.extraVolumes.map(({ mountPath }) => mountPath));
  return stringify({ ...parsed.data, apiServer: { ...apiServer, extraVolumes: [...AUDIT_VOLUMES.filter(({ mountPath }) => !own.has(mountPath)), ...apiServer.extraVolumes] } });
}

const Patch = z.looseObject({ kind: z.string(), apiServer: z.looseObject({ extraVolumes: z.array(z.looseObject({ mountPath: z.string() })) }) });

/** kind says what is wrong with a patch that is no YAML. */
function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function clusterConfiguration(): object {
  return {
    kind: 'ClusterConfiguration',
    apiServer: {
      extraArgs: { 'audit-policy-file': `${AUDIT_FOLDER}/policy.yaml`, 'audit-log-path': AUDIT_LOG, 'audit-log-maxsize': '50', 'audit-log-maxbackup': '1' },
      extraVolumes: AUDIT_VOLUMES,
    },
    controllerManager: { extraArgs: { 'leader-elect': 'false', 'node-monitor-grace-period': '24h' } },
    scheduler: { extraArgs: { 'leader-elect': 'false' } },
  };
}

function portAt(ports: readonly number[], i: number): number {
  const port = ports[i];
  if (port === undefined) throw new LabError('internal', 'a port of the machine is missing for a port of the node');
  return port;
}

/**
 * What the API server notes down: requests of people and of their pods, with bodies where they change something. Not
 * noted: what the cluster's own parts do all the time, and what is in secrets and tokens.
 */
export function auditPolicy(): string {
  const quiet = (rule: object) => ({ level: 'None', ...rule });
  return stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    omitManagedFields: true,
    rules: [
      quiet({ users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler', 'system:kube-proxy', 'system:serviceaccount:argo:argo', 'system:serviceaccount:argo:argo-server'] }),
      quiet({ userGroups: ['system:nodes', 'system:serviceaccounts:kube-system', 'system:serviceaccounts:local-path-storage'] }),
      quiet({ nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/metrics', '/openapi*', '/version'] }),
      { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }, { group: 'authentication.k8s.io', resources: ['tokenreviews'] }] },
      { level: 'Request', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
      { level: 'Metadata' },
    ],
  });
}
