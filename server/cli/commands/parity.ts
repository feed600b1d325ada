import type { AddCommand } from '../command.ts';
import type { ParityFlags } from '../parity.ts';

export const addParity: AddCommand = (program, { parts, exit }) => {
  program
    .command('parity <scenario>')
    .description('run a scenario on two clusters and print where stdout, exit codes, fields or verdicts differ')
    .option('--left <provider>', 'embedded, kind or existing', 'embedded')
    .option('--right <provider>', 'embedded, kind, existing, or transcript:FILE for a recording', 'kind')
    .option('--kubeconfig <file>', 'the cluster of existing')
    .option('--context <name>', 'the context of that kubeconfig')
    .option('--node-image <image>', 'the image of kind clusters; also KIND_NODE_IMAGE')
    .option('--argo-manifest <file>', 'manifests of Argo Workflows for kind clusters; also ARGO_MANIFEST')
    .option('--sandbox <kind>', 'auto, bubblewrap or none', 'auto')
    .option('--near-misses', 'compare the verdicts of near misses, too: a session each')
    .option('--timeout <seconds>', 'how long one command, script or check may take', '60')
    .option('--json', 'print the report as JSON, and nothing else')
    .option('--markdown', 'print a table for a document')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'silent')
    .action(async (scenario: string, flags: ParityFlags) => {
      const { parity } = await import('../parity.ts');
      exit(await parity(scenario, flags, parts));
    });
};
