// `npm test`: sets up what is missing, then types and every test. Arguments go to vitest: npm test -- test/unit
// `--cluster existing|kind` (and `--kubeconfig FILE`) say which cluster test/conformance talks to.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ensureBuild } from './setup/build.mjs';
import { chooseCluster, splitArguments } from './setup/cluster-choice.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureKubectl, kubectlFolder } from './setup/kubectl.mjs';
import { root } from './setup/paths.mjs';
import { step } from './setup/progress.mjs';

await ensureDependencies();
await ensureBuild();
await ensureKubectl();
const folder = kubectlFolder();
if (folder) process.env.PATH = `${process.env.PATH ?? ''}${delimiter}${folder}`;

const run = (command, args) => spawnSync(process.execPath, [join(root, 'node_modules', command), ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;

const { rest: args, cluster, kubeconfig } = splitArguments(process.argv.slice(2));
if (args.length === 0) {
  const types = await step('checking types', () => run('typescript/bin/tsc', ['--noEmit', '-p', '.']));
  if (types !== 0) process.exit(types);
}
let chosen;
try {
  chosen = chooseCluster(cluster, kubeconfig);
} catch (error) {
  process.stderr.write(`npm test: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
Object.assign(process.env, chosen.environment);
const code = run('vitest/vitest.mjs', ['run', ...args]);
chosen.end();
process.exit(code);
