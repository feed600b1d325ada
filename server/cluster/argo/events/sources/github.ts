import type { IncomingMessage, ServerResponse } from 'node:http';
import { goJson, isJsonObject, parseJson } from '../../../../lib/json.ts';
import { readAtMost } from '../../../../lib/read-at-most.ts';
import { callInCluster } from '../../executor/cluster-http.ts';
import type { GithubSource, WebhookSource } from '../types.ts';
import { mountedValue } from '../world.ts';
import { failed } from '../zap.ts';
import { needsHooks, repositoriesOf } from './github-hooks.ts';
import { githubEvent } from './github-payload.ts';
import type { Listening } from './listener.ts';
import { answer, dispatchEvent, headersOf, manageRoute, mayCall, type WebhookPorts } from './webhook.ts';

const MAX_PAYLOAD = 1 << 20;

/** After argo-events v1.9.9 pkg/eventsources/sources/github/start.go */
export async function listenToGithub(source: GithubSource, ports: WebhookPorts, listening: Listening): Promise<void> {
  const { context, log } = listening;
  const info = (line: number, message: string) => log.info(`github/start.go:${line}`, message);
  info(219, 'started processing the Github event source...');
  const { webhook } = source;
  if (webhook === undefined) throw new Error("webhook can't be nil");
  info(227, 'retrieving webhook secret credentials if any ...');
  const secret = source.webhookSecret === undefined ? '' : await mountedValue(context, 'secret', source.webhookSecret).catch((error: unknown) => {
    throw new Error(`failed to retrieve webhook secret. err: secret not found, ${failed(error)[1]}`);
  });
  if (needsHooks(source)) await makeHooks(source, webhook, secret, listening, info);
  else info(372, 'no need to create webhooks');
  await manageRoute(webhook, ports, listening, (request, response) => void receive(source, webhook, secret, listening, request, response));
}

async function receive(source: GithubSource, webhook: WebhookSource, secret: string, { context, log, dispatch }: Listening, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!(await mayCall(webhook, context, log, request, response))) return;
    const own = log.with(['endpoint', webhook.endpoint], ['port', webhook.port], ['http-method', webhook.method]);
    own.info('github/start.go:132', 'received a request, processing it...');
    let body: string;
    try {
      const read = await readAtMost(request, webhook.maxPayloadSize ?? MAX_PAYLOAD);
      if (read === undefined) throw new Error('http: request body too large');
      body = githubEvent({ headers: request.headers, body: read }, secret);
    } catch (error) {
      own.error('github/start.go:147', 'request is not valid event notification, discarding it', [failed(error)]);
      answer(response, 400, String(failed(error)[1]));
      return;
    }
    const metadata = source.metadata === undefined ? '' : `,"metadata":${goJson(Object.fromEntries(Object.entries(source.metadata).sort()))}`;
    await dispatchEvent({ log, dispatch }, own, `{"headers":${goJson(headersOf(request))},"body":${body}${metadata}}`, response);
  } catch (error) {
    log.error('github/start.go:147', 'request is not valid event notification, discarding it', [failed(error)]);
    response.destroy();
  }
}

/** Asks GitHub, or what stands for it in the cluster, for the hooks, and for those that are missing; what goes wrong is said, and the source listens all the same. */
async function makeHooks(source: GithubSource, webhook: WebhookSource, secret: string, { context, log, namespace }: Listening, info: (line: number, message: string) => void): Promise<void> {
  info(256, 'choosing github auth strategy...');
  if (source.apiToken === undefined) throw new Error('failed to get github auth strategy, GitHub apps are not emulated by this cluster: use an API token');
  const token = await mountedValue(context, 'secret', source.apiToken).catch((error: unknown) => {
    throw new Error(`failed to get github auth strategy, failed to retrieve api token credentials, secret not found, ${failed(error)[1]}`);
  });
  info(262, 'setting up auth transport for http client with the chosen strategy...');
  info(268, 'configuring GitHub hook...');
  const url = `${webhook.url.replace(/\/$/, '')}${webhook.endpoint.startsWith('/') ? '' : '/'}${webhook.endpoint}`;
  const hook = { name: 'web', active: source.active, events: source.events ?? [], config: { url, ...(source.contentType === '' ? {} : { content_type: source.contentType }), insecure_ssl: source.insecure ? '1' : '0', ...(secret === '' ? {} : { secret }) } };
  info(285, 'setting up client for GitHub...');
  const own = source.githubBaseURL !== '' && source.githubUploadURL !== '';
  const slashed = (text: string) => (text.endsWith('/') ? text : `${text}/`);
  const [base, upload] = own ? [slashed(source.githubBaseURL), slashed(source.githubUploadURL)] : ['https://api.github.com/', 'https://uploads.github.com/'];
  if (own) info(288, 'setting up client for GitHub Enterprise...');
  info(292, `client set for baseURL=[${base}] uploadURL=[${upload}]`);
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const answered = await callInCluster(context.network, { method, url: `${base}${path}`, namespace, signal: context.signal, headers: { authorization: `token ${token}`, accept: 'application/vnd.github.v3+json' }, ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }) });
    if (answered.status >= 200 && answered.status < 300) return parseJson(answered.body.toString('utf8'));
    const said = parseJson(answered.body.toString('utf8'));
    throw new Error(`${method} ${base}${path}: ${answered.status} ${isJsonObject(said) && typeof said['message'] === 'string' ? said['message'] : ''} []`);
  };
  const owners = (source.organizations ?? []).map((name) => ({ path: `orgs/${name}/hooks`, list: `of organization ${name}`, make: `for organization ${name}`, lines: [311, 319, 322] }));
  const repositories = repositoriesOf(source).flatMap(({ owner, names }) => names.map((name) => ({ path: `repos/${owner}/${name}/hooks`, list: `of ${owner}/${name}`, make: `for ${owner}/${name}`, lines: [333, 341, 344] })));
  for (const { path, list, make, lines } of [...owners, ...repositories]) {
    const [listing, missing, making] = lines;
    try {
      const hooks = await call('GET', path);
      if (Array.isArray(hooks) && hooks.some((one) => isJsonObject(one) && isJsonObject(one['config']) && one['config']['url'] === url)) continue;
    } catch (error) {
      log.error(`github/start.go:${listing}`, `failed to list existing webhooks ${list}. err: ${failed(error)[1]}`);
      continue;
    }
    log.info(`github/start.go:${missing}`, `hook not found ${make}, creating ...`);
    await call('POST', path, hook).catch((error: unknown) => log.error(`github/start.go:${making}`, `failed to create github webhook ${make}. err: ${failed(error)[1]}`));
  }
}
