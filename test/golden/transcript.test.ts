import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../server/cluster/index.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { silentLog } from '../../server/lib/log.ts';
import { createSandbox } from '../../server/sandbox/detect.ts';
import type { Place, Sandbox } from '../../server/sandbox/sandbox.ts';
import { mask } from '../../server/runner/mask.ts';
import { createRuntime } from '../../server/providers/embedded/runtime.ts';
import { openShell, type Shell } from '../harness/shell.ts';
import { toolsFolder } from '../harness/tools.ts';
import { readTranscript, type Recorded } from '../harness/transcript.ts';

/**
 * Every command that was recorded on a real cluster, in its order, in one shell. What can't be equal is named here,
 * each with its reason; everything else is compared whole after masking.
 */
const recorded = readTranscript('using-the-api.jsonl').map((entry) => ({ ...entry, output: entry.output.replaceAll('\r\n', '\n') }));
const find = (id: string): Recorded => {
  const found = recorded.find((entry) => entry.id.startsWith(id));
  if (!found) throw new Error(`nothing recorded under ${id}`);
  return found;
};

/** Real workflows take ten seconds, ours a quarter of one: the real one was still running when these were asked. */
const EARLIER: Record<string, (output: string) => string> = {
  '16-poll-latest-at-once': () => find('18').output,
  '17-poll-latest-4s': () => find('18').output,
};

/** A real cluster still held the canary of its installation, whose time to live is one second. */
const CANARY = '14-latest-before-any';

/** Compared by their first lines only, for the reason given. */
const HEAD_ONLY: Record<string, string> = {
  '20-latest-i': 'the body is of a workflow that still ran',
  '45-apidocs-i': "the page is of our own user interface, with another name and length of its script",
  '46-swagger-head': 'the document is generated from our own routes',
};

/** Lists whose order hangs on names made by chance, or on which of two workflows ended first within a second. */
const ANY_ORDER = new Set(['43-annotated-annotations', '71-cli-list-grpc', '72-cli-list-http1', '95-secure-cli-list-k']);

/** Not compared, but run: their lines say when this cluster did what. */
const LOGS = new Set(['81-server-log', '82-controller-log', '02-portforward']);

/** A real Argo Server remembers for ten seconds that a token was good. Here it is dead at once. */
const DEAD_AT_ONCE = new Set(['77-after-revoke-i']);

/** Commands before which whatever runs has to have ended. */
const SETTLE = new Set(['16-poll-latest-at-once', '17-poll-latest-4s', '18-poll-latest-done', '21-list-workflows-i', '22-kubectl-get-wf', '36-argo-logs-latest-5s', '40-wf-of-event-yaml', '43-annotated-annotations']);

/** The server with its default TLS, and a new token: what was recorded before the last commands without being part of it. */
const SECURE_SERVER = `
printf 'apiVersion: v1\\nkind: Secret\\nmetadata:\\n  name: jenkins.service-account-token\\n  annotations: {kubernetes.io/service-account.name: jenkins}\\ntype: kubernetes.io/service-account-token\\n' | kubectl apply -f - >/dev/null
ARGO_TOKEN="Bearer $(kubectl get secret jenkins.service-account-token -o=jsonpath='{.data.token}' | base64 --decode)"
kubectl create deployment argo-server-secure --image=quay.io/argoproj/argocli:v3.7.6 -- argo server --auth-mode=client >/dev/null
kubectl patch deployment argo-server-secure --type=json -p='[{"op":"add","path":"/spec/template/spec/serviceAccountName","value":"argo-server"}]' >/dev/null
kubectl rollout status deployment/argo-server-secure --timeout=30s >/dev/null
kubectl port-forward deployment/argo-server-secure 2747:2746 >/dev/null 2>&1 &
until curl -sk -o /dev/null https://localhost:2747/; do sleep 0.1; done`;

let folder: string;
let sandbox: Sandbox;
let place: Place;
let cluster: Cluster;
let shell: Shell;
let made = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transcript-'));
  const tools = await toolsFolder(folder);
  sandbox = await createSandbox({ folder: join(folder, 'places'), tools, warm: 0 });
  place = await sandbox.open({ sessionId: 'transcript', home: join(folder, 'home') });
  const listening = await place.listen(6443);
  cluster = await startCluster({ clock: systemClock, ids: systemIds, log: silentLog, runtime: await createRuntime(sandbox, join(folder, 'containers'), systemClock), folder: join(folder, 'cluster'), listen: { listener: listening.server }, serverUrl: `https://127.0.0.1:${listening.port}` });
  shell = openShell(place.command(['bash', '--noprofile', '--norc'], { env: { KUBECONFIG: `${place.homeInside}/.kube/config` } }));
  // The recording was made at a terminal, where curl draws no progress, and with the token exported.
  await shell.run('curl() { command curl -sS "$@"; }; export ARGO_TOKEN');
  const assets = resolve(import.meta.dirname, '../../scenarios/argo-workflows/using-the-api/assets');
  await shell.run(`mkdir -p ~/.kube && cat > ~/.kube/config <<'KUBECONFIG_END'\n${cluster.kubeconfig}\nKUBECONFIG_END\nkubectl config set-context --current --namespace=argo`);
  await mkdir(join(folder, 'assets'), { recursive: true });
  for (const file of ['hello-workflowtemplate.yaml', 'hello-workfloweventbinding.yaml']) {
    await copyFile(join(assets, file), join(folder, 'assets', file));
    await writeFile(join(place.home, file), await import('node:fs/promises').then((fs) => fs.readFile(join(assets, file))));
  }
}, 60_000);

afterAll(async () => {
  shell?.close();
  await cluster?.stop();
  await place?.stop();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The part of an answer up to its first empty line: status and headers. */
function head(text: string): string {
  return text.split(/\r?\n\r?\n/)[0] ?? '';
}

describe('what a learner sees in the course equals what a real cluster showed', () => {
  it.each(recorded.map((entry) => [entry.id, entry] as const))('%s', async (id, entry) => {
    if (id.startsWith('9') && !made) {
      made = true;
      await shell.run(SECURE_SERVER);
    }
    if (SETTLE.has(id)) await shell.run('kubectl wait wf --all --for=condition=Completed --timeout=30s >/dev/null 2>&1');
    const ran = await shell.run(entry.command);
    const output = ran.output.replaceAll('\r\n', '\n');
    const { exitCode } = ran;
    if (id === '02-portforward') await shell.run('until curl -so /dev/null http://localhost:2746/; do sleep 0.05; done');
    if (DEAD_AT_ONCE.has(id)) {
      expect(head(mask(output))).toBe(head(mask(find('78').output)));
      return;
    }
    if (id === CANARY) {
      expect(output).toContain('{"code":5,"message":"no workflows found"}');
      return;
    }
    expect(exitCode).toBe(entry.exitCode);
    if (LOGS.has(id)) return;
    const want = mask(EARLIER[id]?.(output) ?? entry.output).replace(/\n+$/, '');
    const have = mask(output).replace(/\n+$/, '');
    const sorted = (text: string) => text.split('\n').sort();
    // The length of a body that is not compared is not compared either.
    const headers = (text: string) => head(text).replace(/^(Content-Length|Transfer-Encoding): .*$/m, '<LENGTH>');
    if (id in HEAD_ONLY) expect(headers(have)).toBe(headers(want));
    else if (/\| head -c \d+/.test(entry.command)) {
      // Cut off at a byte: what is masked moves the place, and curl may notice that nobody reads on.
      const readable = have.replace(/\n?curl: \(23\).*$/, '');
      const length = Math.min(readable.length, want.length) - 40;
      expect(length).toBeGreaterThan(200);
      expect(readable.slice(0, length)).toBe(want.slice(0, length));
    } else if (ANY_ORDER.has(id)) expect(sorted(have)).toEqual(sorted(want));
    else expect(have).toBe(want);
  }, 60_000);
});
