import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { LabError } from '../lib/errors.ts';
import { keepingAlive } from '../lib/keep-alive.ts';
import { indexIn } from '../scenario/index-name.ts';
import type { Scenario } from '../scenario/model.ts';
import { cutScript } from '../runner/cut.ts';
import { Desk } from '../runner/desk.ts';
import { joinTerminal } from '../runner/join-terminal.ts';
import { labCommand, LAB_HELP, saveRecordings, ScenarioRecorder } from '../runner/recorder.ts';
import { CastRecorder } from '../runner/recording.ts';
import { COLUMNS, ROWS } from '../runner/run-all.ts';
import { flatten } from '../runner/select.ts';
import { readTranscript } from '../runner/transcript.ts';
import type { Workshop } from '../runner/workshop.ts';
import type { CommandParts } from './command.ts';
import { complain, WRONG_USE } from './complain.ts';
import type { Flags } from './flags.ts';
import { inWorkshop } from './in-workshop.ts';
import { stopSignal } from './stop-signal.ts';

export interface RecordFlags extends Flags {
  /** A file with the lines to type, instead of a person. */
  from?: string;
}

const RECORDING = 'recording';
const START_MS = 60_000;

/** `argo-lab record`: 0 when the pages were recorded, 1 when one was left unsolved or nothing was recorded, 2 for wrong use. */
export async function record(target: string, flags: RecordFlags, parts: CommandParts): Promise<number> {
  const found = indexIn(target) !== undefined ? resolve(target) : undefined;
  if (found === undefined) return complain(`${target} is no folder of a scenario: it has no index.json`, WRONG_USE);
  if (flags.from === undefined && (process.stdin.isTTY !== true || process.stdout.isTTY !== true)) return complain('record needs a terminal to type into, or --from FILE with what to type', WRONG_USE);
  if (flags.from !== undefined && !existsSync(flags.from)) return complain(`there is no file ${flags.from}`, WRONG_USE);
  return keepingAlive(inWorkshop('record', parts, flags, [found], (workshop, data) => run(workshop, data, found, flags)));
}

async function run(workshop: Workshop, data: string, folder: string, flags: RecordFlags): Promise<number> {
  const say = (text: string) => void process.stdout.write(process.stdout.isTTY === true ? `\r\u001b[0m\u001b[K· ${text}\r\n` : `${text}\n`);
  const scenario = await only(workshop, folder);
  const session = await workshop.manager.start(scenario);
  say('Preparing the session …');
  await session.prepared();
  const view = session.view();
  if (view.state !== 'ready') throw new LabError('cluster-failed', view.error?.message ?? 'the session could not be prepared', view.error?.next);
  const cast = new CastRecorder(join(data, RECORDING), { title: scenario.title, columns: flags.from === undefined ? (process.stdout.columns ?? COLUMNS) : COLUMNS, rows: flags.from === undefined ? (process.stdout.rows ?? ROWS) : ROWS, clock: workshop.clock });
  const recorder = new ScenarioRecorder(scenario, session, say, (page) => cast.marker(page.title));
  const terminal = session.terminals?.first();
  if (terminal === undefined || !(await terminal.prompt(START_MS))) throw new LabError('timeout', 'the shell has not shown its prompt');
  await recorder.begin();
  if (flags.from === undefined) {
    say(LAB_HELP);
    say('Ctrl-] and the first letter of one of these says the same while a program runs.');
    await joinTerminal({ hub: terminal, input: process.stdin, output: process.stdout, recorder, cast: cast.cast(1), stopped: stopSignal() });
  } else {
    const desk = new Desk(session, { clock: workshop.clock, limitMs: START_MS, recorder: cast });
    await typeLines(await readFile(flags.from, 'utf8'), desk, recorder, say);
    await desk.close();
  }
  const recordings = recorder.recordings();
  await cast.close();
  if (recorder.failed) say('A page was left unsolved: argo-lab test will say so, too.');
  if (recordings.length === 0) {
    say('Nothing was recorded: nothing is changed.');
    return 1;
  }
  const { files, notes } = await saveRecordings(scenario, recordings, (await readTranscript(scenario))?.lines ?? []);
  await copyCast(join(data, `${RECORDING}.cast`), join(scenario.folder, `${RECORDING}.cast`));
  for (const note of notes) say(note);
  say(`Written: ${[...files, `${RECORDING}.cast`].map((file) => join(folder, file)).join(', ')}`);
  say(`Prove it: argo-lab test ${folder} --compare`);
  return recorder.failed ? 1 : 0;
}

async function only(workshop: Workshop, folder: string): Promise<Scenario> {
  const all = flatten(await workshop.content.courses());
  const [found] = all.filter((one) => (one.type === 'scenario' ? one.scenario.folder === folder : basename(one.id) === basename(folder)));
  if (found?.type === 'scenario') return found.scenario;
  const [problem] = found?.problems ?? [];
  throw new LabError('scenario-broken', problem === undefined ? `there is no scenario in ${folder}` : `${join(dirname(folder), problem.file)}${problem.line === undefined ? '' : `:${problem.line}`} ${problem.message}`, 'argo-lab lint says what is wrong.');
}

/** Types a script: each command, and the words for the lab between them, as a person would. */
async function typeLines(text: string, desk: Desk, recorder: ScenarioRecorder, say: (text: string) => void): Promise<void> {
  for (const { text: command } of await cutScript(text)) {
    if (recorder.over || recorder.page === undefined) return;
    const lab = labCommand(command);
    if (lab !== undefined) {
      await recorder.lab(lab);
      continue;
    }
    say(`$ ${command.split('\n')[0] ?? ''}`);
    const exchange = await desk.type(command, { page: recorder.page.id, part: 'solution' });
    recorder.ran({ command, output: exchange.output, ...(exchange.exitCode === undefined ? {} : { exitCode: exchange.exitCode }) });
  }
}

async function copyCast(from: string, to: string): Promise<void> {
  await writeFileAtomic(to, await readFile(from), 0o644);
}
