import { type App, type Command, CommandError } from '../app.ts';
import type { Flag, FlagValues } from '../flags.ts';
import { list, object, text } from '../json-access.ts';
import { GrpcStatus, Code } from '../../server/status.ts';
import { FIELD_SELECTOR_FLAG, OUTPUT_FLAG, SELECTOR_FLAG, namesOf, printWorkflow, workflowPath } from './shared.ts';
import { printLogs } from './logs.ts';
import { waitFor, watchWorkflow } from './wait-watch.ts';

/** The examples that every verb on workflows has. */
function examples(verb: string, title: string): string {
  return `# ${title} a workflow:

  argo ${verb} my-wf

# ${title} the latest workflow:

  argo ${verb} @latest

# ${title} multiple workflows by label selector

  argo ${verb} -l workflows.argoproj.io/test=true

# ${title} multiple workflows by field selector

  argo ${verb} --field-selector metadata.namespace=argo
`;
}

const put = (app: App, name: string, verb: string, body: Record<string, string | boolean | string[]> = {}) => app.transport.unary({ method: 'PUT', path: workflowPath(app.namespace, name, verb), body: { name, namespace: app.namespace, ...body } });

/** A verb that says what it did in one line for each workflow. */
function simple(verb: string, done: string, options: { title: string; short: string; long?: string; dryRun?: string; flags?: Flag[]; body?: (flags: FlagValues) => Record<string, string> }): Command {
  return {
    path: [verb],
    args: 'WORKFLOW WORKFLOW2... [flags]',
    short: options.short,
    ...(options.long === undefined ? {} : { long: options.long }),
    example: examples(verb, options.title),
    flags: [...(options.dryRun === undefined ? [] : [{ name: 'dry-run', help: options.dryRun }]), FIELD_SELECTOR_FLAG, SELECTOR_FLAG, ...(options.flags ?? [])],
    async run(app, args, flags) {
      for (const name of await namesOf(app, args, flags)) {
        if (flags.on('dry-run')) {
          app.print(`workflow ${name} ${done} (dry-run)`);
          continue;
        }
        await put(app, name, verb, options.body?.(flags) ?? {});
        app.print(`workflow ${name} ${done}`);
      }
      return 0;
    },
  };
}

const nodeSelector = (verb: string): Flag => ({ name: 'node-field-selector', value: 'string', help: `selector of node to ${verb}, eg: --node-field-selector inputs.parameters.myparam.value=abc` });

export const stop = simple('stop', 'stopped', {
  title: 'Stop',
  short: 'stop zero or more workflows allowing all exit handlers to run',
  long: 'Stop a workflow but still run exit handlers.',
  dryRun: 'If true, only print the workflows that would be stopped, without stopping them.',
  flags: [{ name: 'message', value: 'string', help: 'Message to add to previously running nodes' }, nodeSelector('stop')],
  body: (flags) => ({ nodeFieldSelector: flags.text('node-field-selector'), message: flags.text('message') }),
});

export const terminate = simple('terminate', 'terminated', {
  title: 'Terminate',
  short: 'terminate zero or more workflows immediately',
  long: 'Immediately stop a workflow and do not run any exit handlers.',
  dryRun: 'Do not terminate the workflow, only print what would happen',
});

export const suspend = simple('suspend', 'suspended', { title: 'Suspend', short: 'suspend zero or more workflows (opposite of resume)' });
export const resume = simple('resume', 'resumed', { title: 'Resume', short: 'resume zero or more workflows (opposite of suspend)', flags: [nodeSelector('resume')], body: (flags) => ({ nodeFieldSelector: flags.text('node-field-selector') }) });

const AFTER_FLAGS: Flag[] = [
  { name: 'log', help: 'log the workflow until it completes' },
  OUTPUT_FLAG,
  { name: 'parameter', short: 'p', value: 'string', many: 'array', help: 'input parameter to override on the original workflow spec' },
  { name: 'wait', short: 'w', help: 'wait for the workflow to complete, only works when a single workflow is named' },
  { name: 'watch', help: 'watch the workflow until it completes, only works when a single workflow is named' },
  FIELD_SELECTOR_FLAG,
  SELECTOR_FLAG,
];

/** `retry` and `resubmit`: show the workflow that comes of it. */
function again(verb: 'retry' | 'resubmit', title: string, short: string, flags: Flag[], body: (flags: FlagValues) => Record<string, string | boolean | string[]>): Command {
  return {
    path: [verb],
    args: '[WORKFLOW...] [flags]',
    short,
    example: examples(verb, title),
    flags: [...AFTER_FLAGS, ...flags],
    async run(app, args, given) {
      for (const name of await namesOf(app, args, given)) {
        const workflow = await put(app, name, verb, { ...body(given), parameters: given.all('parameter') });
        printWorkflow(app, workflow, given);
        const made = text(object(workflow, 'metadata'), 'name');
        if (given.on('log')) await printLogs(app, made, '', { follow: true, container: 'main' }, true);
        else if (given.on('wait')) return waitFor(app, [made], { quiet: given.text('output') !== '', ignoreMissing: false });
        else if (given.on('watch')) return watchWorkflow(app, made, given);
      }
      return 0;
    },
  };
}

export const retry = again('retry', 'Retry', 'retry zero or more workflows', [nodeSelector('reset'), { name: 'restart-successful', help: 'indicates to restart successful nodes matching the --node-field-selector' }], (flags) => ({ nodeFieldSelector: flags.text('node-field-selector'), restartSuccessful: flags.on('restart-successful') }));
export const resubmit = again('resubmit', 'Resubmit', 'resubmit one or more workflows', [{ name: 'memoized', help: 're-use successful steps & outputs from the previous run' }, { name: 'priority', value: 'int32', help: 'workflow priority' }], (flags) => ({ memoized: flags.on('memoized') }));

export const remove: Command = {
  path: ['delete'],
  args: '[--dry-run] [WORKFLOW...|[--all] [--older] [--completed] [--resubmitted] [--prefix PREFIX] [--selector SELECTOR] [--force] [--status STATUS] ] [flags]',
  short: 'delete workflows',
  example: `# Delete a workflow:

  argo delete my-wf

# Delete the latest workflow:

  argo delete @latest
`,
  flags: [
    { name: 'all', help: 'Delete all workflows' },
    { name: 'all-namespaces', short: 'A', help: 'Delete workflows from all namespaces' },
    { name: 'completed', help: 'Delete completed workflows' },
    { name: 'dry-run', help: 'Do not delete the workflow, only print what would happen' },
    FIELD_SELECTOR_FLAG,
    { name: 'force', help: 'Force delete workflows by removing finalizers' },
    { name: 'older', value: 'string', help: 'Delete completed workflows finished before the specified duration (e.g. 10m, 3h, 1d)' },
    { name: 'prefix', value: 'string', help: 'Delete workflows by prefix' },
    { name: 'resubmitted', help: 'Delete resubmitted workflows' },
    SELECTOR_FLAG,
    { name: 'status', value: 'string', many: 'strings', help: 'Delete by status (comma separated)' },
  ],
  async run(app, args, flags) {
    const picks = ['all', 'completed', 'resubmitted', 'prefix', 'selector', 'status', 'field-selector', 'older'].some((name) => flags.has(name));
    if (args.length === 0 && !picks) throw new CommandError('requires at least 1 arg(s), only received 0');
    const names = [...args];
    if (picks) {
      const selectors = [flags.text('selector')].filter(Boolean);
      if (flags.on('completed') || flags.has('older')) selectors.push('workflows.argoproj.io/completed=true');
      if (flags.on('resubmitted')) selectors.push('workflows.argoproj.io/resubmitted-from-workflow');
      if (flags.has('status')) selectors.push(`workflows.argoproj.io/phase in (${flags.all('status').join(',')})`);
      const found = await app.transport.unary({ method: 'GET', path: workflowPath(app.namespace), query: { ...(selectors.length === 0 ? {} : { 'listOptions.labelSelector': selectors.join(',') }), ...(flags.has('field-selector') ? { 'listOptions.fieldSelector': flags.text('field-selector') } : {}) } });
      names.push(...list(found, 'items').map((one) => text(object(one, 'metadata'), 'name')).filter((name) => name.startsWith(flags.text('prefix'))));
    }
    for (const name of names) {
      if (flags.on('dry-run')) {
        app.print(`Workflow '${name}' deleted (dry-run)`);
        continue;
      }
      try {
        await app.transport.unary({ method: 'DELETE', path: workflowPath(app.namespace, name), query: flags.on('force') ? { force: 'true' } : {} });
        app.print(`Workflow '${name}' deleted`);
      } catch (error) {
        if (!(error instanceof GrpcStatus && error.code === Code.NotFound)) throw error;
        app.print(`Workflow '${name}' not found`);
      }
    }
    return 0;
  },
};
