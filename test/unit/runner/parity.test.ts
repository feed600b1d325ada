import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareCommand, compareSides, type ParityCommand, type ParitySide } from '../../../server/runner/parity.ts';
import { parityMarkdown, parityText } from '../../../server/runner/parity-print.ts';
import { sideOfRecording, withoutUnrecorded } from '../../../server/runner/parity-sides.ts';

function differences(left: Partial<ParityCommand>, right: Partial<ParityCommand>): unknown {
  const command = { command: 'kubectl get wf', exitCode: 0, output: '' };
  return compareCommand({ ...command, ...left }, { ...command, ...right }, 'argo').map(({ what: _what, ...rest }) => rest);
}

describe('two answers to one command', () => {
  it.each([
    ['names that were made up', 'NAME          STATUS\nhello-x7k2p   Succeeded\n', 'NAME          STATUS\nhello-bb9zq   Succeeded\n'],
    ['times and uids', '{"uid":"0f0e0d0c-1111-4222-8333-444455556666","at":"2026-11-23T10:00:00Z"}', '{"uid":"1f0e0d0c-1111-4222-8333-444455556666","at":"2026-11-24T10:00:00Z"}'],
    ['the end of a wait', 'hello-x7k2p Succeeded at 2026-11-23 23:11:08 +0000 UTC', 'hello-bb9zq Succeeded at 2026-11-23 23:11:49.5 +0000 UTC'],
    ['how long a workflow is when it is written down', 'msg="Workflow to be dehydrated" Workflow Size=1539', 'msg="Workflow to be dehydrated" Workflow Size=1602'],
    ['tokens', 'Bearer eyJhbGci.eyJz.aa', 'Bearer eyJhbGco.eyJx.bb'],
    ['the namespace of a session of its own', 'in namespace argo', 'in namespace argo-lab-abcdef123456-x7k2p'],
    ['which process went to the background', '[1] 22\n', '[1] 4711\n'],
    ['line ends', 'a\r\nb\r\n', 'a\nb\n'],
  ])('are the same but for %s', (_what, left, right) => {
    expect(differences({ output: left }, { output: right })).toEqual([]);
  });

  it('differ in what they print: the lines that only one has', () => {
    expect(differences({ output: 'same\nleft only\n' }, { output: 'same\nright only\nand more\n' })).toEqual([{ kind: 'stdout', left: 'left only', right: 'right only\nand more' }]);
    expect(differences({ output: 'same\n' }, { output: 'same\nsame\n' })).toEqual([{ kind: 'stdout', left: '1 lines', right: '2 lines' }]);
  });

  it('differ in order only', () => {
    expect(differences({ output: 'a\nb\n' }, { output: 'b\na\n' })).toEqual([{ kind: 'order', left: 'a\nb', right: 'b\na' }]);
  });

  it('differ by the moment alone, where a workflow was still on its way', () => {
    const [running, done, failed] = ['{"spec":{"a":1},"status":{"phase":"Running","progress":"0/1"}}', '{"spec":{"a":2},"status":{"phase":"Succeeded","progress":"1/1"}}', '{"spec":{"a":1},"status":{"phase":"Failed","progress":"1/1"}}'];
    const kinds = (one: string, two: string) => compareCommand({ command: 'c', output: one }, { command: 'c', output: two }, 'argo').map(({ kind, field }) => `${kind} ${field ?? ''}`.trim());
    expect(kinds(running, done)).toEqual(['field spec.a', 'moment status.phase', 'moment status.progress']);
    expect(kinds(done, failed)).toEqual(['field spec.a', 'field status.phase']);
    expect(kinds('{"items":[{"status":{"phase":"Pending"}}]}', '{"items":[{"status":{"phase":"Succeeded"}}]}')).toEqual(['moment items[0].status.phase']);
    expect(kinds('NAME  STATUS\nmine  Running  1/2\n', 'NAME  STATUS\nmine  Succeeded  2/2\n')).toEqual(['moment']);
    expect(kinds('mine  Succeeded\n', 'mine  Failed\n')).toEqual(['stdout']);
  });

  it('differ in the exit code', () => {
    expect(differences({ exitCode: 0 }, { exitCode: 1 })).toEqual([{ kind: 'exit-code', left: '0', right: '1' }]);
  });

  it('differ in fields, each with its path; headers before them are compared as text', () => {
    const left = 'HTTP/1.1 200 OK\r\nServer: a\r\n\r\n{"status":{"phase":"Failed","nodes":{"hello-x7k2p":{"id":1}}},"list":[1,2]}';
    const right = 'HTTP/1.1 200 OK\r\nServer: b\r\n\r\n{"status":{"phase":"Succeeded","nodes":{"hello-bb9zq":{"id":2}}},"list":[1]}';
    expect(differences({ output: left }, { output: right })).toEqual([
      { kind: 'stdout', left: 'Server: a', right: 'Server: b' },
      { kind: 'field', field: 'status.phase', left: 'Failed', right: 'Succeeded' },
      { kind: 'field', field: 'status.nodes.hello-<RAND>.id', left: '1', right: '2' },
      { kind: 'field', field: 'list[1]', left: '2', right: '(absent)' },
    ]);
  });
});

const command = (text: string, output = '', exitCode = 0): ParityCommand => ({ command: text, output, exitCode });
const left: ParitySide = { name: 'embedded', pages: [{ page: 'step1', title: 'One', commands: [command('a', 'x'), command('b'), command('a', 'y')], verdicts: { 'step1/solution-alone': 'passed', 'step1/only-here': 'passed' } }] };
const right: ParitySide = { name: 'kind', pages: [{ page: 'step1', title: 'One', commands: [command('a', 'x'), command('a', 'z'), command('c', '', 3)], verdicts: { 'step1/solution-alone': 'failed' } }] };

describe('two runs of a scenario', () => {
  const report = compareSides(left, right, { scenario: 'course/one', namespace: 'argo' });
  it('are compared command by command, in their order, with the verdicts that both have', () => {
    expect(report).toEqual({
      version: 1,
      scenario: 'course/one',
      left: 'embedded',
      right: 'kind',
      equal: false,
      pages: [
        {
          page: 'step1',
          title: 'One',
          compared: 2,
          verdicts: 1,
          differences: [
            { kind: 'missing', what: 'b', left: 'exit code 0', right: 'never run' },
            { kind: 'stdout', what: 'a', left: 'y', right: 'z' },
            { kind: 'missing', what: 'c', left: 'never run', right: 'exit code 3' },
            { kind: 'verdict', what: 'step1/solution-alone', left: 'passed', right: 'failed' },
          ],
        },
      ],
    });
  });

  it('are equal where only the order of lines differs', () => {
    const one: ParitySide = { name: 'l', pages: [{ page: 'p', title: 'P', commands: [command('a', '1\n2\n')], verdicts: {} }] };
    const two: ParitySide = { name: 'r', pages: [{ page: 'p', title: 'P', commands: [command('a', '2\n1\n')], verdicts: {} }] };
    expect(compareSides(one, two, { scenario: 's', namespace: 'n' }).equal).toBe(true);
    expect(compareSides(one, one, { scenario: 's', namespace: 'n' }).pages[0]?.differences).toEqual([]);
  });

  it('are told step by step', () => {
    expect(parityText(report)).toBe(`course/one: embedded and kind

✗ One (step1): 2 commands, 1 verdicts, 4 different
    ran: b
      embedded: exit code 0
      kind: never run
    prints: a
      embedded: y
      kind: z
    ran: c
      embedded: never run
      kind: exit code 3
    verdict: step1/solution-alone
      embedded: passed
      kind: failed

2 commands and 1 verdicts compared: 4 differences
`);
  });

  it('are told as a table', () => {
    expect(parityMarkdown(report)).toBe(`| step | commands compared | verdicts compared | differences (embedded, kind) |
|---|---|---|---|
| One | 2 | 1 | 4 |

- One: ran of \`b\`: embedded \`exit code 0\`, kind \`never run\`
- One: prints of \`a\`: embedded \`y\`, kind \`z\`
- One: ran of \`c\`: embedded \`never run\`, kind \`exit code 3\`
- One: verdict of \`step1/solution-alone\`: embedded \`passed\`, kind \`failed\`
`);
  });
});

describe('a recording', () => {
  it('stands for a run of the commands that it holds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parity-'));
    const file = join(folder, 'recording.jsonl');
    const one: ParitySide = { name: 'embedded', pages: [{ page: 'step1', title: 'One', commands: [command('a', 'x'), command('b')], verdicts: { 'step1/blocks': 'passed' } }] };
    await writeFile(file, `${JSON.stringify({ id: '0', command: 'a', exitCode: 7, output: 'not yet' })}\n${JSON.stringify({ id: '1', command: 'a', exitCode: 0, output: 'x' })}\n${JSON.stringify({ command: 'other', exitCode: 0, output: '' })}\n`);
    const { side, unused } = await sideOfRecording(file, one, 'argo');
    const { side: held, unrecorded } = withoutUnrecorded(one, side);
    expect([unused, unrecorded]).toEqual([2, 1]);
    expect(compareSides(held, side, { scenario: 's', namespace: 'argo' }).pages).toEqual([{ page: 'step1', title: 'One', compared: 1, verdicts: 0, differences: [] }]);
    await writeFile(file, 'nonsense\n');
    await expect(sideOfRecording(file, one, 'argo')).rejects.toThrow(`${file}:1 is no line of a recording: an object with command, exitCode and output`);
    await rm(folder, { recursive: true });
  });
});
