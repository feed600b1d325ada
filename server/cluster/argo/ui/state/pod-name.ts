import type { NodeStatus, Workflow } from '../api/shapes.ts';

/** The pod of a node: `<workflow>-<template>-<hash>`, for the workflow's own node just its name. */
// After argo-workflows v3.7.6 workflow/util/pod_name.go
export function podName(workflow: Workflow, node: NodeStatus): string {
  const name = workflow.metadata.name ?? '';
  if (node.name === name) return name;
  if (workflow.metadata.annotations?.['workflows.argoproj.io/pod-name-format'] === 'v1') return node.id;
  const template = node.templateRef?.template ?? node.templateName ?? '';
  // The id ends in the same FNV-1a hash of the node's name that the pod's name ends in.
  const hash = node.id.slice(node.id.lastIndexOf('-') + 1);
  const prefix = template === '' ? name : `${name}-${template}`;
  return `${prefix.slice(0, 242)}-${hash}`;
}
