// `npm run bench [-- NAME…]`: runs test/bench/NAME.bench.ts and NAME-*.bench.ts, or all of them, one after another.
// They are bundled as the server itself is, so that what is measured is the code that runs for people.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { dist, root } from './setup/paths.mjs';

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
const { build } = await import('esbuild');
const bundled = join(dist, 'bench');
await build({ entryPoints: files.map((file) => join(folder, file)), outdir: bundled, bundle: true, splitting: true, platform: 'node', target: 'node20', format: 'esm', packages: 'external', sourcemap: 'linked', logLevel: 'warning', absWorkingDir: root });
for (const file of files.sort()) {
  const run = spawnSync(process.execPath, [...process.execArgv, join(bundled, file.replace(/\.ts$/, '.js'))], { cwd: root, stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
