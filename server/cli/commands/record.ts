import type { AddCommand } from '../command.ts';
import type { RecordFlags } from '../record.ts';

export const addRecord: AddCommand = (program, { parts, exit }) => {
  program
    .command('record <scenario>')
    .description('do a scenario once: what you type becomes the solutions, what is answered becomes transcript.jsonl')
    .option('--from <file>', 'type the lines of this file, `next` between two pages, instead of asking you')
    .option('--cluster <provider>', 'embedded, kind, existing, or none for terminals alone', 'embedded')
    .option('--kubeconfig <file>', 'with --cluster existing: the cluster’s kubeconfig')
    .option('--sandbox <kind>', 'auto, bubblewrap or none', 'auto')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'silent')
    .action(async (scenario: string, flags: RecordFlags) => {
      const { record } = await import('../record.ts');
      exit(await record(scenario, flags, parts));
    });
};
