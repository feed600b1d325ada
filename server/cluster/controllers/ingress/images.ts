import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { whenAborted } from '../../../lib/abort.ts';
import { readAtMost } from '../../../lib/read-at-most.ts';
import { messageOf } from '../../../lib/errors.ts';
import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import { ApiStatus } from '../../api/status.ts';
import { CertificateAuthority } from '../../auth/certificates.ts';
import type { ImageEntry, Program, ProgramContext } from '../../program.ts';
import type { Ingress } from '../runtime/kinds.ts';
import { SECRETS } from '../runtime/resources.ts';
import type { IngressController } from './index.ts';

const WEBHOOKS = { group: 'admissionregistration.k8s.io', version: 'v1' };
const YEARS = 100 * 365 * 86_400_000;
/** What a review that is sent to the webhook may weigh: bytes. */
const MAX_REVIEW = 3 * 1024 * 1024;

/** The images of ingress-nginx' own manifest, so that it can be installed as on any cluster: its pods hand on to the controller that is built in. */
export function ingressImages(controller: IngressController | undefined): ImageEntry[] {
  return controller === undefined ? [] : [
    { repository: 'registry.k8s.io/ingress-nginx/controller', entrypoint: ['/usr/bin/dumb-init', '--'], cmd: ['/nginx-ingress-controller'], content: { kind: 'program', program: nginxController(controller) } },
    { repository: 'registry.k8s.io/ingress-nginx/kube-webhook-certgen', entrypoint: ['/kube-webhook-certgen'], content: { kind: 'program', program: certificateMaker } },
  ];
}

function flag(argv: readonly string[], name: string): string {
  return argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
}

function nginxController(controller: IngressController): Program {
  return {
    async run(context) {
      const { network, pod, argv, signal } = context;
      const uid = pod.metadata.uid ?? '';
      const closers: (() => void)[] = [];
      const listen = (port: number, onConnection: (socket: Duplex) => void): void => void closers.push(network.listen(uid, port, onConnection));
      const health = createHttpServer((request, response) => void response.writeHead(request.url === '/healthz' ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' }).end(request.url === '/healthz' ? 'ok' : ''));
      try {
        listen(80, (socket) => controller.accept(socket, false));
        listen(443, (socket) => controller.accept(socket, true));
        listen(10254, (socket) => health.emit('connection', socket.on('error', () => socket.destroy())));
        const [cert, key] = [await content(context, flag(argv, 'validating-webhook-certificate')), await content(context, flag(argv, 'validating-webhook-key'))];
        if (cert !== '' && key !== '') {
          const webhook = createHttpsServer({ cert, key }, (request, response) => void review(controller, request, response).catch(() => response.destroy()));
          listen(Number(/(\d+)$/.exec(flag(argv, 'validating-webhook'))?.[1] ?? 8443), (socket) => webhook.emit('connection', socket.on('error', () => socket.destroy())));
        }
      } catch (error) {
        context.stderr(`${messageOf(error)}\n`);
        for (const close of closers) close();
        return 1;
      }
      context.stdout('NGINX Ingress controller: this cluster’s own does its work\n');
      await whenAborted(signal);
      for (const close of closers) close();
      health.closeAllConnections();
      return 0;
    },
  };
}

/** A mounted file's text; empty where there is none. */
async function content(context: ProgramContext, path: string): Promise<string> {
  const handle = path === '' ? undefined : await context.openFile(path);
  try {
    if (handle === undefined) return '';
    const info = await handle.stat();
    if (!info.isFile() || info.size > MAX_REVIEW) throw new Error(`read ${path}: not a certificate or key`);
    return await handle.readFile('utf8');
  } finally {
    await handle?.close();
  }
}

async function review(controller: IngressController, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readAtMost(request, MAX_REVIEW);
  if (body === undefined) return void response.writeHead(413).end();
  const asked = parsed(body.toString());
  const about = isJsonObject(asked['request']) ? asked['request'] : {};
  const { uid = '', object } = about;
  const problem = isIngress(object) ? controller.problemWith(object) : undefined;
  const answer = { uid, allowed: problem === undefined, ...(problem === undefined ? {} : { status: { metadata: {}, message: problem, code: 400 } }) };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: answer }));
}

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isIngress(value: unknown): value is Ingress {
  return isJsonObject(value) && value['kind'] === 'Ingress' && isJsonObject(value['metadata']) && isJsonObject(value['spec']);
}

/** Makes the webhook's certificate, and tells the API server of it. After ingress-nginx images/kube-webhook-certgen/rootfs/cmd */
const certificateMaker: Program = {
  async run(context) {
    const { argv, client, clock } = context;
    const namespace = flag(argv, 'namespace');
    const name = flag(argv, 'secret-name');
    try {
      if (argv.includes('create')) {
        const now = clock.now();
        const authority = CertificateAuthority.create('nil1', now);
        const made = authority.issue({ subject: { commonName: 'nil2' }, altNames: flag(argv, 'host').split(','), usage: 'server', notBefore: now - 300_000, notAfter: now + YEARS });
        const encoded = (text: string): string => Buffer.from(text).toString('base64');
        await client.create(SECRETS, namespace, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: { ca: encoded(authority.certificate), cert: encoded(made.certificate), key: encoded(made.key) } }).catch((error: unknown) => {
          // One that is there stays.
          if (!(error instanceof ApiStatus && error.code === 409)) throw error;
        });
        return 0;
      }
      const secret = await client.get(SECRETS, namespace, name);
      const ca = isJsonObject(secret['data']) ? secret['data']['ca'] : undefined;
      for (const kind of ['mutating', 'validating'] as const) {
        if (flag(argv, `patch-${kind}`) === 'false') continue;
        const type = { ...WEBHOOKS, resource: `${kind}webhookconfigurations` };
        const found = await client.get(type, undefined, flag(argv, 'webhook-name'));
        const webhooks = (Array.isArray(found['webhooks']) ? found['webhooks'] : []).filter(isJsonObject).map((hook) => ({ ...hook, ...(flag(argv, 'patch-failure-policy') === '' ? {} : { failurePolicy: flag(argv, 'patch-failure-policy') }), clientConfig: { ...(isJsonObject(hook['clientConfig']) ? hook['clientConfig'] : {}), caBundle: ca ?? '' } }));
        // Its role lets it update, not patch.
        await client.update(type, { ...found, webhooks });
      }
      return 0;
    } catch (error) {
      context.stderr(`${messageOf(error)}\n`);
      return 1;
    }
  },
};
