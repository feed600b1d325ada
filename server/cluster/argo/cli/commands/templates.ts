import type { JsonObject } from '../../../../lib/json.ts';
import { type App, type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { list as listOf, object, text, timeOf } from '../json-access.ts';
import { objectsOfKind, readManifests } from '../manifests.ts';
import { asJson, asYaml } from '../print-object.ts';
import { alignCells } from '../tab-writer.ts';
import { shortDuration, timestamp } from '../time.ts';
import { describeError } from '../transport.ts';
import { cronNext } from '../cron-next.ts';
import { lintFiles, LINT_FLAGS } from './lint.ts';
import { OUTPUT_FLAG } from './shared.ts';

/** A kind of object that the command creates, lists, shows and deletes. */
interface Family {
  command: string;
  kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow';
  /** `workflow template` */
  words: string;
  route: string;
  /** The field of a create request that holds the object. */
  field: string;
  namespaced: boolean;
}

const TEMPLATE: Family = { command: 'template', kind: 'WorkflowTemplate', words: 'workflow template', route: 'workflow-templates', field: 'template', namespaced: true };
const CLUSTER: Family = { command: 'cluster-template', kind: 'ClusterWorkflowTemplate', words: 'cluster workflow template', route: 'cluster-workflow-templates', field: 'template', namespaced: false };
const CRON: Family = { command: 'cron', kind: 'CronWorkflow', words: 'cron workflow', route: 'cron-workflows', field: 'cronWorkflow', namespaced: true };

function path(app: App, family: Family, name?: string, verb?: string): string {
  return ['/api/v1', family.route, ...(family.namespaced ? [encodeURIComponent(app.namespace)] : []), ...(name === undefined ? [] : [encodeURIComponent(name)]), ...(verb === undefined ? [] : [verb])].join('/');
}

function print(app: App, family: Family, object_: JsonObject, flags: FlagValues): void {
  const output = flags.text('output');
  const metadata = object(object_, 'metadata');
  if (output === 'name') app.print(text(metadata, 'name'));
  else if (output === 'json') app.world.stdout(asJson(family.kind, object_));
  else if (output === 'yaml') app.world.stdout(asYaml(family.kind, object_));
  else app.world.stdout(family.kind === 'CronWorkflow' ? cronView(app, object_) : templateView(app, family, object_));
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

function cronView(app: App, cron: JsonObject): string {
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

function table(app: App, family: Family, objects: readonly JsonObject[], namespace: boolean): string {
  const now = app.now();
  const own = (one: JsonObject) => [...(namespace ? [text(object(one, 'metadata'), 'namespace')] : []), text(object(one, 'metadata'), 'name')];
  const front = namespace ? ['NAMESPACE', 'NAME'] : ['NAME'];
  if (family.kind !== 'CronWorkflow') return alignCells([front, ...objects.map((one) => [...own(one), ''])], 3);
  if (objects.length === 0) return 'No cron workflows found\n';
  const rows = objects.map((one) => {
    const spec = object(one, 'spec');
    const last = timeOf(object(one, 'status'), 'lastScheduledTime');
    const next = cronNext(schedulesOf(spec), text(spec, 'timezone'), now);
    return [...own(one), shortDuration(now - (timeOf(object(one, 'metadata'), 'creationTimestamp') ?? now)), last === undefined ? 'N/A' : shortDuration(now - last), next === undefined ? 'N/A' : shortDuration(next - now), schedulesOf(spec).join(','), text(spec, 'timezone'), String(spec['suspend'] === true)];
  });
  return alignCells([[...front, 'AGE', 'LAST RUN', 'NEXT RUN', 'SCHEDULES', 'TIMEZONE', 'SUSPENDED'], ...rows], 3);
}

function commandsOf(family: Family): Command[] {
  const { command, words, kind } = family;
  const title = words.toUpperCase().replaceAll(' ', '_');
  return [
    {
      path: [command, 'create'],
      args: 'FILE1 FILE2... [flags]',
      short: `create a ${words}`,
      flags: [OUTPUT_FLAG, { name: 'strict', default: 'true', help: 'perform strict workflow validation' }],
      async run(app, args, flags) {
        if (args.length === 0) throw new CommandError('requires at least 1 arg(s), only received 0');
        const objects = objectsOfKind(app, await readManifests(app, args), kind);
        if (objects.length === 0) throw new CommandError(`No ${words.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())} found in given files`);
        for (const one of objects) {
          try {
            print(app, family, await app.transport.unary({ method: 'POST', path: path(app, family), body: { namespace: app.namespace, [family.field]: one } }), flags);
          } catch (error) {
            throw new CommandError(`${kind === 'CronWorkflow' ? 'Failed' : 'failed'} to create ${words}: ${describeError(error)}`);
          }
        }
        return 0;
      },
    },
    {
      path: [command, 'get'],
      args: `${title}... [flags]`,
      short: `display details about a ${words}`,
      flags: [OUTPUT_FLAG],
      async run(app, args, flags) {
        for (const name of args) print(app, family, await app.transport.unary({ method: 'GET', path: path(app, family, name) }), flags);
        return 0;
      },
    },
    {
      path: [command, 'list'],
      args: '[flags]',
      short: `list ${words}s`,
      flags: [...(family.namespaced ? [{ name: 'all-namespaces', short: 'A', help: `Show ${words}s from all namespaces` }] : []), OUTPUT_FLAG, { name: 'selector', short: 'l', value: 'string', help: "Selector (label query) to filter on, supports '=', '==', and '!='." }],
      async run(app, _args, flags) {
        const all = flags.on('all-namespaces');
        const query: Record<string, string> = flags.has('selector') ? { 'listOptions.labelSelector': flags.text('selector') } : {};
        const where = all ? `/api/v1/${family.route}/` : path(app, family);
        const objects = listOf(await app.transport.unary({ method: 'GET', path: where, query }), 'items');
        if (flags.text('output') === 'name') for (const one of objects) app.print(text(object(one, 'metadata'), 'name'));
        else app.world.stdout(table(app, family, objects, all));
        return 0;
      },
    },
    {
      path: [command, 'delete'],
      args: `${title} [flags]`,
      short: `delete a ${words}`,
      flags: [{ name: 'all', help: `Delete all ${words}s` }],
      async run(app, args, flags) {
        const names = flags.on('all') ? listOf(await app.transport.unary({ method: 'GET', path: path(app, family) }), 'items').map((one) => text(object(one, 'metadata'), 'name')) : args;
        for (const name of names) {
          await app.transport.unary({ method: 'DELETE', path: path(app, family, name) });
          // Argo says nothing when a cron workflow is gone.
          if (kind !== 'CronWorkflow') app.print(`${kind} '${name}' deleted`);
        }
        return 0;
      },
    },
    { path: [command, 'lint'], args: 'FILE... [flags]', short: kind === 'CronWorkflow' ? 'validate files or directories of cron workflow manifests' : `validate a file or directory of ${words} manifests`, flags: LINT_FLAGS, run: (app, args, flags) => lintFiles(app, args, flags, [kind]) },
    ...(kind === 'CronWorkflow' ? [switcher('suspend', 'suspended'), switcher('resume', 'resumed')] : []),
  ];
}

function switcher(verb: 'suspend' | 'resume', done: string): Command {
  return {
    path: ['cron', verb],
    args: '[CRON_WORKFLOW...] [flags]',
    short: `${verb} zero or more cron workflows`,
    flags: [],
    async run(app, args) {
      for (const name of args) {
        await app.transport.unary({ method: 'PUT', path: path(app, CRON, name, verb), body: { name, namespace: app.namespace } });
        app.print(`CronWorkflow '${name}' ${done}`);
      }
      return 0;
    },
  };
}

export const templateCommands: readonly Command[] = [TEMPLATE, CLUSTER, CRON].flatMap(commandsOf);
