import type { Container, NodeStatus, Template, Workflow } from '../api/shapes.ts';

/** The template that a node was made from. */
export function templateOf(workflow: Workflow, node: NodeStatus): Template | undefined {
  const own = [...(workflow.spec.templates ?? []), ...(workflow.status.storedWorkflowTemplateSpec?.templates ?? [])].find((template) => template.name === node.templateName);
  if (own !== undefined && node.templateRef?.template === undefined) return own;
  const wanted = node.templateRef?.template ?? node.templateName;
  return Object.values(workflow.status.storedTemplates ?? {}).find((template) => template.name === wanted) ?? own;
}

/** The containers that a template asks for itself, those that do the work first. */
export function containersOf(template: Template | undefined): Container[] {
  const work = [template?.container, template?.script].filter((container) => container !== undefined && container !== null).map((container) => ({ ...container, name: 'main' }));
  return [...work, ...(template?.containerSet?.containers ?? []), ...(template?.initContainers ?? []), ...(template?.sidecars ?? [])];
}

/** The names of containers whose logs there may be: of one node's pod, or of all pods; the executor's come last. */
export function logContainers(workflow: Workflow, node: NodeStatus | undefined): string[] {
  const nodes = node === undefined ? Object.values(workflow.status.nodes ?? {}).filter(({ type }) => type === 'Pod') : [node];
  const templates = new Set(nodes.map((one) => templateOf(workflow, one)));
  const names = [...templates].flatMap((template) => containersOf(template).map(({ name }) => name ?? ''));
  return [...new Set(['main', ...names.filter((name) => name !== ''), 'init', 'wait'])];
}
