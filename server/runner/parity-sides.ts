import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LabError, messageOf } from '../lib/errors.ts';
import type { Scenario } from '../scenario/model.ts';
import { compareCommand, type ParityCommand, type ParityPage, type ParitySide } from './parity.ts';
import type { ScenarioReport } from './report.ts';

/** A run of a scenario as one side: what was typed at its blocks and solutions, and what its checks said. */
export function sideOfReport(name: string, report: ScenarioReport): ParitySide {
  return {
    name,
    pages: report.pages.map((page) => ({
      page: page.page,
      title: page.title,
      commands: report.exchanges.filter((exchange) => exchange.page === page.page && (exchange.part === 'block' || exchange.part === 'solution') && exchange.ended !== 'running').map(({ command, exitCode, output }) => ({ command, output, ...(exitCode === undefined ? {} : { exitCode }) })),
      verdicts: Object.fromEntries(page.cases.map((one) => [one.id, one.state])),
    })),
  };
}

const Line = z.object({ command: z.string(), exitCode: z.number().int().optional(), output: z.string(), page: z.string().optional() });

/**
 * A recording as one side: JSON lines of command, exitCode and output, as `argo-lab record` or another tool wrote them.
 * Without pages of its own, each command belongs to the page of the other side that runs it next; where it was recorded
 * several times (before and after something, or while it changed), the answer that fits best is taken. What that side
 * never runs is left out, and how many those are is told.
 */
export async function sideOfRecording(file: string, other: ParitySide, namespace: string): Promise<{ side: ParitySide; unused: number }> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new LabError('bad-request', `the recording can't be read: ${messageOf(error)}`);
  });
  const lines = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = Line.safeParse(jsonOf(line));
    if (!parsed.success) throw new LabError('bad-request', `${file}:${index + 1} is no line of a recording: an object with command, exitCode and output`);
    return [parsed.data];
  });
  const waiting = [...lines];
  const pages = other.pages.map((page): ParityPage => {
    const commands = page.commands.flatMap((wanted): ParityCommand[] => {
      const fitting = waiting.filter((line) => (line.page === undefined || line.page === page.page) && plain(line.command) === plain(wanted.command)).map((line) => ({ line, command: commandOf(line) }));
      const ranked = fitting.map((one) => ({ ...one, differing: compareCommand(wanted, one.command, namespace).length })).sort((a, b) => a.differing - b.differing);
      const [best] = ranked;
      if (best === undefined) return [];
      waiting.splice(waiting.indexOf(best.line), 1);
      return [best.command];
    });
    return { page: page.page, title: page.title, commands, verdicts: {} };
  });
  return { side: { name: 'transcript', pages }, unused: waiting.length };
}

function commandOf({ command, exitCode, output }: z.infer<typeof Line>): ParityCommand {
  return { command, output, ...(exitCode === undefined ? {} : { exitCode }) };
}

/** Only what the other side has too: a recording says nothing about commands that it does not hold. */
export function withoutUnrecorded(side: ParitySide, recording: ParitySide): { side: ParitySide; unrecorded: number } {
  let unrecorded = 0;
  const pages = side.pages.map((page) => {
    const held = (recording.pages.find((one) => one.page === page.page)?.commands ?? []).map(({ command }) => plain(command));
    const commands = page.commands.filter(({ command }) => {
      const at = held.indexOf(plain(command));
      if (at >= 0) held.splice(at, 1);
      else unrecorded += 1;
      return at >= 0;
    });
    return { ...page, commands };
  });
  return { side: { ...side, pages }, unrecorded };
}

/** The scenario without near misses: they cost a session each and say nothing about the cluster that the solution does not. */
export function withoutNearMisses(scenario: Scenario): Scenario {
  return { ...scenario, steps: scenario.steps.map((page) => (page.exercise === undefined ? page : { ...page, exercise: { ...page.exercise, nearMisses: [] } })) };
}

function plain(command: string): string {
  return command.replace(/\\\n/g, ' ').replace(/\s+/g, ' ').trim();
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
