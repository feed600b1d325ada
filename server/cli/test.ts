import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { messageOf } from '../lib/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { keepingAlive } from '../lib/keep-alive.ts';
import type { RunReport } from '../runner/outcome.ts';
import { colors, LineReporter, noStyle, type Reporter, TreeReporter } from '../runner/reporter.ts';
import { runAll } from '../runner/run-all.ts';
import { machineHas } from '../scenario/needs.ts';
import { flatten, parseShard, select } from '../runner/select.ts';
import { writeReports } from '../runner/write-reports.ts';
import type { Workshop } from '../runner/workshop.ts';
import type { CommandParts } from './command.ts';
import { complain, notHere, WRONG_USE } from './complain.ts';
import { type Flags, integer } from './flags.ts';
import { inWorkshop } from './in-workshop.ts';
import { whenStopped } from './stop-signal.ts';

export interface TestFlags extends Flags {
  repeat: string;
  shard?: string;
  only?: string[];
  timeout: string;
  jobs?: string;
  bail?: boolean;
  json?: boolean;
  out?: string;
  compare?: boolean;
  needs: boolean;
}

/** More sessions at once than this win nothing on a machine of any size: one process serves all their clusters. */
const MOST_JOBS = 4;

/** `argo-lab test`: 0 when everything was proven, 1 when something failed or was interrupted, 2 for wrong use. */
export async function test(folders: readonly string[], flags: TestFlags, parts: CommandParts): Promise<number> {
  const wrong = (message: string): number => complain(message, WRONG_USE);
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) return wrong(`there is no folder ${missing}`);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
  if (flags.shard !== undefined && shard === undefined) return wrong(`--shard takes a part and a count such as 1/3, not ${flags.shard}`);
  let numbers: { repeat: number; timeout: number; jobs: number | undefined };
  try {
    numbers = { repeat: integer('--repeat', flags.repeat, 1, 1000), timeout: integer('--timeout', flags.timeout, 1, 3600), jobs: flags.jobs === undefined ? undefined : integer('--jobs', flags.jobs, 1, 16) };
  } catch (error) {
    return wrong(messageOf(error));
  }
  const options = { ...numbers, shard, signal: whenStopped() };
  return keepingAlive(inWorkshop('test', parts, { ...flags, maxSessions: '1000' }, folders, (workshop) => run(workshop, folders, flags, options)));
}

async function run(workshop: Workshop, folders: readonly string[], flags: TestFlags, options: { repeat: number; timeout: number; jobs: number | undefined; shard: { index: number; count: number } | undefined; signal: AbortSignal }): Promise<number> {
  const unavailable = await workshop.providers.default.problem?.();
  if (unavailable !== undefined) return complain(notHere(workshop.providers.default.title, unavailable), 1);
  const chosen = select(flatten(await workshop.content.courses()), flags.only ?? [], options.shard);
  if (chosen.length === 0 && options.shard === undefined) return complain(`there is no scenario to test${flags.only === undefined ? '' : ` whose id has ${flags.only.join(' or ')}`}`, 1);
  // Without a sandbox, sessions share ports; with a real cluster, each session at once is a cluster of its own.
  const alone = workshop.isolation === 'none' || !workshop.providers.default.spare;
  const reporter = reporterFor(flags);
  for (const notice of flags.json === true ? [] : workshop.notices) process.stderr.write(`Note: ${notice}\n`);
  const out = flags.out === undefined ? undefined : resolve(flags.out);
  const report = await runAll(
    workshop,
    chosen,
    {
      limitMs: options.timeout * 1000,
      jobs: options.jobs ?? (alone ? 1 : Math.max(1, Math.min(MOST_JOBS, availableParallelism()))),
      repeat: options.repeat,
      bail: flags.bail === true,
      compare: flags.compare === true,
      ...(out === undefined ? {} : { out }),
      folders: folders.map((folder) => resolve(folder)),
      from: process.cwd(),
      ...(flags.shard === undefined ? {} : { shard: flags.shard }),
      has: flags.needs ? machineHas(process.env['PATH'] ?? '') : 'all',
      signal: options.signal,
    },
    (event) => reporter.event(event),
  );
  reporter.done(report);
  if (out !== undefined) await writeReports(out, report);
  if (out !== undefined && flags.json !== true) process.stdout.write(`Reports:   ${out}\n`);
  return report.state === 'passed' ? 0 : 1;
}

function reporterFor(flags: TestFlags): Reporter {
  if (flags.json === true) return { event() {}, done: (report: RunReport) => void process.stdout.write(`${JSON.stringify(report, null, 2)}\n`) };
  const tty = process.stdout.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb';
  const style = tty && process.env['NO_COLOR'] === undefined ? colors : noStyle;
  return tty ? new TreeReporter(process.stdout, style, systemClock) : new LineReporter(process.stdout, style);
}
