import type { JsonObject } from '../../../../lib/json.ts';
import { applySubmitOptions } from '../../server/actions/submit.ts';
import { type App, type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text } from '../json-access.ts';
import { objectsOfKind, readManifests } from '../manifests.ts';
import { describeError } from '../transport.ts';
import { workflowPath } from './follow.ts';
import { afterwards, printWorkflow } from './shared.ts';
import { submitOptions } from './submit-options.ts';

const SCHEDULED_TIME = 'workflows.argoproj.io/scheduled-time';
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Which flags go together. After argo-workflows v3.7.6 cmd/argo/commands/submit.go */
function checkTogether(flags: FlagValues, count: number): void {
  const refuse = (message: string): never => {
    throw new CommandError(message);
  };
  const [dry, serverDry] = [flags.on('dry-run'), flags.on('server-dry-run')];
  if (flags.on('watch')) {
    if (count > 1) refuse('Cannot watch more than one workflow');
    if (flags.on('wait')) refuse('--wait cannot be combined with --watch');
  }
  for (const name of ['watch', 'wait']) {
    if (flags.on(name) && dry) refuse(`--${name} cannot be combined with --dry-run`);
    if (flags.on(name) && serverDry) refuse(`--${name} cannot be combined with --server-dry-run`);
  }
  if (dry && flags.text('output') === '') refuse('--dry-run should have an output option');
  if (dry && serverDry) refuse('--dry-run cannot be combined with --server-dry-run');
  if (serverDry && flags.text('output') === '') refuse('--server-dry-run should have an output option');
}

async function run(app: App, args: readonly string[], flags: FlagValues): Promise<number> {
  if (!flags.on('watch') && flags.text('status') !== '') app.log('warning', '--status should only be used with --watch');
  const options = await submitOptions(flags);
  return flags.text('from') === '' ? submitFiles(app, args, flags, options) : submitFrom(app, flags, options);
}

async function submitFrom(app: App, flags: FlagValues, options: JsonObject): Promise<number> {
  const from = flags.text('from');
  const slash = from.indexOf('/');
  if (slash < 0) throw new CommandError(`resource identifier '${from}' is malformed. Should be \`kind/name\`, e.g. cronwf/hello-world-cwf`);
  checkTogether(flags, 1);
  const time = flags.text('scheduled-time');
  if (time !== '' && !RFC3339.test(time)) throw new CommandError('scheduled-time contains invalid time.RFC3339 format. (e.g.: `2006-01-02T15:04:05-07:00`)');
  const submitOptions = time === '' ? options : { ...options, annotations: `${SCHEDULED_TIME}=${time}` };
  const body = { namespace: app.namespace, resourceKind: from.slice(0, slash), resourceName: from.slice(slash + 1), submitOptions };
  const created = await submitted(() => app.transport.unary({ method: 'POST', path: workflowPath(app.namespace, 'submit'), body }));
  printWorkflow(app, created, flags);
  return afterwards(app, [text(object(created, 'metadata'), 'name')], flags);
}

async function submitFiles(app: App, args: readonly string[], flags: FlagValues, options: JsonObject): Promise<number> {
  const workflows = objectsOfKind(app, await readManifests(app, args), 'Workflow');
  checkTogether(flags, workflows.length);
  if (workflows.length === 0) throw new CommandError('No Workflow found in given files');
  const names: string[] = [];
  for (const workflow of workflows) {
    applySubmitOptions(workflow, options);
    const namespace = text(object(workflow, 'metadata'), 'namespace') || app.namespace;
    const body = { namespace, serverDryRun: flags.on('server-dry-run'), workflow, ...(flags.on('dry-run') ? { createOptions: { dryRun: ['All'] } } : {}) };
    const created = await submitted(() => app.transport.unary({ method: 'POST', path: workflowPath(namespace), body }));
    printWorkflow(app, app.grpc ? withoutKind(created) : created, flags);
    names.push(text(object(created, 'metadata'), 'name'));
  }
  return afterwards(app, names, flags);
}

/** gRPC's messages carry no kind. */
function withoutKind({ kind: _kind, apiVersion: _version, ...rest }: JsonObject): JsonObject {
  return rest;
}

async function submitted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CommandError(`Failed to submit workflow: ${describeError(error)}`);
  }
}

export const submit: Command = {
  path: ['submit'],
  check(args, flags) {
    if (flags.text('from') !== '' && args.length > 0) throw new CommandError('cannot combine --from with file arguments');
  },
  run,
};
