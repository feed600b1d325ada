import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { argoInstallObjects } from '../../../../server/cluster/index.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { type Limits, LIMITS } from '../../../../server/providers/kind/limits.ts';
import { kindProvider } from '../../../../server/providers/kind/provider.ts';
import type { ClusterProvider, ClusterStage, SessionCluster } from '../../../../server/providers/provider.ts';
import { createSandbox } from '../../../../server/sandbox/detect.ts';
import type { Place, Sandbox } from '../../../../server/sandbox/sandbox.ts';
import type { Scenario } from '../../../../server/scenario/model.ts';
import type { LabError } from '../../../../server/lib/errors.ts';
import { type KindDouble, startKindDouble } from '../../../harness/kind-double/index.ts';

export const ARGO_IMAGES = ['quay.io/argoproj/argocli:v3.7.6', 'quay.io/argoproj/workflow-controller:v3.7.6', 'quay.io/argoproj/argoexec:v3.7.6'];

export interface Started {
  cluster: Promise<SessionCluster>;
  stages: ClusterStage[];
  /** The last state of each stage: `kind-installing-cni done`. */
  states(): string[];
  abort(reason?: Error): void;
  lost: LabError[];
  place: Place;
  /** Resolves when the stage has begun. */
  until(stage: string): Promise<void>;
}

/** A machine with doubles of kind and docker, and the provider on it. */
export interface Machine {
  double: KindDouble;
  folder: string;
  provider: ClusterProvider;
  /** The same data folder after the lab was started again. */
  again(warm?: number): ClusterProvider;
  start(options?: { id?: string; scenario?: Scenario; restore?: unknown; provider?: ClusterProvider }): Promise<Started>;
  /** Clusters that the lab believes to own. */
  owned(): Promise<string[]>;
  close(): Promise<void>;
}

export async function startMachine(options: Parameters<typeof startKindDouble>[0] & { warm?: number; limits?: Partial<Limits>; /** A file's text is the image in it. */ nodeImage?: string; nodeImageFile?: string; environment?: Record<string, string> } = {}): Promise<Machine> {
  const double = await startKindDouble(options);
  const folder = await mkdtemp(join(tmpdir(), 'kind-machine-'));
  const manifest = join(folder, 'argo.yaml');
  await writeFile(manifest, argoInstallObjects().filter(({ metadata }) => !/minio/.test(metadata.name)).map((object) => stringify(object)).join('---\n'));
  const sandbox: Sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, wanted: 'none' });
  const limits = { ...LIMITS, ...options.limits };
  const nodeImage = options.nodeImageFile === undefined ? options.nodeImage : join(folder, 'node.tar');
  if (nodeImage !== undefined && options.nodeImageFile !== undefined) await writeFile(nodeImage, options.nodeImageFile);
  const make = (warm: number) => kindProvider({ folder: join(folder, 'kind'), argoManifest: manifest, warm, environment: { ...double.environment, ...options.environment }, ...(nodeImage === undefined ? {} : { nodeImage }) }, { clock: systemClock, ids: systemIds, log: silentLog, sandbox, argoUi: '' }, limits);
  const provider = make(options.warm ?? 0);
  const providers = [provider];
  return {
    double,
    folder,
    provider,
    again(warm = 0) {
      const next = make(warm);
      providers.push(next);
      return next;
    },
    async start({ id = 'session1', scenario, restore, provider: given = provider } = {}) {
      const controller = new AbortController();
      const place = await sandbox.open({ sessionId: id, home: join(folder, 'home', id) });
      const stages: ClusterStage[] = [];
      const lost: LabError[] = [];
      const waiting: (() => void)[] = [];
      const cluster = given.start({
        id,
        folder: join(folder, 'sessions', id),
        place,
        ...(scenario === undefined ? {} : { scenario }),
        ...(restore === undefined ? {} : { restore }),
        signal: controller.signal,
        onLost: (error) => lost.push(error),
        onStage(stage) {
          stages.push(stage);
          for (const look of [...waiting]) look();
        },
      });
      cluster.catch(() => undefined);
      return {
        cluster,
        stages,
        lost,
        place,
        states: () => [...new Map(stages.map((stage) => [stage.id, `${stage.id} ${stage.state}`])).values()],
        abort: (reason = new Error('the learner cancels')) => controller.abort(reason),
        until: (stage) =>
          new Promise((resolve, reject) => {
            const look = () => {
              if (stages.some(({ id: is, state }) => is === stage && state === 'running')) resolve();
            };
            waiting.push(look);
            look();
            cluster.then(() => reject(new Error('it is ready already')), reject);
          }),
      };
    },
    owned: () => readdir(join(folder, 'kind', 'clusters')).catch(() => []),
    async close() {
      for (const one of providers) await one.close?.();
      await sandbox.close();
      await double.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export async function until(condition: () => boolean | Promise<boolean>, what = 'it'): Promise<void> {
  for (let i = 0; i < 2400; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what} did not happen in time`);
}
