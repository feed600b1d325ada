/** The kinds that are a list, an editor and a submit button: one entry each. */
export interface DefinitionKind {
  /** First part of the page's and of the API's path. */
  path: string;
  kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow';
  title: string;
  createLabel: string;
  namespaced: boolean;
  /** Name of the object in the body of create and update requests. */
  bodyKey: string;
  note: string;
  example: (namespace: string) => Record<string, unknown>;
}

const templates = [{ name: 'main', inputs: { parameters: [{ name: 'message', value: '{{workflow.parameters.message}}' }] }, container: { image: 'busybox', command: ['echo'], args: ['{{inputs.parameters.message}}'] } }];
const spec = { entrypoint: 'main', arguments: { parameters: [{ name: 'message', value: 'hello argo' }] }, templates };

export const KINDS: readonly DefinitionKind[] = [
  {
    path: 'workflow-templates',
    kind: 'WorkflowTemplate',
    title: 'Workflow Templates',
    createLabel: 'Create New Workflow Template',
    namespaced: true,
    bodyKey: 'template',
    note: 'Workflow templates are reusable templates you can create new workflows from.',
    example: (namespace) => ({ metadata: { name: 'my-template', namespace }, spec }),
  },
  {
    path: 'cluster-workflow-templates',
    kind: 'ClusterWorkflowTemplate',
    title: 'Cluster Workflow Templates',
    createLabel: 'Create New Cluster Workflow Template',
    namespaced: false,
    bodyKey: 'template',
    note: 'Cluster scoped workflow templates are reusable templates you can create new workflows from, in any namespace.',
    example: () => ({ metadata: { name: 'my-template' }, spec }),
  },
  {
    path: 'cron-workflows',
    kind: 'CronWorkflow',
    title: 'Cron Workflows',
    createLabel: 'Create New Cron Workflow',
    namespaced: true,
    bodyKey: 'cronWorkflow',
    note: 'Cron workflows are workflows that run on a preset schedule.',
    example: (namespace) => ({ metadata: { name: 'my-cron', namespace }, spec: { schedules: ['* * * * *'], concurrencyPolicy: 'Allow', workflowSpec: spec } }),
  },
];

export function exampleWorkflow(namespace: string): Record<string, unknown> {
  return { metadata: { generateName: 'hello-', namespace, labels: { example: 'true' } }, spec };
}
