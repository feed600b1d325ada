import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { applySubmitOptions } from '../../server/actions/submit.ts';
import { type App, type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text } from '../json-access.ts';
import { goFileError, objectsOfKind, readManifests } from '../manifests.ts';
import { describeError } from '../transport.ts';
import { printLogs } from './logs.ts';
import { OUTPUT_FLAG, printWorkflow, workflowPath } from './shared.ts';
import { waitFor, watchWorkflow } from './wait-watch.ts';

const SCHEDULED_TIME = 'workflows.argoproj.io/scheduled-time';

/** What `submit`'s flags ask for, as the Argo Server takes it. */
async function submitOptions(flags: FlagValues): Promise<JsonObject> {
  const options: JsonObject = {};
  const put = (field: string, flag: string) => {
    if (flags.text(flag) !== '') options[field] = flags.text(flag);
  };
  put('name', 'name');
  put('generateName', 'generate-name');
  put('entryPoint', 'entrypoint');
  put('serviceAccount', 'serviceaccount');
  put('labels', 'labels');
  if (flags.has('priority')) options['priority'] = Number(flags.text('priority'));
  if (flags.text('scheduled-time') !== '') options['annotations'] = `${SCHEDULED_TIME}=${flags.text('scheduled-time')}`;
  const parameters = [...flags.all('parameter')];
  if (flags.text('parameter-file') !== '') {
    let file: unknown;
    try {
      file = parse(await readFile(flags.text('parameter-file'), 'utf8'));
    } catch (error) {
      throw new CommandError(goFileError(error, 'open', flags.text('parameter-file')));
    }
    if (isJsonObject(file)) for (const [name, value] of Object.entries(file)) if (!parameters.some((one) => one.startsWith(`${name}=`))) parameters.push(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  if (parameters.length > 0) options['parameters'] = parameters;
  if (flags.on('dry-run')) options['dryRun'] = true;
  if (flags.on('server-dry-run')) options['serverDryRun'] = true;
  return options;
}

async function run(app: App, args: readonly string[], flags: FlagValues): Promise<number> {
  if (flags.on('dry-run') && flags.on('server-dry-run')) throw new CommandError('Only one of --dry-run and --server-dry-run can be specified');
  if (flags.on('watch') && flags.on('wait')) throw new CommandError('--wait cannot be combined with --watch');
  const options = await submitOptions(flags);
  const from = flags.text('from');
  if (from !== '') {
    if (args.length > 0) throw new CommandError('cannot combine --from with file arguments');
    const [kind = '', name, more] = from.split('/');
    if (name === undefined || more !== undefined) throw new CommandError(`resource identifier '${from}' is malformed. Should be \`kind/name\`, e.g. cronwf/hello-world-cwf`);
    return finish(app, [await submitted(() => app.transport.unary({ method: 'POST', path: workflowPath(app.namespace, 'submit'), body: { namespace: app.namespace, resourceKind: kind, resourceName: name, submitOptions: options } }))], flags);
  }
  const workflows = objectsOfKind(app, await readManifests(app, args), 'Workflow');
  if (workflows.length === 0) throw new CommandError('No Workflow found in given files');
  if (flags.on('watch') && workflows.length > 1) throw new CommandError('Cannot watch more than one workflow');
  const created: JsonObject[] = [];
  for (const workflow of workflows) {
    await submitted(async () => applySubmitOptions(workflow, options));
    const namespace = text(object(workflow, 'metadata'), 'namespace') || app.namespace;
    const body = { namespace, serverDryRun: flags.on('server-dry-run'), workflow, ...(flags.on('dry-run') ? { createOptions: { dryRun: ['All'] } } : {}) };
    created.push(await submitted(() => app.transport.unary({ method: 'POST', path: workflowPath(namespace), body })));
    const last = created.at(-1);
    if (last !== undefined) printWorkflow(app, last, flags);
  }
  return finish(app, created, flags, true);
}

async function submitted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CommandError(`Failed to submit workflow: ${describeError(error)}`);
  }
}

async function finish(app: App, workflows: readonly JsonObject[], flags: FlagValues, printed = false): Promise<number> {
  if (!printed) for (const workflow of workflows) printWorkflow(app, workflow, flags);
  const names = workflows.map((workflow) => text(object(workflow, 'metadata'), 'name'));
  if (flags.on('log')) for (const name of names) await printLogs(app, name, '', { follow: true, container: 'main' }, true);
  else if (flags.on('wait')) return waitFor(app, names, { quiet: flags.text('output') === 'name' || flags.text('output') === 'json', ignoreMissing: false });
  else if (flags.on('watch') && names[0] !== undefined) return watchWorkflow(app, names[0], flags);
  return 0;
}

export const submit: Command = {
  path: ['submit'],
  args: '[FILE... | --from `kind/name] [flags]',
  short: 'submit a workflow',
  example: `# Submit multiple workflows from files:

  argo submit my-wf.yaml

# Submit and wait for completion:

  argo submit --wait my-wf.yaml

# Submit and watch until completion:

  argo submit --watch my-wf.yaml

# Submit and tail logs until completion:

  argo submit --log my-wf.yaml

# Submit a single workflow from an existing resource

  argo submit --from cronwf/my-cron-wf

# Submit multiple workflows from stdin:

  cat my-wf.yaml | argo submit -
`,
  flags: [
    { name: 'dry-run', help: 'modify the workflow on the client-side without creating it' },
    { name: 'entrypoint', value: 'string', help: 'override entrypoint' },
    { name: 'from', value: 'kind/name', help: 'Submit from an existing kind/name E.g., --from=cronwf/hello-world-cwf' },
    { name: 'generate-name', value: 'string', help: 'override metadata.generateName' },
    { name: 'labels', short: 'l', value: 'string', help: 'Comma separated labels to apply to the workflow. Will override previous values.' },
    { name: 'log', help: 'log the workflow until it completes' },
    { name: 'name', value: 'string', help: 'override metadata.name' },
    { name: 'node-field-selector', value: 'string', help: 'selector of node to display, eg: --node-field-selector phase=abc' },
    OUTPUT_FLAG,
    { name: 'parameter', short: 'p', value: 'string', many: 'array', help: 'pass an input parameter' },
    { name: 'parameter-file', short: 'f', value: 'string', help: 'pass a file containing all input parameters' },
    { name: 'priority', value: 'int32', help: 'workflow priority' },
    { name: 'scheduled-time', value: 'string', help: "Override the workflow's scheduledTime parameter (useful for backfilling). The time must be RFC3339" },
    { name: 'server-dry-run', help: 'send request to server with dry-run flag which will modify the workflow without creating it' },
    { name: 'serviceaccount', value: 'string', help: 'run all pods in the workflow using specified serviceaccount' },
    { name: 'status', value: 'string', help: 'Filter by status (Pending, Running, Succeeded, Skipped, Failed, Error). Should only be used with --watch.' },
    { name: 'strict', default: 'true', help: 'perform strict workflow validation' },
    { name: 'wait', short: 'w', help: 'wait for the workflow to complete' },
    { name: 'watch', help: 'watch the workflow until it completes' },
  ],
  run,
};
