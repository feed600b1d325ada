import { nodeIdOf } from '../../controller/names.ts';
import type { Ids } from '../../../../lib/ids.ts';
import { rfc3339 } from '../../../../lib/clock.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { message, text } from '../route.ts';
import { ArgoError } from '../status.ts';
import { copy, dig, metadataOf, nameOf } from '../structs.ts';
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

/** What succeeded before counts as skipped in the new workflow; the rest starts again. */
function memoizedStatus(workflow: JsonObject, newName: string, now: number): JsonObject {
  const oldName = nameOf(workflow);
  const rename = (name: string) => (name === oldName ? newName : name.startsWith(oldName) ? newName + name.slice(oldName.length) : name);
  const names = new Map(nodesOf(workflow).map(([id, node]) => [id, text(node, 'name')]));
  const idOf = (id: string) => nodeIdOf(newName, rename(names.get(id) ?? id));
  const nodes: JsonObject = {};
  for (const [id, node] of nodesOf(workflow)) {
    const name = text(node, 'name');
    if (name === `${oldName}.onExit` || name.startsWith(`${oldName}.onExit`)) continue;
    const made = copy(node);
    made['id'] = idOf(id);
    made['name'] = rename(name);
    if (name === oldName) made['displayName'] = newName;
    made['startedAt'] = rfc3339(now);
    if (typeof node['boundaryID'] === 'string') made['boundaryID'] = idOf(node['boundaryID']);
    for (const list of ['children', 'outboundNodes']) {
      const old = node[list];
      if (Array.isArray(old)) made[list] = old.map((child) => (typeof child === 'string' ? idOf(child) : child));
    }
    const succeeded = node['phase'] === 'Succeeded' || node['phase'] === 'Skipped' || node['phase'] === 'Omitted';
    if (succeeded && node['type'] === 'Pod') {
      made['finishedAt'] = made['startedAt'];
      made['phase'] = 'Skipped';
      made['type'] = 'Skipped';
      made['message'] = `original pod: ${id}`;
    } else if (!succeeded) {
      if (node['type'] === 'Pod') continue;
      made['phase'] = 'Running';
      made['finishedAt'] = null;
      delete made['message'];
    }
    nodes[idOf(id)] = made;
  }
  for (const node of Object.values(nodes)) {
    if (isJsonObject(node) && Array.isArray(node['children'])) node['children'] = node['children'].filter((child) => typeof child === 'string' && nodes[child] !== undefined);
  }
  const status: JsonObject = { phase: 'Pending', startedAt: rfc3339(now), finishedAt: null, nodes };
  for (const field of ['storedTemplates', 'storedWorkflowTemplateSpec', 'persistentVolumeClaims', 'outputs']) {
    const value = dig(workflow, 'status')[field];
    if (value !== undefined && value !== null) status[field] = copy(value);
  }
  status['conditions'] = [{ type: 'Completed', status: 'False' }];
  return status;
}
