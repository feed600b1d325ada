import type { AddCommand } from '../command.ts';
import { CLUSTER, SANDBOX, logLevel } from '../options.ts';
import type { RecordFlags } from '../record.ts';

export const addRecord: AddCommand = (program, { parts, exit }) => {
  program
    .command('record <scenario>')
    .description('do a scenario once: what you type becomes the solutions, what is answered becomes transcript.jsonl')
    .option('--from <file>', 'type the lines of this file, `next` between two pages, instead of asking you')
    .option(...CLUSTER)
    .option('--kubeconfig <file>', 'with --cluster existing: the cluster’s kubeconfig')
    .option(...SANDBOX)
    .option(...logLevel('silent'))
    .action(async (scenario: string, flags: RecordFlags) => {
      const { record } = await import('../record.ts');
      exit(await record(scenario, flags, parts));
    });
};
