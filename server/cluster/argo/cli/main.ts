import { text } from 'node:stream/consumers';
import { systemClock } from '../../../lib/clock.ts';
import { systemIds } from '../../../lib/ids.ts';
import { runArgo } from './run.ts';

/** The process of the `argo` command: for terminals on machines that have no real one. */
// Ctrl-C ends it at once, whatever it waits for, as it ends the real one: nobody listens for SIGINT.
const never = new AbortController();
// A reader that has gone (`argo list | head -1`) is no error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(0));

process.exitCode = await runArgo(process.argv.slice(2), {
  env: process.env,
  stdout: (written) => void process.stdout.write(written),
  stderr: (written) => void process.stderr.write(written),
  stdin: () => text(process.stdin),
  clock: systemClock,
  ids: systemIds,
  signal: never.signal,
});
