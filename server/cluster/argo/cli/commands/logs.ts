import { type App, type Command, CommandError } from '../app.ts';
import { text } from '../json-access.ts';
import { parseDuration } from '../time.ts';
import { workflowPath } from './shared.ts';

const COLOURS = [31, 32, 33, 34, 35, 36];

/** A pod's colour follows from its name. */
function colourOf(name: string): number {
  const sum = [...name].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
  return COLOURS[sum % COLOURS.length] ?? 31;
}

/** Prints log lines of a workflow's pods, or of one pod, until they end. */
export async function printLogs(app: App, workflow: string, pod: string, options: Record<string, string | number | boolean>, colour: boolean, extra: { grep?: string; selector?: string } = {}): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  app.world.signal.addEventListener('abort', stop, { once: true });
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) query[`logOptions.${name}`] = String(value);
  if (pod !== '') query['podName'] = pod;
  if (extra.grep !== undefined && extra.grep !== '') query['grep'] = extra.grep;
  if (extra.selector !== undefined && extra.selector !== '') query['selector'] = extra.selector;
  try {
    for await (const entry of app.transport.stream({ method: 'GET', path: workflowPath(app.namespace, workflow, 'log'), query }, controller.signal)) {
      const line = `${text(entry, 'podName')}: ${text(entry, 'content')}`;
      app.print(colour ? `\u001b[${colourOf(text(entry, 'podName'))}m${line}\u001b[0m` : line);
    }
  } finally {
    app.world.signal.removeEventListener('abort', stop);
    controller.abort();
  }
}

export const logs: Command = {
  path: ['logs'],
  args: 'WORKFLOW [POD] [flags]',
  short: 'view logs of a pod or workflow',
  example: `# Print the logs of a workflow:

  argo logs my-wf

# Follow the logs of a workflows:

  argo logs my-wf --follow

# Print the logs of a workflows with a selector:

  argo logs my-wf -l app=sth

# Print the logs of single container in a pod

  argo logs my-wf my-pod -c my-container

# Print the logs of a workflow's pods:

  argo logs my-wf my-pod

# Print the logs of a pods:

  argo logs --since=1h my-pod

# Print the logs of the latest workflow:
  argo logs @latest
`,
  flags: [
    { name: 'container', short: 'c', value: 'string', default: 'main', help: 'Print the logs of this container' },
    { name: 'follow', short: 'f', help: 'Specify if the logs should be streamed.' },
    { name: 'grep', value: 'string', help: 'grep for lines' },
    { name: 'no-color', help: 'Disable colorized output' },
    { name: 'previous', short: 'p', help: 'Specify if the previously terminated container logs should be returned.' },
    { name: 'selector', short: 'l', value: 'string', help: 'log selector for some pod' },
    { name: 'since', value: 'duration', help: 'Only return logs newer than a relative duration like 5s, 2m, or 3h. Defaults to all logs. Only one of since-time / since may be used.' },
    { name: 'since-time', value: 'string', help: 'Only return logs after a specific date (RFC3339). Defaults to all logs. Only one of since-time / since may be used.' },
    { name: 'tail', value: 'int', default: '-1', help: 'If set, the number of lines from the end of the logs to show. If not specified, logs are shown from the creation of the container or sinceSeconds or sinceTime' },
    { name: 'timestamps', help: 'Include timestamps on each line in the log output' },
  ],
  async run(app, args, flags) {
    const [workflow, pod = ''] = args;
    if (workflow === undefined) throw new CommandError('requires at least 1 arg(s), only received 0');
    if (flags.has('since') && flags.has('since-time')) throw new CommandError('--since-time and --since cannot be used together');
    const options: Record<string, string | number | boolean> = { container: flags.text('container') || 'main' };
    if (flags.on('follow')) options['follow'] = true;
    if (flags.on('previous')) options['previous'] = true;
    if (flags.on('timestamps')) options['timestamps'] = true;
    if (flags.has('tail') && Number(flags.text('tail')) >= 0) options['tailLines'] = flags.text('tail');
    if (flags.has('since')) options['sinceSeconds'] = Math.floor((parseDuration(flags.text('since')) ?? 0) / 1000);
    if (flags.has('since-time')) options['sinceTime.seconds'] = Math.floor(Date.parse(flags.text('since-time')) / 1000);
    await printLogs(app, workflow, pod, options, !flags.on('no-color'), { grep: flags.text('grep'), selector: flags.text('selector') });
    return 0;
  },
};
