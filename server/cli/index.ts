import { Command, CommanderError } from 'commander';
import type { CommandParts } from './command.ts';
import { commands } from './commands/index.ts';
import { WRONG_USE } from './complain.ts';

/** Runs one command line; resolves with the exit code: 0 fine, 1 findings or a failure, 2 wrong use. */
export async function run(argv: readonly string[], parts: CommandParts): Promise<number> {
  let code = 0;
  const program = new Command('argo-lab').description('An interactive, self-hosted lab for Kubernetes and Argo Workflows').exitOverride().showHelpAfterError('(--help shows what there is)');
  for (const add of commands) add(program, { parts, exit: (given) => (code = given) });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    // Help and version are no failures; commander has printed what there is to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    throw error;
  }
  return code;
}
