import type { JsonObject } from '../../../../lib/json.ts';
import { type App, type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text, timeOf } from '../json-access.ts';
import { inListOrder } from '../list-view.ts';
import { asJson, asYaml } from '../print-object.ts';
import { longDuration, timestamp } from '../time.ts';
import { exactly, namedOr } from './arguments.ts';
import { pages, printWorkflows } from './get-list.ts';
import { afterwards } from './shared.ts';

const PATH = '/api/v1/archived-workflows';

/** The archive is the server's: without one there is nothing to ask. */
function archive(app: App): App['transport'] {
  if (app.server === '') throw new CommandError('this is impossible if you are not using the Argo Server, see https://argo-workflows.readthedocs.io/en/release-3.7/cli/argo');
  return app.transport;
}

const one = (uid: string, verb?: string): string => `${PATH}/${encodeURIComponent(uid)}${verb === undefined ? '' : `/${verb}`}`;

async function listed(app: App, namespace: string, flags: FlagValues): Promise<JsonObject[]> {
  archive(app);
  const query: Record<string, string> = { namespace };
  if (flags.text('selector') !== '') query['listOptions.labelSelector'] = flags.text('selector');
  const chunk = flags.text('chunk-size');
  if (chunk !== '' && chunk !== '0') query['listOptions.limit'] = chunk;
  return (await pages(app, PATH, query)).sort(inListOrder);
}

function print(app: App, workflow: JsonObject, output: string): void {
  if (output === 'json') app.world.stdout(asJson('Workflow', workflow));
  else if (output === 'yaml') app.world.stdout(asYaml('Workflow', workflow));
  else app.world.stdout(view(app, workflow));
}

/** After argo-workflows v3.7.6 cmd/argo/commands/archive/get.go */
function view(app: App, workflow: JsonObject): string {
  const now = app.now();
  const line = (name: string, value: string) => `${name.padEnd(20)} ${value}\n`;
  const metadata = object(workflow, 'metadata');
  const status = object(workflow, 'status');
  const stored = object(status, 'storedWorkflowTemplateSpec');
  const spec = Object.keys(stored).length > 0 ? stored : object(workflow, 'spec');
  const [created, started, finished] = [timeOf(metadata, 'creationTimestamp'), timeOf(status, 'startedAt'), timeOf(status, 'finishedAt')];
  let out = line('Name:', text(metadata, 'name')) + line('Namespace:', text(metadata, 'namespace')) + line('ServiceAccount:', text(spec, 'serviceAccountName') || 'unset (will run with the default ServiceAccount)') + line('Status:', text(status, 'phase'));
  if (text(status, 'message') !== '') out += line('Message:', text(status, 'message'));
  if (created !== undefined) out += line('Created:', timestamp(created, now));
  if (started !== undefined) out += line('Started:', timestamp(started, now));
  if (finished !== undefined) out += line('Finished:', timestamp(finished, now));
  if (started !== undefined) out += line('Duration:', longDuration((finished ?? now) - started));
  return out;
}

const get: Command = {
  path: ['archive', 'get'],
  check: exactly(1),
  async run(app, [uid = ''], flags) {
    print(app, await archive(app).unary({ method: 'GET', path: one(uid) }), flags.text('output'));
    return 0;
  },
};

const list: Command = {
  path: ['archive', 'list'],
  async run(app, _args, flags) {
    printWorkflows(app, await listed(app, app.namespace, flags), flags.text('output') || 'wide', { headers: true, namespace: true, uid: true });
    return 0;
  },
};

const remove: Command = {
  path: ['archive', 'delete'],
  async run(app, args) {
    archive(app);
    for (const uid of args) {
      await app.transport.unary({ method: 'DELETE', path: one(uid) });
      app.print(`Archived workflow '${uid}' deleted`);
    }
    return 0;
  },
};

const labelKeys: Command = {
  path: ['archive', 'list-label-keys'],
  async run(app) {
    for (const key of items(await archive(app).unary({ method: 'GET', path: '/api/v1/archived-workflows-label-keys' }))) app.print(key);
    return 0;
  },
};

const labelValues: Command = {
  path: ['archive', 'list-label-values'],
  async run(app, _args, flags) {
    if (!flags.has('selector')) throw new CommandError('required flag(s) "selector" not set');
    for (const value of items(await archive(app).unary({ method: 'GET', path: '/api/v1/archived-workflows-label-values', query: { 'listOptions.labelSelector': flags.text('selector') } }))) app.print(value);
    return 0;
  },
};

function items(answer: JsonObject): string[] {
  const found = answer['items'];
  return Array.isArray(found) ? found.map(String) : [];
}

/** Puts archived workflows into the cluster again. */
function again(verb: 'retry' | 'resubmit', check: Command['check'], body: (flags: FlagValues) => Record<string, string | boolean>): Command {
  return {
    path: ['archive', verb],
    ...(check === undefined ? {} : { check }),
    async run(app, args, flags) {
      archive(app);
      // As in Argo, a field selector stands where the namespace is meant.
      const picked = flags.text('selector') === '' && flags.text('field-selector') === '' ? [] : await listed(app, flags.text('field-selector'), flags);
      const wanted = [...picked.map((workflow) => ({ uid: text(object(workflow, 'metadata'), 'uid'), name: text(object(workflow, 'metadata'), 'name'), namespace: text(object(workflow, 'metadata'), 'namespace') })), ...args.map((uid) => ({ uid, name: '', namespace: app.namespace }))];
      const unique = [...new Map(wanted.map((each) => [each.uid, each])).values()];
      let last: JsonObject = {};
      for (const { uid, name, namespace } of unique) {
        last = await app.transport.unary({ method: 'PUT', path: one(uid, verb), body: { uid, name, namespace, ...body(flags), parameters: flags.all('parameter') } });
        print(app, last, flags.text('output'));
      }
      return unique.length === 1 ? afterwards(app, [text(object(last, 'metadata'), 'name')], flags) : 0;
    },
  };
}

const resubmit = again('resubmit', undefined, (flags) => ({ memoized: flags.on('memoized') }));
const retry = again('retry', namedOr(['selector', 'field-selector'], 'requires either selector or workflow'), (flags) => ({ nodeFieldSelector: flags.text('node-field-selector'), restartSuccessful: flags.on('restart-successful') }));

export const archiveCommands: readonly Command[] = [get, list, remove, labelKeys, labelValues, resubmit, retry];

