import { join } from 'node:path';
import { z } from 'zod';
import { LabError, messageOf } from '../../lib/errors.ts';
import type { Scenario } from '../../scenario/model.ts';
import type { ProviderDependencies } from '../index.ts';
import type { ClusterProvider, Problem, ProviderSession, SessionCluster, StopReason } from '../provider.ts';
import { attach } from './attach.ts';
import { buildCluster, type BuildContext, removeCluster } from './build.ts';
import { DockerWatch } from './docker-watch.ts';
import { bringImages } from './images.ts';
import { type Limits, LIMITS } from './limits.ts';
import { type Owner, OwnedClusters } from './owned.ts';
import { Pool } from './pool.ts';
import type { KindSettings } from './settings.ts';
import { Sleeper } from './sleeper.ts';
import { KindTools } from './tools.ts';
import { work } from './work.ts';

const Saved = z.object({ version: z.literal(1), kind: z.string() });

/** Asking Docker takes a tenth of a second; the list of courses is asked for more often. */
const REMEMBER_MS = 5000;

/** Real clusters in containers, by the commands `kind` and `docker`: one a session. */
export function kindProvider(settings: KindSettings, dependencies: ProviderDependencies, limits: Limits = LIMITS): ClusterProvider {
  const { clock, ids, log } = dependencies;
  const tools = new KindTools(settings, clock);
  const context: BuildContext = { tools, owned: new OwnedClusters(settings.folder), ids, log, limits };
  const { owned } = context;
  const pool = new Pool(context, settings.warm);
  const watch = new DockerWatch(tools, clock);
  /** Clusters that Docker could not remove when it was time. */
  const left = new Set<string>();
  let asked: { at: number; answer: Promise<Problem | undefined> } | undefined;

  const drop = async (name: string): Promise<void> => {
    try {
      await removeCluster(context, name);
      left.delete(name);
    } catch (error) {
      left.add(name);
      log.warn({ cluster: name, error: messageOf(error) }, 'a cluster could not be removed; it will be, once Docker answers');
    }
  };
  const given = async (owner: Owner): Promise<Owner> => {
    const from = { ...owner, since: clock.now() };
    await owned.save(from);
    return from;
  };
  /** Docker answers (again). */
  const sweep = (): undefined => {
    for (const name of left) void drop(name);
  };
  const claim = async (session: ProviderSession): Promise<{ owner: Owner; sleeper: Sleeper; ahead?: boolean }> => {
    const stages = work(clock, (stage) => session.onStage(stage), session.signal);
    const former = Saved.safeParse(session.restore);
    const known = former.success ? await owned.find(former.data.kind) : undefined;
    if (known !== undefined && known.session === session.id) {
      const sleeper = new Sleeper(tools, nodeOf(known), log, true);
      const back = await stages.run('kind-resume', 'The cluster of before', () => sleeper.wake()).then(() => isRunning(tools, known), () => false);
      if (back) return { owner: known, sleeper };
      await removeCluster(context, known.name);
    }
    const ready = isUsual(session.scenario) ? await pool.take(session.id, stages, (stage) => session.onStage(stage)) : undefined;
    if (ready !== undefined) {
      return { owner: await given({ ...ready.owner, session: session.id }), sleeper: ready.sleeper, ahead: true };
    }
    const owner = await buildCluster(context, { scenario: session.scenario, session: session.id, onStage: (stage) => session.onStage(stage), signal: session.signal, bundle: join(session.folder, 'cluster-logs.zip') });
    return { owner: await given(owner), sleeper: new Sleeper(tools, nodeOf(owner), log) };
  };

  return {
    name: 'kind',
    title: 'Real cluster with kind',
    spare: false,
    problem() {
      if (asked === undefined || clock.now() - asked.at > REMEMBER_MS) asked = { at: clock.now(), answer: tools.checkDocker().then(sweep, problemOf) };
      return asked.answer;
    },
    async begin(sessions) {
      for (const owner of await owned.all()) {
        if (owner.session !== undefined && sessions.has(owner.session)) continue;
        log.info({ cluster: owner.name }, 'removing a cluster that a former run of the lab left');
        await removeCluster(context, owner.name);
      }
      pool.begin();
    },
    close: () => pool.close(),
    async start(session): Promise<SessionCluster> {
      const { owner, sleeper, ahead = false } = await claim(session);
      try {
        session.signal.throwIfAborted();
        const stages = work(clock, (stage) => session.onStage(stage), session.signal);
        const attached = await stages.run('kind-open', 'The way to the cluster', () => attach(context, owner, session.place, sleeper, session.signal));
        const unwatch = watch.watch(owner.name, (error) => {
          // What Docker answered before is no longer true.
          asked = undefined;
          session.onLost?.(error);
        });
        sleeper.begin(limits.idle);
        const over = new AbortController();
        if (ahead && session.scenario !== undefined) void bringImages(tools, owner.name, session.scenario, limits, over.signal).catch((error: unknown) => over.signal.aborted || log.warn({ cluster: owner.name, error: messageOf(error) }, 'images of a scenario were not loaded'));
        let stopping: Promise<void> | undefined;
        const stop = async (why: StopReason): Promise<void> => {
          unwatch();
          over.abort(new Error('the session is over'));
          sleeper.end();
          // At once: a session that is reset asks for its next cluster while this one is still being left.
          const cleaned = why === 'reset' && isUsual(session.scenario) ? pool.giveBack(session.id, owner, sleeper) : undefined;
          await attached.detach();
          if (why === 'suspend') await sleeper.sleep();
          else if (cleaned === undefined) await drop(owner.name);
        };
        return {
          kubeconfig: attached.kubeconfig,
          env: {},
          client: attached.client,
          requests: () => attached.requests(),
          snapshot: () => ({ version: 1, kind: owner.name }),
          stop: (why) => (stopping ??= stop(why)),
        };
      } catch (error) {
        await drop(owner.name);
        throw session.signal.aborted ? session.signal.reason : error;
      } finally {
        if (ahead) pool.begin();
      }
    },
  };
}

/** Whether a cluster that was made ahead fits. */
function isUsual(scenario: Scenario | undefined): boolean {
  return scenario?.kind === undefined && scenario?.argo === undefined;
}

export function nodeOf({ name }: Owner): string {
  return `${name}-control-plane`;
}

async function isRunning(tools: KindTools, owner: Owner): Promise<boolean> {
  const result = await tools.docker(['inspect', '--format', '{{.State.Running}}', nodeOf(owner)], { timeoutMs: 10_000 });
  return result.code === 0 && result.stdout.trim() === 'true';
}

function problemOf(error: unknown): Problem {
  return { reason: messageOf(error), ...(error instanceof LabError && error.next !== undefined ? { next: error.next } : {}) };
}
