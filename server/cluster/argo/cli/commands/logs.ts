import { parseGoDuration } from '../../../../lib/go-duration.ts';
import { type App, type Command, CommandError } from '../app.ts';
import { text } from '../json-access.ts';
import { between } from './arguments.ts';
import { workflowPath } from './follow.ts';

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
  if (app.world.signal.aborted) stop();
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
  check: between(1, 2),
  async run(app, args, flags) {
    const [workflow = '', pod = ''] = args;
    if (flags.has('since') && flags.has('since-time')) throw new CommandError('--since-time and --since cannot be used together');
    const options: Record<string, string | number | boolean> = { container: flags.text('container') || 'main' };
    if (flags.on('follow')) options['follow'] = true;
    if (flags.on('previous')) options['previous'] = true;
    if (flags.on('timestamps')) options['timestamps'] = true;
    if (flags.has('tail') && Number(flags.text('tail')) >= 0) options['tailLines'] = flags.text('tail');
    if (flags.has('since')) options['sinceSeconds'] = Math.floor((parseGoDuration(flags.text('since'), { days: true }) ?? 0) / 1000);
    if (flags.has('since-time')) options['sinceTime.seconds'] = Math.floor(Date.parse(flags.text('since-time')) / 1000);
    await printLogs(app, workflow, pod, options, !flags.on('no-color'), { grep: flags.text('grep'), selector: flags.text('selector') });
    return 0;
  },
};
