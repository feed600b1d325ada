import type { JsonObject } from '../../../../lib/json.ts';
import type { App } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { list as listOf, object, text, timeOf } from '../json-access.ts';
import { asJson, asYaml } from '../print-object.ts';
import { alignCells } from '../tab-writer.ts';
import { shortDuration, timestamp } from '../time.ts';
import { cronNext } from '../cron-next.ts';

/** A kind of object that the command creates, lists, shows and deletes. */
export interface Family {
  command: string;
  kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow';
  /** `workflow template` */
  words: string;
  route: string;
  /** The field of a create request that holds the object. */
  field: string;
  namespaced: boolean;
}

export const TEMPLATE: Family = { command: 'template', kind: 'WorkflowTemplate', words: 'workflow template', route: 'workflow-templates', field: 'template', namespaced: true };
export const CLUSTER: Family = { command: 'cluster-template', kind: 'ClusterWorkflowTemplate', words: 'cluster workflow template', route: 'cluster-workflow-templates', field: 'template', namespaced: false };
export const CRON: Family = { command: 'cron', kind: 'CronWorkflow', words: 'cron workflow', route: 'cron-workflows', field: 'cronWorkflow', namespaced: true };

export function familyPath(family: Family, namespace: string, name?: string, verb?: string): string {
  return ['/api/v1', family.route, ...(family.namespaced ? [encodeURIComponent(namespace)] : []), ...(name === undefined ? [] : [encodeURIComponent(name)]), ...(verb === undefined ? [] : [verb])].join('/');
}

/** One object, in the form that `--output` asks for. */
export function printMember(app: App, family: Family, member: JsonObject, flags: FlagValues): void {
  const output = flags.text('output');
  if (output === 'name') app.print(text(object(member, 'metadata'), 'name'));
  else if (output === 'json') app.world.stdout(asJson(family.kind, member));
  else if (output === 'yaml') app.world.stdout(asYaml(family.kind, member));
  else app.world.stdout(family.kind === 'CronWorkflow' ? cronView(app, member) : templateView(app, family, member));
}

function templateView(app: App, family: Family, template: JsonObject): string {
  const metadata = object(template, 'metadata');
  const line = (name: string, value: string) => `${name.padEnd(20)} ${value}\n`;
  return line('Name:', text(metadata, 'name')) + (family.namespaced ? line('Namespace:', text(metadata, 'namespace')) : '') + line('Created:', timestamp(timeOf(metadata, 'creationTimestamp') ?? app.now(), app.now()));
}

function schedulesOf(spec: JsonObject): string[] {
  const many = Array.isArray(spec['schedules']) ? spec['schedules'].map(String) : [];
  return text(spec, 'schedule') === '' ? many : [text(spec, 'schedule')];
}

export function cronView(app: App, cron: JsonObject): string {
  const metadata = object(cron, 'metadata');
  const spec = object(cron, 'spec');
  const line = (name: string, value: string) => `${name.padEnd(30)} ${value}\n`;
  const now = app.now();
  let out = line('Name:', text(metadata, 'name')) + line('Namespace:', text(metadata, 'namespace')) + line('Created:', timestamp(timeOf(metadata, 'creationTimestamp') ?? now, now));
  out += line('Schedules:', schedulesOf(spec).join(',')) + line('Suspended:', String(spec['suspend'] === true));
  if (text(spec, 'timezone') !== '') out += line('Timezone:', text(spec, 'timezone'));
  if (text(spec, 'startingDeadlineSeconds') !== '') out += line('StartingDeadlineSeconds:', text(spec, 'startingDeadlineSeconds'));
  if (text(spec, 'concurrencyPolicy') !== '') out += line('ConcurrencyPolicy:', text(spec, 'concurrencyPolicy'));
  const last = timeOf(object(cron, 'status'), 'lastScheduledTime');
  if (last !== undefined) out += line('LastScheduledTime:', timestamp(last, now));
  const next = cronNext(schedulesOf(spec), text(spec, 'timezone'), now);
  if (next !== undefined) out += line('NextScheduledTime:', `${timestamp(next, now)} (assumes workflow-controller is in UTC)`);
  const active = listOf(object(cron, 'status'), 'active').map((one) => text(one, 'name'));
  if (active.length > 0) out += line('Active Workflows:', active.join(', '));
  return out;
}

export function familyTable(app: App, family: Family, members: readonly JsonObject[], namespace: boolean): string {
  const now = app.now();
  const own = (one: JsonObject) => [...(namespace ? [text(object(one, 'metadata'), 'namespace')] : []), text(object(one, 'metadata'), 'name')];
  const front = namespace ? ['NAMESPACE', 'NAME'] : ['NAME'];
  if (family.kind !== 'CronWorkflow') return alignCells([front, ...members.map((one) => [...own(one), ''])], 3);
  if (members.length === 0) return 'No cron workflows found\n';
  const rows = members.map((one) => {
    const spec = object(one, 'spec');
    const last = timeOf(object(one, 'status'), 'lastScheduledTime');
    const next = cronNext(schedulesOf(spec), text(spec, 'timezone'), now);
    return [...own(one), shortDuration(now - (timeOf(object(one, 'metadata'), 'creationTimestamp') ?? now)), last === undefined ? 'N/A' : shortDuration(now - last), next === undefined ? 'N/A' : shortDuration(next - now), schedulesOf(spec).join(','), text(spec, 'timezone'), String(spec['suspend'] === true)];
  });
  return alignCells([[...front, 'AGE', 'LAST RUN', 'NEXT RUN', 'SCHEDULES', 'TIMEZONE', 'SUSPENDED'], ...rows], 3);
}
