import type { Workflow } from '../api/shapes.ts';

/** A way from a workflow to what it was made from, or to others of the same origin. */
export interface OriginLink {
  title: string;
  icon: 'search' | 'template' | 'clock' | 'templates';
  path: string;
  query?: Record<string, string>;
  /** The name of what it was made from; undefined for a way to other workflows. */
  from?: string;
}

const LABEL = 'workflows.argoproj.io/';
const ORIGINS = [
  { label: `${LABEL}cron-workflow`, title: 'Open Cron Workflow', icon: 'clock', path: (namespace: string, name: string) => `cron-workflows/${namespace}/${name}` },
  { label: `${LABEL}workflow-template`, title: 'Open Workflow Template', icon: 'template', path: (namespace: string, name: string) => `workflow-templates/${namespace}/${name}` },
  { label: `${LABEL}cluster-workflow-template`, title: 'Open Cluster Workflow Template', icon: 'templates', path: (_: string, name: string) => `cluster-workflow-templates/${name}` },
  { label: `${LABEL}resubmitted-from-workflow`, title: 'Open Original Workflow', icon: 'search', path: (namespace: string, name: string) => `workflows/${namespace}/${name}` },
] as const;

/** What a workflow was made from, as its labels and its reference say; the runs before it first. */
export function originLinks(workflow: Workflow): OriginLink[] {
  const { namespace = '', labels } = workflow.metadata;
  const ref = workflow.spec.workflowTemplateRef;
  const referred = ref?.name === undefined ? {} : { [`${LABEL}${ref.clusterScope === true ? 'cluster-' : ''}workflow-template`]: ref.name };
  const all: Record<string, string> = { ...referred, ...labels };
  const links = ORIGINS.flatMap(({ label, title, icon, path }): OriginLink[] => {
    const name = all[label];
    return name === undefined ? [] : [{ title, icon, path: path(namespace, name), from: name }];
  });
  // Only a label can be asked for: a workflow that merely refers to a template is not found by it.
  const common = ORIGINS.find(({ label }) => labels?.[label] !== undefined)?.label;
  return common === undefined ? links : [{ title: 'Previous Runs', icon: 'search', path: `workflows/${namespace}`, query: { label: `${common}=${labels?.[common] ?? ''}` } }, ...links];
}
