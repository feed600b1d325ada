import { nodeIdOf } from '../../controller/names.ts';
import type { Ids } from '../../../../lib/ids.ts';
import { rfc3339 } from '../../../../lib/clock.ts';
import type { JsonObject } from '../../../../lib/json.ts';
import { message, text } from '../route.ts';
import { ArgoError } from '../status.ts';
import { copy, dig, metadataOf, nameOf } from '../structs.ts';
import { childIds, hasFailed } from './retry-graph.ts';
import { LABEL, SUFFIX_LENGTH, nodesOf, overrideParameters, phaseOf } from './shared.ts';

const NOT_CARRIED_OVER = new Set(['creator', 'creator-email', 'creator-preferred-username', 'phase', 'completed', 'workflow-archiving-status'].map((name) => `${LABEL}${name}`));

/** The workflow that starts another one anew. After argo-workflows v3.7.6 workflow/util/util.go */
export function formulateResubmit(workflow: JsonObject, memoized: boolean, parameters: readonly string[], ids: Ids, now: number): JsonObject {
  const old = metadataOf(workflow);
  const generateName = text(old, 'generateName') !== '' ? text(old, 'generateName') : `${nameOf(workflow)}-`;
  const metadata: JsonObject = { generateName };
  if (memoized) {
    const phase = phaseOf(workflow);
    if (phase !== 'Failed' && phase !== 'Error') throw new ArgoError(400, 'workflow must be Failed/Error to resubmit in memoized mode');
    metadata['name'] = generateName + ids.alphanumeric(SUFFIX_LENGTH);
  }
  const spec = copy(dig(workflow, 'spec'));
  if (spec['activeDeadlineSeconds'] === 0) delete spec['activeDeadlineSeconds'];
  delete spec['shutdown'];
  const labels: JsonObject = {};
  for (const [key, value] of Object.entries(message(old, 'labels') ?? {})) if (!NOT_CARRIED_OVER.has(key)) labels[key] = value;
  labels[`${LABEL}resubmitted-from-workflow`] = nameOf(workflow);
  metadata['labels'] = labels;
  metadata['annotations'] = { ...message(old, 'annotations') };
  const owners = old['ownerReferences'];
  if (Array.isArray(owners) && owners.length > 0) metadata['ownerReferences'] = copy(owners);
  const made: JsonObject = { metadata, spec };
  overrideParameters(made, parameters);
  if (memoized) made['status'] = memoizedStatus(workflow, text(metadata, 'name'), now);
  return made;
}

/**
 * The nodes under the new name: pods that succeeded count as skipped, what failed is pending and without times.
 * After argo-workflows v3.7.6 workflow/util/util.go
 */
function memoizedStatus(workflow: JsonObject, newName: string, now: number): JsonObject {
  const oldName = nameOf(workflow);
  const old = new Map(nodesOf(workflow));
  const rename = (name: string) => (name.startsWith(oldName) ? newName + name.slice(oldName.length) : name);
  const idOf = (id: string) => nodeIdOf(newName, rename(text(old.get(id), 'name')));
  const nodes: JsonObject = {};
  for (const [id, node] of old) {
    if (text(node, 'name').startsWith(`${oldName}.onExit`)) continue;
    const made = copy(node);
    made['id'] = idOf(id);
    made['name'] = rename(text(node, 'name'));
    if (typeof node['boundaryID'] === 'string' && node['boundaryID'] !== '') made['boundaryID'] = idOf(node['boundaryID']);
    const again = hasFailed(node) && node['type'] === 'Pod';
    made['startedAt'] = again ? null : rfc3339(now);
    made['finishedAt'] = made['startedAt'];
    for (const list of ['children', 'outboundNodes'] as const) if (childIds(node, list).length > 0) made[list] = childIds(node, list).map(idOf);
    if (!hasFailed(node) && node['type'] === 'Pod') {
      made['phase'] = 'Skipped';
      made['type'] = 'Skipped';
      made['message'] = `original pod: ${id}`;
    } else if (node['type'] === 'Skipped' && !succeededAfter(old, node)) continue;
    else {
      made['phase'] = 'Pending';
      delete made['message'];
    }
    nodes[text(made, 'id')] = made;
  }
  return { startedAt: null, finishedAt: null, nodes, storedTemplates: copy(dig(workflow, 'status', 'storedTemplates')), conditions: [{ type: 'Completed', status: 'False' }] };
}

function succeededAfter(nodes: ReadonlyMap<string, JsonObject>, node: JsonObject): boolean {
  return childIds(node).some((id) => {
    const child = nodes.get(id);
    return child !== undefined && (child['phase'] === 'Succeeded' || succeededAfter(nodes, child));
  });
}
