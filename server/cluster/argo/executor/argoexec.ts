import { posix } from 'node:path';
import { within, writeInside } from '../../../lib/inside-folder.ts';
import type { Program, ProgramContext } from '../../program.ts';
import type { Outputs, Template } from '../types/workflow.ts';
import { runAgent } from './agent.ts';
import { deleteArtifacts } from './artifact-gc.ts';
import { runData } from './data.ts';
import { init } from './init.ts';
import { logger, sayInitialized } from './log.ts';
import { placeAt, templateOf } from './pod-files.ts';
import type { PodSignals } from './pod-signals.ts';
import { runResource } from './resource.ts';
import { completeResult, createResult, reportResult } from './results.ts';
import { wait } from './wait.ts';

/** argoexec: what runs as `init`, `wait` and, for resource and data templates, `main` in a workflow's pod; and in the pods of its agents. */
export function argoexec(signals: PodSignals): Program {
  return {
    async run(context) {
      const wrapped = context.argv[1] === 'emissary';
      const argv = wrapped ? context.argv.slice(context.argv.indexOf('--') + 1) : context.argv;
      const missing = wrapped ? notFound(argv[0] ?? '') : undefined;
      const code = missing === undefined ? await attempt(context, argv, signals) : await fail(context, missing);
      if (wrapped) {
        await writeInside(within(placeAt(context, '/var/run/argo'), 'ctr', context.container, 'exitcode'), String(code));
        if (missing !== undefined) return code;
        logger(context)('info', 'sub-process exited', ' argo=true error="<nil>"');
        if (code !== 0) context.stderr(`Error: exit status ${code}\n`);
      }
      return code;
    },
  };
}

/** The image holds argoexec alone. */
function notFound(command: string): string | undefined {
  if (posix.basename(command) === 'argoexec') return undefined;
  return `failed to find name in PATH: exec: ${JSON.stringify(command)}: ${command.includes('/') ? `stat ${command}: no such file or directory` : 'executable file not found in $PATH'}`;
}

async function attempt(context: ProgramContext, argv: readonly string[], signals: PodSignals): Promise<number> {
  const [, command = '', ...args] = argv;
  try {
    switch (command) {
      case 'init':
        await init(context);
        return 0;
      case 'wait': {
        const [first] = await wait(context, signals);
        return first === undefined ? 0 : await fail(context, first);
      }
      case 'resource':
        await carryOut(context, (template) => runResource(context, args[0] ?? '', template));
        return 0;
      case 'data':
        await carryOut(context, (template) => runData(context, template));
        return 0;
      case 'agent':
        return args[0] === 'main' ? await runAgent(context) : 0;
      case 'artifact':
        await deleteArtifacts(context);
        return 0;
      case 'version':
        context.stdout('argoexec: v3.7.6\n');
        return 0;
      default:
        throw new Error(`unknown command ${JSON.stringify(command)} for "argoexec"`);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    logger(context)('error', `executor error: ${message}`);
    return await fail(context, message);
  }
}

/** Leaves the reason where the kubelet reads it; the exit code is argoexec's own. */
async function fail(context: ProgramContext, message: string): Promise<number> {
  context.stderr(`Error: ${message}\n${message}\n`);
  const place = context.place('/dev/termination-log');
  if (place !== undefined) await writeInside(place, message);
  return 64;
}

/** What argoexec does itself, in the main container: it makes the task result around its work. */
async function carryOut(context: ProgramContext, work: (template: Template) => Promise<Outputs | undefined>): Promise<void> {
  const template = await templateOf(context);
  sayInitialized(context, template.name ?? '');
  await createResult(context);
  try {
    const outputs = await work(template);
    if (outputs !== undefined) await reportResult(context, { outputs });
  } finally {
    // With the logs as an artifact, the wait container has the last word.
    if (template.archiveLocation?.archiveLogs !== true || template.resource === undefined) await completeResult(context);
  }
}
