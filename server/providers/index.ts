import { existsSync } from 'node:fs';
import { type Clock, sleep } from '../lib/clock.ts';
import { LabError, messageOf } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Scenario } from '../scenario/model.ts';
import type { ExistingSettings } from './existing/settings.ts';
import type { KindSettings } from './kind/settings.ts';
import { needsCluster } from './needs.ts';
import { noCluster } from './none.ts';
import type { ClusterProvider, Problem } from './provider.ts';

export interface ProviderDependencies {
  clock: Clock;
  ids: Ids;
  log: Log;
  sandbox: Sandbox;
  /** Folder with the built user interface of Argo. */
  argoUi: string;
  /** What the pods and claims of one embedded cluster may hold on the machine's disk. */
  storage?: { bytes: number; files: number };
}

export type ProviderName = 'embedded' | 'kind' | 'existing' | 'none';
export const PROVIDER_NAMES: readonly ProviderName[] = ['embedded', 'kind', 'existing', 'none'];

export interface ProvidersConfig {
  /** Which one a session gets when nobody says. */
  cluster: ProviderName;
  kind: KindSettings;
  /** Absent: no kubeconfig was given, so it is not offered. */
  existing?: ExistingSettings;
}

/** A provider as the page shows it. */
export interface ProviderOffer {
  id: string;
  title: string;
  available: boolean;
  reason?: string;
  next?: string;
  default: boolean;
}

/** A provider that a scenario can't run on here. */
export interface Refusal extends Problem {
  provider: string;
}

/** The providers of one lab. */
export interface Providers {
  readonly default: ClusterProvider;
  /** Undefined when this lab has none of that name. */
  get(name: string): ClusterProvider | undefined;
  /** Every one that may be chosen, the default first. */
  offers(): Promise<ProviderOffer[]>;
  /** Those of the named ones that can't run this scenario here, and why. */
  refusals(scenario: Scenario, names: readonly string[]): Promise<Refusal[]>;
  /** The one for a new session: as asked, or the default; none where the scenario needs no cluster. Throws where it can't be had. */
  choose(scenario: Scenario, asked?: string): Promise<ClusterProvider>;
  begin(sessions: ReadonlySet<string>): Promise<void>;
  close(): Promise<void>;
}

/** A page is not kept waiting for a daemon or a cluster that hangs; who starts a session waits for its answer. */
const OFFER_MS = 2500;

/** What this lab offers; a provider's code is loaded when it is needed first. */
export function createProviders(config: ProvidersConfig, dependencies: ProviderDependencies): Providers {
  const { log } = dependencies;
  const lazy = (about: Pick<ClusterProvider, 'name' | 'title' | 'spare'>, load: () => Promise<ClusterProvider>, begins = () => true, refuses = true): ClusterProvider => {
    let loading: Promise<ClusterProvider> | undefined;
    const real = () => (loading ??= load());
    return {
      ...about,
      problem: async () => (await real()).problem?.(),
      refuses: refuses ? async (scenario) => (await real()).refuses?.(scenario) : async () => undefined,
      begin: async (sessions) => (begins() ? (await real()).begin?.(sessions) : undefined),
      // What was never used has nothing to close.
      close: async () => (await loading)?.close?.(),
      start: async (session) => (await real()).start(session),
    };
  };
  const all = new Map<string, ClusterProvider>();
  all.set('embedded', {
    name: 'embedded',
    title: 'Emulated cluster',
    spare: true,
    start: async (session) => (await import('./embedded/provider.ts')).embeddedProvider(dependencies).start(session),
  });
  all.set('kind', lazy({ name: 'kind', title: 'Real cluster with kind', spare: false }, async () => (await import('./kind/provider.ts')).kindProvider(config.kind, dependencies), () => config.cluster === 'kind' || config.kind.warm > 0 || existsSync(config.kind.folder), false));
  const { existing } = config;
  if (existing !== undefined) all.set('existing', lazy({ name: 'existing', title: 'Cluster of your kubeconfig', spare: false }, async () => (await import('./existing/provider.ts')).existingProvider(existing, dependencies)));
  all.set('none', noCluster);

  const standard = all.get(config.cluster);
  if (standard === undefined) throw new LabError('bad-request', '--cluster existing needs a kubeconfig', 'Name one: --cluster existing --kubeconfig FILE.');
  /** What each has answered last: it stands in for an answer that takes too long. */
  const known = new Map<string, Problem | undefined>();
  const problemOf = async (provider: ClusterProvider): Promise<Problem | undefined> => {
    try {
      const problem = await provider.problem?.();
      known.set(provider.name, problem);
      return problem;
    } catch (error) {
      return { reason: messageOf(error) };
    }
  };
  const soon = async <T>(answer: Promise<T>, late: () => T): Promise<T> => {
    const over = new AbortController();
    try {
      return await Promise.race([answer, sleep(dependencies.clock, OFFER_MS, over.signal).then(late)]);
    } finally {
      over.abort();
    }
  };
  // `none` is no cluster to choose, unless the whole lab is without.
  const offered = [standard, ...[...all.values()].filter((one) => one !== standard && one !== noCluster)];
  return {
    default: standard,
    get: (name) => all.get(name),
    offers: () =>
      Promise.all(
        offered.map(async (provider) => {
          const problem = await soon(problemOf(provider), (): Problem | undefined => known.has(provider.name) ? known.get(provider.name) : ({ reason: `${provider.title}: nothing has answered yet`, next: 'Load the page again in a moment.' }));
          return { id: provider.name, title: provider.title, available: problem === undefined, ...problem, default: provider === standard };
        }),
      ),
    async refusals(scenario, names) {
      if (!needsCluster(scenario)) return [];
      const asked = offered.filter(({ name }) => names.includes(name)).map(async (provider): Promise<Refusal[]> => {
        const problem = await soon(Promise.resolve(provider.refuses?.(scenario)), () => undefined);
        return problem === undefined ? [] : [{ provider: provider.name, ...problem }];
      });
      return (await Promise.all(asked)).flat();
    },
    async choose(scenario, asked) {
      if (!needsCluster(scenario)) return noCluster;
      const provider = asked === undefined ? standard : all.get(asked);
      if (provider === undefined) throw new LabError('bad-request', `there is no provider ${asked ?? ''} here`, `Choose one of ${offered.map(({ name }) => name).join(', ')}.`);
      const problem = (await problemOf(provider)) ?? (await provider.refuses?.(scenario));
      if (problem !== undefined) throw new LabError('cluster-failed', problem.reason, problem.next);
      return provider;
    },
    async begin(sessions) {
      for (const provider of all.values()) await provider.begin?.(sessions).catch((error: unknown) => log.warn({ provider: provider.name, error: messageOf(error) }, 'a provider of clusters did not begin'));
    },
    async close() {
      await Promise.allSettled([...all.values()].map((provider) => provider.close?.()));
    },
  };
}
