import { gzipSync } from 'node:zlib';
import { goJson } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';
import type { Workflow } from '../types/workflow.ts';

const MAX_SIZE = 1024 * 1024;

/** What of its metadata the print of a workflow leaves out, but for its managed fields, is shorter. */
const LEFT_OUT = 4096;

/**
 * Why a workflow is too large to be kept: even with its nodes compressed it would take more than a megabyte, and there
 * is no database to put them into. `print` is its JSON without what only the server writes. After argo-workflows v3.7.6
 * workflow/packer/packer.go
 */
export function sizeProblem(workflow: Workflow, print: string): string | undefined {
  if (goLength(print) + goLength(JSON.stringify(workflow.metadata.managedFields ?? [])) + LEFT_OUT < MAX_SIZE) return undefined;
  if (goJson(normalize('Workflow', workflow)).length < MAX_SIZE) return undefined;
  const { nodes, ...status } = workflow.status;
  const rest = goJson(normalize('Workflow', { ...workflow, status })).length;
  const packed = Math.ceil((gzipSync(JSON.stringify(nodes ?? {}), { level: 1 }).byteLength * 4) / 3);
  if (rest + packed < MAX_SIZE) return undefined;
  return `workflow is longer than maximum allowed size for compression. compressed size ${rest + packed} > maxSize ${MAX_SIZE}Tried to offload but encountered error: offload node status is not supported`;
}

/** Go writes these characters as six. */
function goLength(json: string): number {
  return json.length + 5 * (json.match(/[<>&\u2028\u2029]/g)?.length ?? 0);
}
