import { isJsonObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { IMAGES } from '../install/workloads.ts';
import type { Holder } from '../types/resolve.ts';
import { templateTypeOf } from '../types/template.ts';
import { decodeOutputs } from '../types/workflow.ts';
import type { NodePhase, NodeStatus, Template, WorkflowSpec } from '../types/workflow.ts';
import { saveMemo } from './memoize.ts';
import { isFulfilled } from './nodes.ts';
import type { ExecuteOptions } from './observed.ts';
import type { Operation } from './operation.ts';
import { controllerReference, EXECUTOR_LOG_OPTIONS, MINIMAL_POD_SECURITY, MINIMAL_SECURITY } from './pod-parts.ts';

/*
 * Templates that need no pod of their own are carried out by one agent for each workflow: they are listed in the
 * workflow's task set, and their results come back in its status.
 * After argo-workflows v3.7.6 workflow/controller/taskset.go, agent.go
 */

export const isTaskSetNode = (node: NodeStatus): boolean => node.type === 'HTTP' || node.type === 'Plugin';

export const agentPodNameOf = (op: Operation): string => `${op.nodes.id('agent')}-agent`;

/** An http or plugin template: a task for the agent. */
export function executeByAgent(op: Operation, nodeName: string, scope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus {
  const type = templateTypeOf(template) === 'Plugin' ? 'Plugin' : 'HTTP';
  const node = op.nodes.named(nodeName) ?? op.initExecutable(nodeName, type, scope, template, holder, 'Pending', options);
  if (!isFulfilled(node)) op.changes.tasks.set(node.id, template);
  return node;
}

/** Takes over the results, and sees to it that an agent is there for what is left to do. */
export function reconcileTaskSet(op: Operation): void {
  const status = isJsonObject(op.observed.taskSet?.['status']) ? op.observed.taskSet['status'] : {};
  for (const [id, result] of Object.entries(isJsonObject(status['nodes']) ? status['nodes'] : {})) {
    const node = op.nodes.get(id);
    if (node === undefined || !isJsonObject(result) || (isFulfilled(node) && node.phase === result['phase'])) continue;
    if (isJsonObject(result['outputs'])) node.outputs = decodeOutputs(result['outputs']);
    node.phase = result['phase'] as NodePhase;
    if (typeof result['message'] === 'string' && result['message'] !== '') node.message = result['message'];
    else delete node.message;
    node.finishedAt = op.nowText;
    if (node.phase === 'Succeeded') saveMemo(op, node);
    op.changes.tasks.delete(id);
  }
  if (op.changes.tasks.size === 0) return;
  const agent = op.observed.pods.get(agentPodNameOf(op));
  if (agent === undefined) op.changes.createAgent = agentPod(op);
  else if (agent.phase === 'Failed') failTasks(op, `agent pod failed with reason:"${agent.message}"`);
  const refused = op.observed.podErrors.get(agentPodNameOf(op));
  if (refused !== undefined) failTasks(op, `create agent pod failed with reason:"${refused}"`);
}

function failTasks(op: Operation, message: string): void {
  for (const node of op.nodes.all()) if (isTaskSetNode(node) && !isFulfilled(node)) op.mark(node, 'Error', message);
  op.changes.tasks.clear();
  op.changes.createAgent = undefined;
}

function scheduling(spec: WorkflowSpec): JsonObject {
  const fields = ['nodeSelector', 'affinity', 'tolerations', 'schedulerName', 'hostAliases', 'imagePullSecrets', 'dnsPolicy', 'dnsConfig'] as const;
  return Object.fromEntries(fields.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field] as Json]])));
}

function agentPod(op: Operation): KubeObject {
  const { workflow, spec } = op;
  const account = spec.serviceAccountName ?? '';
  const volume = `kube-api-access-${op.observed.randomSuffix()}`;
  const container: JsonObject = {
    command: ['argoexec'],
    image: IMAGES.executor,
    env: [
      { name: 'ARGO_WORKFLOW_NAME', value: workflow.metadata.name },
      { name: 'ARGO_WORKFLOW_UID', value: workflow.metadata.uid ?? '' },
      { name: 'ARGO_AGENT_PATCH_RATE', value: '10s' },
      { name: 'ARGO_PLUGIN_ADDRESSES', value: 'null' },
      { name: 'ARGO_PLUGIN_NAMES', value: 'null' },
    ],
    securityContext: { ...MINIMAL_SECURITY, readOnlyRootFilesystem: true },
    resources: { requests: { cpu: '10m', memory: '64M' }, limits: { cpu: '100m', memory: '256M' } },
    volumeMounts: [
      { name: 'var-run-argo', mountPath: '/var/run/argo' },
      { name: volume, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
    ],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: agentPodNameOf(op),
      namespace: workflow.metadata.namespace ?? '',
      labels: { 'workflows.argoproj.io/workflow': workflow.metadata.name, 'workflows.argoproj.io/completed': 'false', 'workflows.argoproj.io/component': 'agent', ...spec.podMetadata?.labels },
      annotations: { 'kubectl.kubernetes.io/default-container': 'main', ...spec.podMetadata?.annotations },
      ownerReferences: [controllerReference(workflow)],
    },
    spec: {
      restartPolicy: 'OnFailure',
      securityContext: MINIMAL_POD_SECURITY,
      ...(account === '' ? {} : { serviceAccountName: account }),
      automountServiceAccountToken: false,
      volumes: [
        { name: 'var-run-argo', emptyDir: {} },
        // The Secret is asked for when the pod is made.
        { name: volume, secret: { secretName: '' } },
      ],
      initContainers: [{ ...container, name: 'init', args: ['agent', 'init', ...EXECUTOR_LOG_OPTIONS] }],
      containers: [{ ...container, name: 'main', args: ['agent', 'main', ...EXECUTOR_LOG_OPTIONS] }],
      ...scheduling(spec),
    },
  };
}
