import { setMaxListeners } from 'node:events';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { argoInstallObjects } from '../../cluster/index.ts';
import type { KubeClient, KubeObject } from '../../cluster/vocabulary.ts';
import type { Clock } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import { Scope } from '../../lib/scope.ts';
import type { Scenario } from '../../scenario/model.ts';
import type { ArgoBackend, KindBackend } from '../../scenario/schema.ts';
import { connectTo } from '../existing/connection.ts';
import { ClusterFailure, type ClusterStage } from '../provider.ts';
import { parseManifests, planArgo } from './argo-objects.ts';
import { applyArgo, untilArgoRuns } from './argo-install.ts';
import { accessTo } from './access.ts';
import { auditPolicy, configDocument } from './config-document.ts';
import { exportLogs, tellWhatIsWrong } from './diagnostics.ts';
import { explain } from './failures.ts';
import { ImageLoad, imagesHere, nodeImage } from './images.ts';
import type { Limits } from './limits.ts';
import type { OwnedClusters, Owner } from './owned.ts';
import { KIND_VERSION } from './pins.ts';
import { saveBaseline } from './restore.ts';
import { StageParser } from './stages.ts';
import type { KindTools } from './tools.ts';
import { work, type Work } from './work.ts';

export interface BuildContext {
  tools: KindTools;
  owned: OwnedClusters;
  ids: Ids;
  log: Log;
  limits: Limits;
}

export interface BuildRequest {
  /** Undefined for a cluster that has to fit any. */
  scenario: Scenario | undefined;
  session: string | undefined;
  onStage(stage: ClusterStage): void;
  signal: AbortSignal;
  /** Where logs of a failure are kept. */
  bundle: string | undefined;
}

/** Makes a cluster with Argo Workflows. Rejects with a LabError, or with the signal's reason, with nothing left behind. */
export async function buildCluster(context: BuildContext, request: BuildRequest): Promise<Owner> {
  const { tools, owned, ids, log, limits } = context;
  const { scenario, signal } = request;
  const stages = work(tools.clock, request.onStage, signal);
  // Each command and each request listens, and many run at once.
  setMaxListeners(0, signal, stages.signal);
  await stages.run('docker', 'Docker', () => tools.checkDocker(signal));
  if (!(await tools.kindIsHere())) await stages.run('kind-download', `Download of kind ${KIND_VERSION}`, () => tools.kindPath(signal));
  const manifest = await tools.argoManifest(signal).catch((error: unknown) => stages.fail('argo-manifest', 'Manifests of Argo Workflows', error));
  const objects = parseManifests(manifest.text, manifest.file);
  const backend = await backendOf(scenario);
  let owner: Owner | undefined;
  try {
    for (let attempt = 1; ; attempt++) {
      const hostPorts = await freePorts(backend?.extraPortMappings.length ?? 0);
      owner = { version: 1, name: `${owned.prefix}${ids.alphanumeric(8)}`, ...(request.session === undefined ? {} : { session: request.session }), ports: (backend?.extraPortMappings ?? []).map(({ containerPort, hostPort }, i) => ({ port: hostPort ?? containerPort, hostPort: hostPorts[i] ?? 0 })) };
      // Before the cluster: what a crash leaves has to be found.
      await owned.save(owner);
      try {
        await create(context, request, stages, owner, { backend, hostPorts, objects });
        return owner;
      } catch (error) {
        // A free port may be taken by another program before Docker opens it: another one is tried.
        if (attempt > 1 || signal.aborted || !(error instanceof LabError) || error.code !== 'port-taken') throw error;
        await removeCluster(context, owner.name);
      }
    }
  } catch (error) {
    const bundle = owner === undefined || signal.aborted || request.bundle === undefined ? undefined : await exportLogs(tools, owner.name, request.bundle, limits.bundle).catch(() => undefined);
    if (owner !== undefined) await removeCluster(context, owner.name).catch((failed: unknown) => log.warn({ cluster: owner?.name, error: messageOf(failed) }, 'a cluster could not be removed; the next start of the lab tries again'));
    if (signal.aborted) throw signal.reason;
    if (error instanceof LabError) throw new ClusterFailure(error.code, error.message, error.next, bundle, { cause: error });
    throw new ClusterFailure('cluster-failed', messageOf(error), 'Try again, or use the emulated cluster.', bundle, { cause: error });
  }
}

interface Parts {
  backend: KindBackend | undefined;
  hostPorts: readonly number[];
  objects: readonly KubeObject[];
}

async function create(context: BuildContext, request: BuildRequest, stages: Work, owner: Owner, { backend, hostPorts, objects }: Parts): Promise<void> {
  const { tools, owned, limits } = context;
  const { scenario, signal } = request;
  const { name } = owner;
  const folder = owned.folderOf(name);
  const auditFolder = join(folder, 'audit');
  await mkdir(auditFolder, { recursive: true });
  await writeFile(join(auditFolder, 'policy.yaml'), auditPolicy());
  await writeFile(join(folder, 'config.yaml'), configDocument({ backend, auditFolder, hostPorts }));
  const course = argoInstallObjects().filter(({ kind }) => kind !== 'CustomResourceDefinition');
  const [image, local] = await Promise.all([nodeImage(tools, stages, stages.signal), imagesHere(tools, scenario, [...objects, ...course], signal)]);

  const loading = new ImageLoad(tools, stages, name, local, limits, signal);
  const parser = new StageParser(
    () => tools.clock.now(),
    (stage) => {
      request.onStage(stage);
      stages.moved(stage, limits.stage(stage.id));
      // The node runs from here on: what it needs goes in while its control plane comes up.
      if (stage.id === 'kind-writing-configuration' && stage.state === 'done') loading.begin();
    },
  );
  const result = await tools.kind(['create', 'cluster', '--name', name, '--image', image, '--config', join(folder, 'config.yaml'), '--kubeconfig', owned.kubeconfigOf(name), '--retain'], { signal: stages.signal, onStdout: (text) => parser.feed(text), onStderr: (text) => parser.feed(text) });
  parser.finish();
  stages.moved(undefined, 0);
  if (result.ended !== undefined) {
    await loading.settled();
    parser.fail(messageOf(stages.signal.reason));
    throw stages.signal.reason;
  }
  if (result.code !== 0) {
    await loading.settled();
    const output = `${result.stderr}${result.stdout}`;
    const said = parser.rest.filter((line) => !line.startsWith('Creating cluster')).join('\n').slice(-8000);
    if (!parser.fail(said)) request.onStage({ id: 'kind-create', title: 'kind create cluster', state: 'failed', took: 0, output: said });
    throw explain({ command: 'kind create cluster', code: result.code, output, missing: result.missing });
  }

  const scope = new Scope();
  try {
    const { client } = connectTo(await accessTo(tools, owned, name, signal), tools.clock, scope);
    const needed = await stages.run('argo-install', 'Argo Workflows: resources', () => installArgo(client, objects, { course, argo: scenario?.argo, loading, clock: tools.clock, signal: stages.signal }), limits.install + limits.stage('images'));
    await stages.run('argo-ready', `Argo Workflows: ${needed.join(' and ')}`, () => argoRuns(context, client, needed, stages.signal, signal), limits.ready);
    await saveBaseline(client, join(folder, 'baseline.json')).catch((error: unknown) => context.log.warn({ error: messageOf(error) }, 'a reset of this cluster will make a new one'));
  } finally {
    await loading.settled();
    await scope.close();
  }
}

/** What needs no image is written while images are still on their way into the node; resolves with the Deployments to wait for. */
async function installArgo(client: KubeClient, objects: readonly KubeObject[], options: { course: readonly KubeObject[]; argo: ArgoBackend | undefined; loading: ImageLoad; clock: Clock; signal: AbortSignal }): Promise<string[]> {
  const { course, argo, loading, clock, signal } = options;
  const [first = []] = planArgo(objects, course, { argo, local: new Set() }).steps;
  const [local] = await Promise.all([loading.finish(), applyArgo(client, { steps: [first], workloads: [], needed: [] }, clock, signal)]);
  const { steps, workloads, needed } = planArgo(objects, course, { argo, local });
  await applyArgo(client, { steps: steps.slice(1), workloads, needed }, clock, signal);
  return needed;
}

async function argoRuns(context: BuildContext, client: KubeClient, needed: readonly string[], signal: AbortSignal, cancelled: AbortSignal): Promise<void> {
  try {
    await untilArgoRuns(client, needed, { clock: context.tools.clock, signal, missingImage: context.limits.missingImage });
  } catch (error) {
    // Whoever cancels does not ask why.
    if (cancelled.aborted || !(error instanceof LabError)) throw error;
    const output = await tellWhatIsWrong(client, context.tools.clock).catch(() => '');
    throw Object.assign(new LabError(error.code, error.message, error.next, { cause: error }), { output: `${error.message}\n\n${output}` });
  }
}

/** Ends with the cluster gone, also one that is half made; false where Docker can't tell. Safe to repeat. */
export async function removeCluster({ tools, owned }: Pick<BuildContext, 'tools' | 'owned'>, name: string): Promise<void> {
  // A container that Docker was asked for just before may still come: gone means seen gone twice.
  for (let round = 0, gone = 0; gone < 2 && round < 8; round++) {
    const listed = await tools.mustDocker(['ps', '-a', '-q', '--filter', `label=io.x-k8s.kind.cluster=${name}`], { timeoutMs: 20_000 });
    if (listed.stdout.trim() === '') {
      gone += 1;
      continue;
    }
    gone = 0;
    const deleted = await tools.kind(['delete', 'cluster', '--name', name, '--kubeconfig', owned.kubeconfigOf(name)], { timeoutMs: 60_000 });
    if (deleted.code === 0 && round < 2) continue;
    await tools.docker(['unpause', ...listed.stdout.trim().split(/\s+/)], { timeoutMs: 20_000 });
    await tools.mustDocker(['rm', '-f', '-v', ...listed.stdout.trim().split(/\s+/)], { timeoutMs: 60_000 });
  }
  await owned.forget(name);
}

/** The scenario's wishes with paths of this machine; a path may not lead out of the scenario's folder. */
async function backendOf(scenario: Scenario | undefined): Promise<KindBackend | undefined> {
  if (scenario?.kind === undefined) return undefined;
  const root = await realpath(scenario.folder);
  const extraMounts = await Promise.all(
    scenario.kind.extraMounts.map(async (mount) => {
      const hostPath = await realpath(join(root, mount.hostPath)).catch(() => undefined);
      if (hostPath === undefined || relative(root, hostPath).startsWith('..')) throw new LabError('scenario-broken', `backend.kind.extraMounts: ${mount.hostPath} is no path of the scenario's folder`, 'Name a file or folder of the scenario.');
      return { ...mount, hostPath };
    }),
  );
  return { ...scenario.kind, extraMounts };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done, failed) => {
        server.once('error', failed);
        server.listen(0, '127.0.0.1', done);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
