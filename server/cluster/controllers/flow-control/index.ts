import { rfc3339 } from '../../../lib/clock.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { same } from '../runtime/writes.ts';

const SCHEMAS = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'flowschemas' };
const LEVELS = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'prioritylevelconfigurations' };

/** Says of every FlowSchema whether its priority level exists. After kubernetes 1.32 apiserver/pkg/util/flowcontrol/apf_controller.go */
export function startFlowControl(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const schemas = informers.of(SCHEMAS);
  const levels = informers.of(LEVELS);

  const levelOf = (schema: KubeObject): string => {
    const level = isJsonObject(schema.spec) ? schema.spec.priorityLevelConfiguration : undefined;
    return isJsonObject(level) ? String(level.name) : '';
  };

  const queue = context.queue('flow-control', async (name) => {
    const schema = schemas.get(undefined, name);
    if (schema === undefined) return;
    const level = levelOf(schema);
    const dangling = levels.get(undefined, level) === undefined;
    const status = isJsonObject(schema.status) ? schema.status : {};
    const before = Array.isArray(status.conditions) ? status.conditions.find((c) => isJsonObject(c) && c.type === 'Dangling') : undefined;
    const condition = {
      type: 'Dangling',
      status: dangling ? 'True' : 'False',
      reason: dangling ? 'NotFound' : 'Found',
      message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" ${dangling ? 'but there is no such object' : 'and it exists'}`,
    };
    const changed = !isJsonObject(before) || before.status !== condition.status;
    const full = { type: condition.type, status: condition.status, lastTransitionTime: changed ? rfc3339(clock.now()) : before.lastTransitionTime, reason: condition.reason, message: condition.message };
    if (same(before, full)) return;
    await client.update(SCHEMAS, { ...schema, status: { ...status, conditions: [full] } }, { subresource: 'status', fieldManager: 'api-priority-and-fairness-config-consumer-v1' });
  });

  schemas.onChange(({ current }) => current !== undefined && queue.add(current.metadata.name));
  levels.onChange(({ current, previous }) => {
    const name = (current ?? previous)?.metadata.name;
    for (const schema of schemas.list()) if (levelOf(schema) === name) queue.add(schema.metadata.name);
  });
}
