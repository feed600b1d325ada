import type { Block } from './blocks.ts';
import type { Exchange, Finding } from './report.ts';

/** Pure: what became of one command of a block. */

const LAST_LINES = 12;
const MOST_READ = 100_000;
/** From so many on, a line that is repeated stands there once. */
const MANY = 4;

/** The end of what was printed, for a reader of the report. */
export function endOf(output: string): string {
  const runs: { line: string; times: number }[] = [];
  for (const line of output.slice(-MOST_READ).replace(/\s+$/, '').split('\n')) {
    const last = runs.at(-1);
    if (last?.line === line) last.times += 1;
    else runs.push({ line, times: 1 });
  }
  const lines = runs.flatMap(({ line, times }) => (times < MANY ? Array.from({ length: times }, () => line) : [line, `(${times} times)`]));
  return lines.length <= LAST_LINES ? lines.join('\n') : ['…', ...lines.slice(-LAST_LINES)].join('\n');
}

export function shortened(command: string): string {
  const [first = '', ...rest] = command.trim().split('\n');
  return `${first.length > 100 ? `${first.slice(0, 100)}…` : first}${rest.length === 0 ? '' : ' …'}`;
}

export function judgeExchange(exchange: Exchange, block: Block, last: boolean, limitMs: number): Finding[] {
  const about = { printed: endOf(exchange.output) };
  const named = `“${shortened(exchange.command)}”`;
  switch (exchange.ended) {
    case 'interrupted':
    case 'quit':
    case 'killed':
      return [
        {
          severity: 'error',
          code: 'block-did-not-end',
          message: `${named} has not ended within ${limitMs / 1000} seconds.`,
          observed: { interrupted: 'It was ended with Ctrl-C.', quit: 'It was ended with the keys that end such a program.', killed: 'Ctrl-C did not end it: its terminal was closed.' }[exchange.ended],
          why: 'A reader who clicks the next block types it into the running program.',
          next: 'Let it run in the background with & at its end, put {{exec interrupt}} on the next block, or go on in another terminal ({{exec T2}}). If it only takes long, run with a longer --timeout.',
          ...about,
        },
      ];
    case 'shell-ended':
      return /^\s*(exit|logout)\b/.test(exchange.command) ? [] : [{ severity: 'error', code: 'shell-ended', message: `${named} ended the learner’s shell.`, why: 'The terminal is gone, and with it its variables and what ran in the background.', next: 'Run what may end the shell in a subshell: ( … ).', ...about }];
    case 'running':
      return [];
    case 'itself':
      break;
  }
  const { exitCode } = exchange;
  if (exitCode === undefined || block.expects === 'any') return [];
  if (block.expects !== undefined && block.expects !== 0) {
    if (exitCode === block.expects || (!last && exitCode === 0)) return [];
    return [{ severity: 'error', code: 'block-should-fail', message: `${named} ended with exit code ${exitCode}.`, expected: `exit code ${block.expects}, as the comment above the block says`, observed: `exit code ${exitCode}`, next: 'Change the comment, or the block.', ...about }];
  }
  if (exitCode === 0) return [];
  return [
    {
      severity: 'error',
      code: 'block-failed',
      message: `${named} ended with exit code ${exitCode}.`,
      expected: 'exit code 0',
      observed: `exit code ${exitCode}${exitCode === 127 ? ': there is no such command' : exitCode === 126 ? ': it is no program that can be run' : ''}`,
      next: `Mend the block. Where it is meant to fail, write <!-- argo-lab: exit ${exitCode} --> above it.`,
      ...about,
    },
  ];
}
