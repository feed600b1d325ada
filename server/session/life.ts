import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { LabError } from '../lib/errors.ts';
import type { ClusterProvider, StopReason } from '../providers/provider.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { planAssets } from '../scenario/assets.ts';
import { writeFiles } from './files.ts';
import type { Life, SessionInside } from './inside.ts';
import { writeKubeconfig } from './spares.ts';
import { Terminals } from './terminals.ts';

/** What every home begins with: scenarios read them again, and change lines in them. */
const DOT_FILES: Readonly<Record<string, string>> = {
  '.bashrc': '# ~/.bashrc: every new terminal reads it. In one that is open already: source ~/.bashrc\n',
  '.profile': '# ~/.profile: login shells read it.\n[ -z "$BASH" ] || [ ! -r ~/.bashrc ] || . ~/.bashrc\n',
};

/** Where the older and the newer host tell a session's address, with the word PORT where its number goes. */
const HOST_FILE = '/etc/killercoda/host';

/** A place with its terminals (none open yet); with a cluster already, where one was kept ready. */
export async function beginLife(session: SessionInside, provider: ClusterProvider, fresh: boolean, events: { onTerminals(terminals: Terminals): void; onPrompt(): void }): Promise<Life> {
  const { clock, ids, store, sandbox, spares } = session.deps;
  const home = store.homeOf(session.id);
  const spare = fresh && spares.of(provider) ? await spares.take(home) : undefined;
  const place = spare?.place ?? (await sandbox.open({ sessionId: session.id, home }));
  const terminals = new Terminals({ place, clock, ids, variables: session.scenario.variables, greeting: session.scenario.greeting, again: !fresh, onChange: () => events.onTerminals(terminals), onPrompt: events.onPrompt });
  for (const stage of spare?.stages ?? []) session.stages.put({ ...stage, took: 0 });
  return { place, terminals, cluster: spare?.cluster, starting: Promise.resolve(), controller: spare?.controller ?? new AbortController() };
}

/** Starts the cluster of a life that has none. */
export async function startCluster(session: SessionInside, life: Life, provider: ClusterProvider, onLost: (error: LabError) => void): Promise<void> {
  const { store } = session.deps;
  const restore = await store.loadSnapshot(session.id);
  const starting = provider.start({
    id: session.id,
    scenario: session.scenario,
    folder: `${store.sessionFolder(session.id)}/cluster`,
    place: life.place,
    ...(restore === undefined ? {} : { restore }),
    onStage: (stage) => {
      if (session.life === life) session.stages.put(stage);
    },
    onLost: (error) => {
      if (session.life === life) onLost(error);
    },
    signal: life.controller.signal,
  });
  life.starting = starting.catch(() => undefined);
  const cluster = await starting;
  if (life.controller.signal.aborted) return cluster.stop('end');
  life.cluster = cluster;
  await writeKubeconfig(life.place, cluster, cluster.namespace ?? session.scenario.namespace);
}

/** Ends everything of a life; `why` is for the provider. */
export async function endLife(life: Life | undefined, why: StopReason): Promise<void> {
  if (life === undefined) return;
  life.controller.abort(new Error('the session ends'));
  // The place first: with its processes gone, terminals have nothing to wait for.
  await Promise.allSettled([life.place.stop(), life.cluster?.stop(why) ?? Promise.resolve(), life.starting]);
  await life.terminals.closeAll();
}

/**
 * Puts the scenario's files where they belong: all of them into a fresh place; where the home has been used before, only
 * those outside of it, which did not outlive the place.
 */
export async function copyAssets(session: SessionInside, place: Place, fresh: boolean): Promise<void> {
  if (fresh) await writeFiles(place, Object.entries(DOT_FILES).map(([name, text]) => ({ path: `~/${name}`, data: Buffer.from(text) })));
  const { copies, missing } = await planAssets(session.scenario, place.homeInside);
  const home = (path: string) => path === place.homeInside || path.startsWith(`${place.homeInside}/`);
  const left: string[] = [];
  const wanted = copies.flatMap((copy) => {
    const target = place.isolation === 'none' ? withoutSandbox(copy.target, place.homeInside) : copy.target;
    if (target === undefined) left.push(copy.target);
    return target === undefined || (!fresh && home(target)) ? [] : [{ ...copy, target }];
  });
  await writeFiles(place, await Promise.all(wanted.map(async (copy) => ({ path: copy.target, data: await readFile(copy.source), ...(copy.chmod === undefined ? {} : { mode: copy.chmod }) }))));
  if (missing.length > 0) session.deps.log.warn({ scenario: session.scenario.id, missing }, 'assets are missing');
  if (left.length > 0) session.deps.log.warn({ scenario: session.scenario.id, left }, 'assets were left out: without a sandbox, the lab writes nothing outside the home');
}

/** Plain processes share the person's own machine: programs go to a folder of the home that is on the PATH, the rest of the machine is not written. */
function withoutSandbox(target: string, home: string): string | undefined {
  const path = posix.normalize(target);
  if (path === home || path.startsWith(`${home}/`) || path.startsWith('/tmp/')) return path;
  const program = /^\/usr\/(?:local\/)?s?bin\/([^/]+)$/.exec(path)?.[1];
  return program === undefined ? undefined : `${home}/.local/bin/${program}`;
}

/** Tells the session's address where scripts look for it. Without a sandbox, that place is not the lab's to write. */
export async function tellAddress(session: SessionInside, place: Place): Promise<void> {
  if (place.isolation === 'none') return;
  await writeFiles(place, [{ path: HOST_FILE, data: Buffer.from(`${session.deps.portUrl(session.id).replace('{port}', 'PORT')}\n`) }]);
}
