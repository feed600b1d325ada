import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist, root } from './paths.mjs';
import { step } from './progress.mjs';

const stamp = join(dist, '.sources');
const SOURCES = ['server', 'web', 'scripts', 'package-lock.json', 'tsconfig.json'];

/** A fingerprint of every source file's path, size and time: cheap enough to ask at each start. */
function sourcesHash() {
  const hash = createHash('sha256');
  const visit = (path) => {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else {
      hash.update(`${path.slice(root.length)}\0${stat.size}\0${Math.floor(stat.mtimeMs)}\n`);
    }
  };
  for (const name of SOURCES) visit(join(root, name));
  return hash.digest('hex');
}

/** True when dist/ was built from the sources as they are. */
export function buildReady() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesHash();
}

/** Bundles the server, the `argo` command and the two web pages into dist/, when they are not there already. */
export async function ensureBuild() {
  if (buildReady()) return;
  const before = sourcesHash();
  await step('building the server', buildServer);
  await step('building the page', () => buildPage(join(root, 'web', 'vite.config.ts')));
  const ui = join(root, 'server', 'cluster', 'argo', 'ui', 'vite.config.ts');
  if (existsSync(ui)) await step("building Argo's user interface", () => buildPage(ui));
  writeFileSync(stamp, before);
}

async function buildServer() {
  const { build } = await import('esbuild');
  const common = { bundle: true, platform: 'node', target: 'node20', format: 'esm', sourcemap: 'linked', logLevel: 'warning', absWorkingDir: root };
  await build({ ...common, entryPoints: ['server/main.ts'], outdir: join(dist, 'server'), packages: 'external', splitting: true });
  await build({
    ...common,
    entryPoints: { argo: 'server/cluster/argo/cli/main.ts' },
    outdir: join(dist, 'bin'),
    outExtension: { '.js': '.mjs' },
    minify: true,
    sourcemap: false,
    // CommonJS packages inside an ESM bundle still ask for `require`.
    banner: { js: "import { createRequire as argoLabRequire } from 'node:module'; const require = argoLabRequire(import.meta.url);" },
  });
  for (const helper of readdirSync(join(root, 'server', 'sandbox')).filter((f) => f.endsWith('.mjs'))) {
    mkdirSync(join(dist, 'server'), { recursive: true });
    writeFileSync(join(dist, 'server', helper), readFileSync(join(root, 'server', 'sandbox', helper)));
  }
  const launcher = join(dist, 'bin', 'argo');
  writeFileSync(launcher, '#!/bin/sh\nexec "${ARGO_LAB_NODE:-node}" "$(dirname "$(readlink -f "$0")")/argo.mjs" "$@"\n');
  chmodSync(launcher, 0o755);
}

async function buildPage(configFile) {
  const { build } = await import('vite');
  await build({ configFile, logLevel: 'warn' });
}
