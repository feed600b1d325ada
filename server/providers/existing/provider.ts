import { join } from 'node:path';
import { mkdir, readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { Scope } from '../../lib/scope.ts';
import type { KubeObject } from '../../cluster/vocabulary.ts';
import type { Scenario } from '../../scenario/model.ts';
import type { ProviderDependencies } from '../index.ts';
import type { ClusterProvider, Problem, ProviderSession } from '../provider.ts';
import { connectTo } from './connection.ts';
import { releaseCrds } from './crds.ts';
import { decide } from './decide.ts';
import { type ClusterFacts, gatherFacts, versionOf } from './facts.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { MANAGED_BY, OWNER, ownedBy, SESSION } from './names.ts';
import { readNeeds, type ScenarioNeeds } from './needs.ts';
import { NAMESPACES, removeNamespace } from './objects.ts';
import { grantedRules } from './plan.ts';
import { startSession } from './session.ts';
import type { ExistingSettings } from './settings.ts';
import { hasVcluster } from './vcluster.ts';

/** Whether the cluster answers is asked anew after this time. */
const REMEMBER_MS = 15_000;
/** What rights are asked for before there is a session; nothing is made under this name. */
const PROBE = 'argo-lab-probe';
/** A list of courses does not wait longer for a cluster that does not answer. */
const PATIENCE_MS = 3000;

/**
 * Any cluster, by its kubeconfig: a namespace a session, or a virtual cluster in one where the scenario needs more. Only
 * what carries our labels and this data folder's mark is ever removed.
 */
export function existingProvider(settings: ExistingSettings, dependencies: ProviderDependencies): ClusterProvider {
  const { clock, ids, log } = dependencies;
  const environment = settings.environment ?? process.env;
  const access = () => readKubeconfig({ file: settings.kubeconfig, ...(settings.context === undefined ? {} : { context: settings.context }) });
  let owner: Promise<string> | undefined;
  let vcluster: Promise<boolean> | undefined;
  const needsOf = new WeakMap<Scenario, Promise<ScenarioNeeds>>();
  const known = new Map<string, { until: number; facts: Promise<ClusterFacts> }>();
  let asked: { until: number; problem: Promise<Problem | undefined> } | undefined;

  const ask = async (): Promise<Problem | undefined> => {
    const scope = new Scope();
    try {
      const connection = connectTo(access(), clock, scope);
      const late = new Promise<Problem>((resolve) => {
        scope.defer(clock.after(PATIENCE_MS, () => resolve({ reason: `${connection.access.server.host} does not answer`, next: 'Is the cluster running, and can this machine reach it?' })));
      });
      return await Promise.race([versionOf(connection.transport, connection.access).then(() => undefined), late]);
    } catch (error) {
      return { reason: messageOf(error), ...(error instanceof LabError && error.next !== undefined ? { next: error.next } : {}) };
    } finally {
      await scope.close();
    }
  };

  /** The same question as before a start, for no session yet: the namespace that another session has may be free by then. */
  const refusal = async (scenario: Scenario): Promise<Problem | undefined> => {
    let needs = needsOf.get(scenario);
    if (needs === undefined) needsOf.set(scenario, (needs = readNeeds(scenario)));
    const { namespace, argo, artifacts } = await needs;
    const key = `${namespace} ${argo} ${artifacts}`;
    let found = known.get(key);
    if (found === undefined || clock.now() > found.until) {
      found = { until: clock.now() + REMEMBER_MS, facts: factsFor(namespace, argo, artifacts) };
      known.set(key, found);
    }
    const facts = await found.facts;
    const { findings } = decide(await needs, facts.taken?.by === 'another-session' ? { ...facts, taken: { ...facts.taken, by: 'this-session' } } : facts, PROBE);
    const bad = findings.find(({ ok }) => !ok);
    return bad === undefined ? undefined : { reason: bad.message, ...(bad.next === undefined ? {} : { next: bad.next }) };
  };
  const factsFor = async (wanted: string, argo: boolean, artifacts: boolean): Promise<ClusterFacts> => {
    const scope = new Scope();
    try {
      vcluster ??= hasVcluster(environment);
      const connection = connectTo(access(), clock, scope);
      return await gatherFacts({ ...connection, namespace: PROBE, wanted, argo, artifacts: argo && artifacts, granted: grantedRules(argo ? 'all' : 'none'), session: '', owner: (await readOwner(settings.folder)) ?? '', vcluster: await vcluster });
    } finally {
      await scope.close();
    }
  };

  return {
    name: 'existing',
    title: 'Cluster of your kubeconfig',
    spare: false,
    problem() {
      if (asked === undefined || clock.now() > asked.until) asked = { until: clock.now() + REMEMBER_MS, problem: ask() };
      return asked.problem;
    },
    async refuses(scenario) {
      try {
        return await refusal(scenario);
      } catch (error) {
        // Whether it answers at all is told by `problem`; what was not found out now is, when a session starts.
        log.debug({ error: messageOf(error), scenario: scenario.id }, 'what a cluster allows could not be found out');
        return undefined;
      }
    },
    async begin(sessions) {
      await removeLeftovers(sessions);
    },
    async start(session: ProviderSession) {
      owner ??= ownerOf(settings.folder, () => ids.alphanumeric(16));
      vcluster ??= hasVcluster(environment);
      return startSession({ session, access: access(), owner: await owner, vcluster: await vcluster, environment, ...dependencies });
    },
  };

  /** What a crash left: namespaces of this data folder whose session will not come back. */
  async function removeLeftovers(sessions: ReadonlySet<string>): Promise<void> {
    const mark = await readOwner(settings.folder);
    // A folder that never had a session has left nothing.
    if (mark === undefined) return;
    const scope = new Scope();
    try {
      const { client } = connectTo(access(), clock, scope);
      const left = (await client.list(NAMESPACES, { labelSelector: ownedBy(mark) })).items.filter((namespace) => isOwned(namespace, mark) && !sessions.has(namespace.metadata.labels?.[SESSION] ?? ''));
      for (const { metadata } of left) {
        log.info({ namespace: metadata.name }, 'removing what a former run left');
        await removeNamespace(client, metadata.name, (namespace) => isOwned(namespace, mark));
      }
      await releaseCrds(client, mark).catch((error: unknown) => log.debug({ error: messageOf(error) }, "Argo's resource types stay"));
    } finally {
      await scope.close();
    }
  }
}

function isOwned({ metadata }: KubeObject, owner: string): boolean {
  return metadata.labels?.[MANAGED_BY] === 'argo-lab' && metadata.labels[OWNER] === owner;
}

async function readOwner(folder: string): Promise<string | undefined> {
  const text = (await readFile(join(folder, 'owner'), 'utf8').catch(() => '')).trim();
  return /^[a-z0-9]{16}$/.test(text) ? text : undefined;
}

/** A mark of this data folder's own: another lab's leftovers in the same cluster are none of our business. */
async function ownerOf(folder: string, create: () => string): Promise<string> {
  const known = await readOwner(folder);
  if (known !== undefined) return known;
  const mark = create();
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, 'owner'), `${mark}\n`, 0o600);
  return mark;
}
