import { GrpcStatus, Code } from '../../server/status.ts';
import type { App, Command } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text, timeOf } from '../json-access.ts';
import { goTime } from '../time.ts';
import { workflowView } from '../workflow-view.ts';
import { exactly } from './arguments.ts';
import { follow, viewOptions } from './follow.ts';

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
        // Only the exit code tells of what went wrong here.
        return options.ignoreMissing && error instanceof GrpcStatus && error.code === Code.NotFound;
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

export const wait: Command = {
  path: ['wait'],
  run: (app, args, flags) => waitFor(app, args, { quiet: false, ignoreMissing: flags.on('ignore-not-found') }),
};

export const watch: Command = {
  path: ['watch'],
  check: exactly(1),
  run: (app, args, flags) => watchWorkflow(app, args[0] ?? '', flags),
};
