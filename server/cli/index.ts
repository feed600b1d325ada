import { Command, CommanderError } from 'commander';
import type { Flags, StartedLab } from './flags.ts';

/** What the commands need of the rooms above them. */
export interface CommandParts {
  startLab(flags: Flags, folders: readonly string[]): Promise<StartedLab>;
  /** The folder with Argo's built user interface. */
  argoUi(): Promise<string>;
}

/** Runs one command line; resolves with the exit code. */
export async function run(argv: readonly string[], parts: CommandParts): Promise<number> {
  let code = 0;
  const program = new Command('argo-lab').description('An interactive, self-hosted lab for Kubernetes and Argo Workflows').exitOverride().showHelpAfterError('(--help shows what there is)');
  const collect = (value: string, list: string[] = []) => [...list, value];

  program
    .command('serve [folders...]', { isDefault: true })
    .description('serve the lab; folders hold courses or scenarios in the Killercoda format')
    .option('--port <number>', 'port to listen on; 0 takes a free one', '8080')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--data <folder>', 'where sessions and progress are kept (default: ~/.local/share/argo-lab)')
    .option('--scenarios <folder>', 'a folder with courses; may be repeated', collect)
    .option('--sandbox <kind>', 'auto, bubblewrap or none', 'auto')
    .option('--cluster <provider>', 'embedded, or none for terminals alone', 'embedded')
    .option('--allow-host <name>', 'another host name by which the lab is reached; may be repeated', collect)
    .option('--allow-remote', 'allow an address that others on the network can reach')
    .option('--preview-domain <name>', 'previewed ports are <port>-<session>.<name>', 'localhost')
    .option('--max-sessions <number>', 'sessions that may be open at once', '20')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'warn')
    .action(async (folders: string[], flags: Flags) => {
      const { serve } = await import('./serve.ts');
      code = await serve(() => parts.startLab(flags, folders));
    });

  program
    .command('cluster')
    .description('run an embedded cluster with Argo Workflows in the foreground')
    .option('--port <number>', 'port of the Kubernetes API; 0 takes a free one', '0')
    .option('--argo-port <number>', 'also listen on this port for the Argo Server; 0 takes a free one')
    .option('--kubeconfig-out <file>', 'where to write the kubeconfig', 'kubeconfig.yaml')
    .option('--sandbox <kind>', 'auto, bubblewrap or none', 'auto')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'warn')
    .action(async (flags: { port: string; argoPort?: string; kubeconfigOut: string; sandbox: string; logLevel: string }) => {
      const { cluster } = await import('./cluster.ts');
      code = await cluster(flags, await parts.argoUi());
    });

  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    // Help and version are no failures; commander has printed what there is to say.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
  return code;
}
