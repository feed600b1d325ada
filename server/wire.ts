import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { startSite } from './http/site.ts';
import { writeFileAtomic } from './lib/atomic-file.ts';
import { systemClock } from './lib/clock.ts';
import { LabError, messageOf } from './lib/errors.ts';
import { systemIds } from './lib/ids.ts';
import { createLog } from './lib/log.ts';
import { Scope } from './lib/scope.ts';
import type { Workshop } from './runner/workshop.ts';
import { createProviders } from './providers/index.ts';
import { createSandbox } from './sandbox/detect.ts';
import { createContent } from './session/course-content.ts';
import { DISK_LIMITS } from './session/disk-watch.ts';
import { lockFolder } from './session/lock.ts';
import { SessionManager } from './session/manager.ts';
import { Spares } from './session/spares.ts';
import { SessionStore } from './session/store.ts';
import { prepareTools } from './session/tools.ts';
import { watchForAuthor } from './session/watch-author.ts';

export interface Lab {
  /** With the token: good for one visit to get the cookie. */
  url: string;
  port: number;
  token: string;
  notices: string[];
  /** The sessions that the site serves. */
  manager: SessionManager;
  close(): Promise<void>;
}

/** Builds the lab server out of its rooms: the only place that knows all of them. */
export async function startLab(config: Config): Promise<Lab> {
  const scope = new Scope();
  try {
    return await build(config, scope);
  } catch (error) {
    await scope.close();
    throw error;
  }
}

/** Everything of the lab but its site: sessions and their clusters, for runs without a browser. */
export async function openWorkshop(config: Config): Promise<Workshop> {
  const scope = new Scope();
  try {
    const { manager, providers, content, notices, clock, ids, log, sandbox } = await buildWorkshop(config, scope, () => 0);
    void providers.begin(manager.sessionIds);
    return { manager, providers, content, notices, clock, ids, log, isolation: sandbox.isolation, close: () => scope.close() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

async function buildWorkshop(config: Config, scope: Scope, port: () => number) {
  const [clock, ids, log] = [systemClock, systemIds, createLog(config.logLevel)];
  for (const folder of config.scenarios) if (!existsSync(folder)) throw new LabError('bad-request', `there is no folder ${folder}`, 'Name a folder with scenarios.');
  await mkdir(config.data, { recursive: true });
  await chmod(config.data, 0o700);
  scope.defer(await lockFolder(config.data));

  const tools = await prepareTools(join(config.data, 'tools'), { path: process.env['PATH'] ?? '', argoBundle: join(config.root, 'dist', 'bin', 'argo.mjs') });
  const sandbox = await createSandbox({ folder: join(config.data, 'warm'), tools: tools.folder, warmPorts: [6443], wanted: config.sandbox }, clock);
  scope.defer(() => sandbox.close());
  const providers = createProviders(config, { clock, ids, log, sandbox, argoUi: join(config.root, 'dist', 'argo-ui'), storage: { ...DISK_LIMITS, bytes: config.podsSize } });
  const content = createContent(config.scenarios, ids, clock);
  const store = new SessionStore(config.data);
  const spares = new Spares({ sandbox, provider: providers.default, folder: join(config.data, 'spare'), clock, ids, log });
  scope.defer(() => providers.close());
  scope.defer(() => spares.close());
  const manager = new SessionManager({
    clock,
    ids,
    log,
    store,
    content,
    providers,
    sandbox,
    spares,
    disk: { ...DISK_LIMITS, bytes: config.homeSize },
    mostSessions: config.mostSessions,
    author: config.watch,
    portUrl: (session) => `http://{port}-${session}.${config.previewDomain}:${port()}`,
  });
  await manager.load();
  scope.defer(() => manager.close());
  const notices = [...(sandbox.notice === undefined ? [] : [sandbox.notice]), ...tools.notices];
  return { clock, ids, log, sandbox, providers, content, spares, manager, notices };
}

async function build(config: Config, scope: Scope): Promise<Lab> {
  let port = config.port;
  const { clock, ids, log, sandbox, providers, content, spares, manager, notices } = await buildWorkshop(config, scope, () => port);
  const token = await tokenOf(config.data);
  const version = await versionOf(config.root);
  const author = config.watch ? await watchForAuthor({ folders: config.scenarios, content, manager, clock, log, offline: config.cluster === 'embedded' || config.cluster === 'none' }) : undefined;
  if (author !== undefined) scope.defer(author.end);
  const site = await startSite({
    host: config.host,
    port: config.port,
    token,
    allowHosts: config.allowHosts,
    previewDomain: config.previewDomain,
    web: config.web,
    content,
    manager,
    providers,
    sandbox: () => ({ isolation: sandbox.isolation, notice: notices.length === 0 ? undefined : notices.join(' ') }),
    ...(author === undefined ? {} : { author: author.desk }),
    version,
    clock,
    ids,
    log,
  });
  port = site.port;
  // Side by side: what is saved must not wait for connections that end slowly.
  scope.defer(() => Promise.all([site.close(), manager.close()]).then(() => undefined));
  // After the site, so that the first page does not wait for it.
  void providers.begin(manager.sessionIds);
  void sandbox.warmed().then(() => spares.begin()).catch((error: unknown) => log.warn({ error: messageOf(error) }, 'nothing could be kept ready'));
  return { url: `${site.origin}/?token=${token}`, port, token, notices, manager, close: () => scope.close() };
}

/** The same token at each start, so that an open page and its cookie stay good. */
async function tokenOf(data: string): Promise<string> {
  const file = join(data, 'token');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known.length >= 32) return known;
  const token = systemIds.secret();
  await writeFileAtomic(file, `${token}\n`, 0o600);
  return token;
}

async function versionOf(root: string): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0';
}
