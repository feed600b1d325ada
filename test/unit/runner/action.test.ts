import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { commands } from '../../../server/cli/commands/index.ts';

const root = resolve(import.meta.dirname, '../../..');
const Step = z.object({ if: z.string().optional(), uses: z.string().optional(), run: z.string().optional(), shell: z.string().optional(), with: z.record(z.string(), z.string()).optional(), env: z.record(z.string(), z.string()).optional() });
const Action = z.object({ name: z.string(), description: z.string(), inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string() })), runs: z.object({ using: z.literal('composite'), steps: z.array(Step) }) });
const Workflow = z.object({ on: z.array(z.string()), jobs: z.record(z.string(), z.object({ 'runs-on': z.string(), steps: z.array(Step) })) });

const action = Action.parse(parse(readFileSync(join(root, 'scripts/action.yml'), 'utf8')));
const guide = readFileSync(join(root, 'scenarios/README.md'), 'utf8');
const workflow = Workflow.parse(parse(/```yaml\n(# \.github\/workflows[\s\S]*?)```/.exec(guide)?.[1] ?? ''));

/** Every flag of a subcommand, as commander knows it. */
function flagsOf(name: string): string[] {
  const program = new Command();
  const never = () => Promise.reject(new Error('not in a test'));
  for (const add of commands) add(program, { parts: { startLab: never, openWorkshop: never, argoUi: never }, exit: () => {} });
  const found = program.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`there is no command ${name}`);
  return found.options.flatMap((option) => (option.long === undefined || option.long === null ? [] : [option.long]));
}

describe('the action', () => {
  const scripts = action.runs.steps.flatMap((step) => (step.run === undefined ? [] : [step.run]));

  it('uses only flags that its commands have', () => {
    const used = scripts.flatMap((script) => [...script.replaceAll(/\\\n/g, ' ').matchAll(/(?:"\$LAB"|argo-lab\.mjs") (lint|test|doctor)(.*)$/gm)].map(([, command = '', rest = '']) => ({ command, flags: [...rest.matchAll(/(?<=\s)--[a-z-]+/g)].map(([flag]) => flag) })));
    expect(used.map(({ command }) => command)).toEqual(['doctor', 'lint', 'lint', 'test']);
    for (const { command, flags } of used) expect(flagsOf(command)).toEqual(expect.arrayContaining(flags));
    // Put together in a variable.
    expect(flagsOf('test')).toContain('--shard');
  });

  it('is made of scripts that bash takes, in which no input stands as code', () => {
    for (const script of scripts) {
      expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      expect(script).not.toContain('${{');
    }
    expect(action.runs.steps.filter((step) => step.run !== undefined).map((step) => step.shell)).toEqual(scripts.map(() => 'bash'));
  });

  it('uses every input that it declares, and no other', () => {
    const text = JSON.stringify(action.runs);
    const used = new Set([...text.matchAll(/inputs\.(\w+)/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(action.inputs).sort());
  });
});

describe('the workflow in the guide', () => {
  it('calls the action with inputs that it has', () => {
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    const calls = steps.filter((step) => step.uses?.includes('/argo-lab/scripts@') === true);
    expect(calls.length).toBe(1);
    for (const call of calls) expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(call.with ?? {})));
  });
});

describe('the guide', () => {
  it('names only flags of test that there are, and all but those of a certain cluster', () => {
    const table = guide.slice(guide.indexOf('## What a test proves'), guide.indexOf('## In CI'));
    const named = [...new Set([...table.matchAll(/`(--[a-z-]+)/g)].map(([, flag = '']) => flag))];
    const told = new Set(['--kubeconfig', '--context', '--node-image', '--argo-manifest', '--sandbox', '--log-level']);
    expect(named.sort()).toEqual(flagsOf('test').filter((flag) => !told.has(flag)).sort());
  });
});
