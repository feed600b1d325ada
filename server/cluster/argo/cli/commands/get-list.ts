import type { JsonObject } from '../../../../lib/json.ts';
import { type Command, CommandError } from '../app.ts';
import { list as listOf, object, text, timeOf } from '../json-access.ts';
import { inListOrder, workflowTable } from '../list-view.ts';
import { asJson, yamlText } from '../print-object.ts';
import { parseDuration } from '../time.ts';
import { FIELD_SELECTOR_FLAG, OUTPUT_FLAG, SELECTOR_FLAG, getWorkflow, printWorkflow, workflowPath } from './shared.ts';
import { normalize } from '../../types/normal-form.ts';

export const get: Command = {
  path: ['get'],
  args: 'WORKFLOW... [flags]',
  short: 'display details about a workflow',
  example: `# Get information about a workflow:

  argo get my-wf

# Get the latest workflow:
  argo get @latest
`,
  flags: [
    { name: 'no-color', help: 'Disable colorized output' },
    { name: 'no-utf8', help: 'Use plain 7-bits ascii characters' },
    { name: 'node-field-selector', value: 'string', help: 'selector of node to display, eg: --node-field-selector phase=abc' },
    { name: 'output', short: 'o', value: 'string', oneOf: ['name', 'json', 'yaml', 'short', 'wide'], help: 'Output format. One of: name|json|yaml|short|wide' },
    { name: 'status', value: 'string', help: 'Filter by status (Pending, Running, Succeeded, Skipped, Failed, Error)' },
  ],
  async run(app, args, flags) {
    if (args.length === 0) throw new CommandError('requires at least 1 arg(s), only received 0');
    for (const name of args) printWorkflow(app, await getWorkflow(app, name), flags);
    return 0;
  },
};

/** What `list` asks the server for: enough for its table. */
const FIELDS = ['metadata', 'items.metadata', 'items.spec', 'items.status.phase', 'items.status.message', 'items.status.finishedAt', 'items.status.startedAt', 'items.status.estimatedDuration', 'items.status.progress'];
const PHASE = 'workflows.argoproj.io/phase';
const COMPLETED = 'workflows.argoproj.io/completed';

export const list: Command = {
  path: ['list'],
  args: '[flags]',
  short: 'list workflows',
  example: `# List all workflows:
  argo list

# List all workflows from all namespaces:
  argo list -A

# List all running workflows:
  argo list --running

# List all completed workflows:
  argo list --completed

 # List workflows created within the last 10m:
  argo list --since 10m

# List workflows that finished more than 2h ago:
  argo list --older 2h

# List workflows with more information (such as parameters):
  argo list -o wide

# List workflows in YAML format:
  argo list -o yaml

# List workflows that have both labels:
  argo list -l label1=value1,label2=value2
`,
  flags: [
    { name: 'all-namespaces', short: 'A', help: 'Show workflows from all namespaces' },
    { name: 'chunk-size', value: 'int', help: 'Return large lists in chunks rather than all at once. Pass 0 to disable.' },
    { name: 'completed', help: 'Show completed workflows. Mutually exclusive with --running.' },
    FIELD_SELECTOR_FLAG,
    { name: 'no-headers', help: "Don't print headers (default print headers)." },
    { name: 'older', value: 'string', help: 'List completed workflows finished before the specified duration (e.g. 10m, 3h, 1d)' },
    OUTPUT_FLAG,
    { name: 'prefix', value: 'string', help: 'Filter workflows by prefix' },
    { name: 'resubmitted', help: 'Show resubmitted workflows' },
    { name: 'running', help: 'Show running workflows. Mutually exclusive with --completed.' },
    SELECTOR_FLAG,
    { name: 'since', value: 'string', help: 'Show only workflows created after than a relative duration' },
    { name: 'status', value: 'string', many: 'strings', help: 'Filter by status (comma separated)' },
  ],
  async run(app, _args, flags) {
    const selectors = [flags.text('selector')].filter(Boolean);
    if (flags.on('completed')) selectors.push(`${COMPLETED}=true`);
    if (flags.on('running')) selectors.push(`${COMPLETED}!=true`);
    if (flags.on('resubmitted')) selectors.push('workflows.argoproj.io/resubmitted-from-workflow');
    if (flags.has('status')) selectors.push(`${PHASE} in (${flags.all('status').join(',')})`);
    const query: Record<string, string> = { ...(selectors.length === 0 ? {} : { 'listOptions.labelSelector': selectors.join(',') }), ...(flags.has('field-selector') ? { 'listOptions.fieldSelector': flags.text('field-selector') } : {}) };
    const output = flags.text('output');
    if (output === '' || output === 'name') query['fields'] = FIELDS.join(',');
    const answer = await app.transport.unary({ method: 'GET', path: workflowPath(flags.on('all-namespaces') ? '' : app.namespace), query });
    const limit = (flag: string) => {
      if (!flags.has(flag)) return undefined;
      const ms = parseDuration(flags.text(flag));
      if (ms === undefined) throw new CommandError(`invalid duration ${flags.text(flag)}`);
      return app.now() - ms;
    };
    const [since, older] = [limit('since'), limit('older')];
    const keep = (workflow: JsonObject): boolean => {
      const metadata = object(workflow, 'metadata');
      const finished = timeOf(object(workflow, 'status'), 'finishedAt');
      return text(metadata, 'name').startsWith(flags.text('prefix')) && (since === undefined || (timeOf(metadata, 'creationTimestamp') ?? 0) > since) && (older === undefined || (finished !== undefined && finished < older));
    };
    const workflows = listOf(answer, 'items').filter(keep).sort(inListOrder);
    if (output === 'name') for (const workflow of workflows) app.print(text(object(workflow, 'metadata'), 'name'));
    else if (output === 'json') app.world.stdout(`[${workflows.map((workflow) => asJson('Workflow', workflow).trim()).join(',')}]\n`);
    else if (output === 'yaml') app.world.stdout(yamlText(workflows.map((workflow) => normalize('Workflow', workflow))));
    else app.world.stdout(workflowTable(workflows, { now: app.now(), wide: output === 'wide', headers: !flags.on('no-headers'), namespace: flags.on('all-namespaces') }));
    return 0;
  },
};
