import { type AddCommand, collect } from '../command.ts';
import type { Flags } from '../flags.ts';
import { ARGO_MANIFEST, CLUSTER, CONTEXT, NODE_IMAGE, SANDBOX, logLevel } from '../options.ts';

export const addServe: AddCommand = (program, { parts, exit }) => {
  program
    .command('serve [folders...]', { isDefault: true })
    .description('serve the lab; folders hold courses or scenarios in the Killercoda format')
    .option('--port <number>', 'port to listen on; 0 takes a free one', '8080')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--data <folder>', 'where sessions and progress are kept (default: ~/.local/share/argo-lab)')
    .option('--scenarios <folder>', 'a folder with courses; may be repeated', collect)
    .option(...SANDBOX)
    .option(...CLUSTER)
    .option('--kubeconfig <file>', 'the cluster of --cluster existing')
    .option(...CONTEXT)
    .option(...NODE_IMAGE)
    .option(...ARGO_MANIFEST)
    .option('--warm <number>', 'kind clusters that are kept ready', '0')
    .option('--allow-host <name>', 'another host name by which the lab is reached; may be repeated', collect)
    .option('--allow-remote', 'allow an address that others on the network can reach')
    .option('--preview-domain <name>', 'previewed ports are <port>-<session>.<name>', 'localhost')
    .option('--max-sessions <number>', 'sessions that may be open at once', '20')
    .option('--home-size <size>', 'what a learner\'s home folder may hold, such as 500Mi', '2Gi')
    .option('--pods-size <size>', 'what the pods and claims of a session may hold on this machine\'s disk', '4Gi')
    .option('--watch', 'for authors: reload the page when a scenario changes, and show tools for trying it')
    .option(...logLevel('warn'))
    .action(async (folders: string[], flags: Flags) => {
      const { serve } = await import('../serve.ts');
      exit(await serve(() => parts.startLab(flags, folders)));
    });
};
