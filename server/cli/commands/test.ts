import { type AddCommand, collect } from '../command.ts';
import { CLUSTER, JSON_REPORT, SANDBOX, TIMEOUT, logLevel } from '../options.ts';
import type { TestFlags } from '../test.ts';

export const addTest: AddCommand = (program, { parts, exit }) => {
  program
    .command('test [folders...]')
    .description('run scenarios without a browser: every block, and for each exercise that its check tells right from wrong')
    .option(...CLUSTER)
    .option('--kubeconfig <file>', 'with --cluster existing: the cluster’s kubeconfig')
    .option('--context <name>', 'with --kubeconfig: another context than its current one')
    .option('--node-image <image>', 'with --cluster kind: the node image')
    .option('--argo-manifest <file>', 'with --cluster kind: the manifest that installs Argo Workflows')
    .option(...SANDBOX)
    .option('--repeat <number>', 'run each scenario so often; what fails in some of the runs is flaky, and fails', '1')
    .option('--shard <i/n>', 'only the i-th of n parts: every scenario is in exactly one')
    .option('--only <pattern>', 'only scenarios whose id has this in it (* is anything); may be repeated', collect)
    .option(...TIMEOUT)
    .option('--jobs <number>', 'sessions at once (default: one a processor, at most four; one on a real cluster)')
    .option('--bail', 'stop at the first scenario that fails')
    .option('--compare', 'hold what the solutions answer against transcript.jsonl, which argo-lab record wrote')
    .option('--no-needs', 'also run scenarios that need what this machine lacks, instead of skipping them')
    .option(...JSON_REPORT)
    .option('--out <folder>', 'write junit.xml, report.json, and for each scenario a recording (.cast) and a transcript (.txt)')
    .option(...logLevel('silent'))
    .action(async (folders: string[], flags: TestFlags) => {
      const { test } = await import('../test.ts');
      exit(await test(folders, flags, parts));
    });
};
