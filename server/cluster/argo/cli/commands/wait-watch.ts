import { GrpcStatus, Code } from '../../server/status.ts';
import type { App, Command } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text, timeOf } from '../json-access.ts';
import { goTime } from '../time.ts';
import { workflowView } from '../workflow-view.ts';
import { follow, viewOptions } from './shared.ts';

/** Waits for each to end; 1 when one failed. */
export async function waitFor(app: App, names: readonly string[], options: { quiet: boolean; ignoreMissing: boolean }): Promise<number> {
  const results = await Promise.all(
    names.map(async (name) => {
      let phase = '';
      try {
        await follow(app, name, (workflow) => {
          phase = text(object(workflow, 'status'), 'phase');
          const finished = timeOf(object(workflow, 'status'), 'finishedAt');
          if (['Succeeded', 'Failed', 'Error'].includes(phase) && finished !== undefined && !options.quiet) app.print(`${name} ${phase} at ${goTime(finished)}`);
        });
      } catch (error) {
        if (options.ignoreMissing && error instanceof GrpcStatus && error.code === Code.NotFound) return true;
        throw error;
      }
      return phase === 'Succeeded' || phase === '';
    }),
  );
  return results.every(Boolean) ? 0 : 1;
}

/** Shows a workflow anew at each change, until it has ended. */
export async function watchWorkflow(app: App, name: string, flags: FlagValues): Promise<number> {
  await follow(app, name, (workflow) => {
    // Argo clears the screen through stderr, so that what is piped holds the views alone.
    app.world.stderr('\u001b[H\u001b[2J\u001b[0;0H');
    app.world.stdout(workflowView(workflow, viewOptions(app, flags)));
  });
  return 0;
}

const WATCH_FLAGS = [
  { name: 'node-field-selector', value: 'string', help: 'selector of node to display, eg: --node-field-selector phase=abc' },
  { name: 'status', value: 'string', help: 'Filter by status (Pending, Running, Succeeded, Skipped, Failed, Error)' },
];

export const wait: Command = {
  path: ['wait'],
  args: '[WORKFLOW...] [flags]',
  short: 'waits for workflows to complete',
  example: `# Wait on a workflow:

  argo wait my-wf

# Wait on the latest workflow:

  argo wait @latest
`,
  flags: [{ name: 'ignore-not-found', help: 'Ignore the wait if the workflow is not found' }],
  run: (app, args, flags) => waitFor(app, args, { quiet: false, ignoreMissing: flags.on('ignore-not-found') }),
};

export const watch: Command = {
  path: ['watch'],
  args: 'WORKFLOW [flags]',
  short: 'watch a workflow until it completes',
  example: `# Watch a workflow:

  argo watch my-wf

# Watch the latest workflow:

  argo watch @latest
`,
  flags: WATCH_FLAGS,
  run: (app, args, flags) => watchWorkflow(app, args[0] ?? '', flags),
};
