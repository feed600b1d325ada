/** The kinds that are a list, an editor and a submit button: one entry each. */
export interface DefinitionKind {
  /** First part of the page's and of the API's path. */
  path: string;
  kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow';
  title: string;
  /** What one of them is called within a sentence. */
  noun: string;
  createLabel: string;
  namespaced: boolean;
  /** Name of the object in the body of create and update requests. */
  bodyKey: string;
  note: string;
  /** The page of Argo's documentation about them. */
  learnMore: string;
  /** The label that a workflow made from one carries. */
  label: string;
  example: (namespace: string) => Record<string, unknown>;
}

const templates = [{ name: 'main', inputs: { parameters: [{ name: 'message', value: '{{workflow.parameters.message}}' }] }, container: { image: 'busybox', command: ['echo'], args: ['{{inputs.parameters.message}}'] } }];
const spec = { entrypoint: 'main', arguments: { parameters: [{ name: 'message', value: 'hello argo' }] }, templates };

export const KINDS: readonly DefinitionKind[] = [
  {
    path: 'workflow-templates',
    kind: 'WorkflowTemplate',
    title: 'Workflow Templates',
    noun: 'workflow template',
    createLabel: 'Create New Workflow Template',
    namespaced: true,
    bodyKey: 'template',
    note: 'Workflow templates are reusable templates you can create new workflows from.',
    learnMore: 'workflow-templates',
    label: 'workflows.argoproj.io/workflow-template',
    example: (namespace) => ({ metadata: { name: 'my-template', namespace }, spec }),
  },
  {
    path: 'cluster-workflow-templates',
    kind: 'ClusterWorkflowTemplate',
    title: 'Cluster Workflow Templates',
    noun: 'cluster workflow template',
    createLabel: 'Create New Cluster Workflow Template',
    namespaced: false,
    bodyKey: 'template',
    note: 'Cluster scoped workflow templates are reusable templates you can create new workflows from, in any namespace.',
    learnMore: 'cluster-workflow-templates',
    label: 'workflows.argoproj.io/cluster-workflow-template',
    example: () => ({ metadata: { name: 'my-template' }, spec }),
  },
  {
    path: 'cron-workflows',
    kind: 'CronWorkflow',
    title: 'Cron Workflows',
    noun: 'cron workflow',
    createLabel: 'Create New Cron Workflow',
    namespaced: true,
    bodyKey: 'cronWorkflow',
    note: 'Cron workflows are workflows that run on a preset schedule.',
    learnMore: 'cron-workflows',
    label: 'workflows.argoproj.io/cron-workflow',
    example: (namespace) => ({ metadata: { name: 'my-cron', namespace }, spec: { schedules: ['* * * * *'], concurrencyPolicy: 'Allow', workflowSpec: spec } }),
  },
];

export function exampleWorkflow(namespace: string): Record<string, unknown> {
  return { metadata: { generateName: 'hello-', namespace, labels: { example: 'true' } }, spec };
}

/** Where the objects of a kind are, or one of them: for pages and for the API alike. */
export function apiPath(kind: DefinitionKind, namespace: string, name?: string): string {
  return [kind.path, ...(kind.namespaced ? [namespace] : []), ...(name === undefined ? [] : [name])].join('/');
}
