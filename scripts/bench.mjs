// `npm run bench [-- NAME…]`: runs test/bench/NAME.bench.ts and NAME-*.bench.ts, or all of them, one after another.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { root } from './setup/paths.mjs';

await ensureDependencies();
await ensureBuild();
const folder = join(root, 'test', 'bench');
const names = process.argv.slice(2);
const asked = (file) => names.length === 0 || names.some((name) => file === name || file.startsWith(`${name}-`));
const files = readdirSync(folder).filter((f) => f.endsWith('.bench.ts') && asked(f.slice(0, -'.bench.ts'.length)));
if (files.length === 0) {
  process.stderr.write(`bench: nothing is called ${names.join(' ')} in test/bench\n`);
  process.exit(2);
}
for (const file of files.sort()) {
  const run = spawnSync(process.execPath, ['--import', 'tsx', join(folder, file)], { cwd: root, stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
