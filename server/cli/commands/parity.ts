import type { AddCommand } from '../command.ts';
import { ARGO_MANIFEST, CONTEXT, JSON_REPORT, NODE_IMAGE, SANDBOX, TIMEOUT, logLevel } from '../options.ts';
import type { ParityFlags } from '../parity.ts';

export const addParity: AddCommand = (program, { parts, exit }) => {
  program
    .command('parity <scenario>')
    .description('run a scenario on two clusters and print where stdout, exit codes, fields or verdicts differ')
    .option('--left <provider>', 'embedded, kind or existing', 'embedded')
    .option('--right <provider>', 'embedded, kind, existing, or transcript:FILE for a recording', 'kind')
    .option('--kubeconfig <file>', 'the cluster of existing')
    .option(...CONTEXT)
    .option(...NODE_IMAGE)
    .option(...ARGO_MANIFEST)
    .option(...SANDBOX)
    .option('--near-misses', 'compare the verdicts of near misses, too: a session each')
    .option(...TIMEOUT)
    .option(...JSON_REPORT)
    .option('--markdown', 'print a table for a document')
    .option(...logLevel('silent'))
    .action(async (scenario: string, flags: ParityFlags) => {
      const { parity } = await import('../parity.ts');
      exit(await parity(scenario, flags, parts));
    });
};
