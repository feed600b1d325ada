import type { JsonObject } from '../../../../lib/json.ts';
import { parseGoDuration } from '../../../../lib/go-duration.ts';
import { type App, type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { list as listOf, object, text, timeOf } from '../json-access.ts';
import { inListOrder, type ListColumns, workflowTable } from '../list-view.ts';
import { yamlText } from '../print-object.ts';
import { atLeast } from './arguments.ts';
import { getWorkflow, workflowPath } from './follow.ts';
import { printWorkflow } from './shared.ts';
import { normalize } from '../../types/normal-form.ts';

export const get: Command = {
  path: ['get'],
  check: atLeast(1),
  async run(app, args, flags) {
    for (const name of args) printWorkflow(app, await getWorkflow(app, name), flags);
    return 0;
  },
};

/** What `list` asks the server for: enough for its table. */
const FIELDS = ['metadata', 'items.metadata', 'items.spec', 'items.status.phase', 'items.status.message', 'items.status.finishedAt', 'items.status.startedAt', 'items.status.estimatedDuration', 'items.status.progress'];
const PHASE = 'workflows.argoproj.io/phase';
const COMPLETED = 'workflows.argoproj.io/completed';

/** The workflows that the flags of `list` and `delete` pick, in the order of the table. */
export async function listWorkflows(app: App, namespace: string, flags: FlagValues): Promise<JsonObject[]> {
  if (flags.on('completed') && flags.on('running')) throw new CommandError('--completed and --running cannot be used together');
  const selectors = [flags.text('selector')].filter(Boolean);
  if (flags.has('status')) selectors.push(`${PHASE} in (${flags.all('status').join(',')})`);
  if (flags.on('completed')) selectors.push(`${COMPLETED}=true`);
  if (flags.on('running')) selectors.push(`${COMPLETED}!=true`);
  if (flags.on('resubmitted')) selectors.push('workflows.argoproj.io/resubmitted-from-workflow');
  const query: Record<string, string> = {
    ...(selectors.length === 0 ? {} : { 'listOptions.labelSelector': selectors.join(',') }),
    ...(flags.has('field-selector') ? { 'listOptions.fieldSelector': flags.text('field-selector') } : {}),
  };
  const output = flags.text('output');
  if (output === '' || output === 'name') query['fields'] = FIELDS.join(',');
  const chunk = flags.text('chunk-size') || flags.text('query-chunk-size');
  if (chunk !== '' && chunk !== '0') query['listOptions.limit'] = chunk;
  const found = await pages(app, workflowPath(namespace), query);
  const [since, older] = [limit(app, flags, 'since'), limit(app, flags, 'older')];
  return found.filter((workflow) => text(object(workflow, 'metadata'), 'name').startsWith(flags.text('prefix')) && inTime(workflow, since, older)).sort(inListOrder);
}

/** Every item of a list, chunk by chunk. */
export async function pages(app: App, path: string, query: Record<string, string>): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  for (let at = ''; ; ) {
    const answer = await app.transport.unary({ method: 'GET', path, query: at === '' ? query : { ...query, 'listOptions.continue': at } });
    items.push(...listOf(answer, 'items'));
    at = text(object(answer, 'metadata'), 'continue');
    if (at === '') return items;
  }
}

function limit(app: App, flags: FlagValues, flag: string): number | undefined {
  if (flags.text(flag) === '') return undefined;
  const ms = parseGoDuration(flags.text(flag), { days: true });
  if (ms === undefined || ms < 0) throw new CommandError(`invalid duration ${flags.text(flag)}`);
  return app.now() - ms;
}

/** With both limits, a workflow must have run between them. After argo-workflows v3.7.6 cmd/argo/commands/list.go */
function inTime(workflow: JsonObject, since: number | undefined, older: number | undefined): boolean {
  const created = timeOf(object(workflow, 'metadata'), 'creationTimestamp') ?? 0;
  const finished = timeOf(object(workflow, 'status'), 'finishedAt');
  return (since === undefined || created > since) && (older === undefined || (finished !== undefined && finished < older));
}

/** Prints what a list command found, in the form that `--output` asks for. */
export function printWorkflows(app: App, workflows: readonly JsonObject[], output: string, columns: Omit<ListColumns, 'now' | 'wide'>): void {
  if (output === 'name' && workflows.length > 0) for (const workflow of workflows) app.print(text(object(workflow, 'metadata'), 'name'));
  else if (output === 'json') app.print(JSON.stringify(workflows.map((workflow) => item(app, workflow)), undefined, 2));
  else if (output === 'yaml') app.world.stdout(workflows.length === 0 ? '[]\n' : `${yamlText(workflows.map((workflow) => item(app, workflow)))}\n`);
  else app.world.stdout(workflowTable(workflows, { now: app.now(), wide: output === 'wide', ...columns }));
}

/** An item of a list: Kubernetes' own lists say the kind of each. */
function item(app: App, workflow: JsonObject): JsonObject {
  const normal = normalize('Workflow', workflow);
  const metadata = object(normal, 'metadata');
  return { ...(app.transport.remote ? {} : { kind: 'Workflow', apiVersion: 'argoproj.io/v1alpha1' }), ...normal, metadata: { ...metadata, creationTimestamp: metadata['creationTimestamp'] ?? null } };
}

export const list: Command = {
  path: ['list'],
  async run(app, _args, flags) {
    const all = flags.on('all-namespaces');
    printWorkflows(app, await listWorkflows(app, all ? '' : app.namespace, flags), flags.text('output'), { headers: !flags.on('no-headers'), namespace: all, uid: false });
    return 0;
  },
};
