import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ImageEntry, ProgramContext } from '../../program.ts';
import { unlessNamed } from './own-bin.ts';
import { answer, flagOf, hostnameOf, pathOf, portOf, serveHttp } from './serve-http.ts';

/** Little servers that tutorials use to see who answers: each says what its original says, on the same port. */
interface HelloServer {
  repository: string;
  ports(context: ProgramContext): number[];
  /** Said in the log when it begins. */
  begins?(context: ProgramContext): string;
  serve(context: ProgramContext, request: IncomingMessage, response: ServerResponse): void;
}

const TEXT = 'text/plain; charset=utf-8';

/** The request as it came, line by line. */
function requestText(request: IncomingMessage): string {
  const headers: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) if (request.rawHeaders[i]?.toLowerCase() !== 'host') headers.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
  return [`${request.method} ${request.url} HTTP/1.1`, `Host: ${request.headers.host ?? ''}`, ...headers].join('\n');
}

const addressOf = ({ network, pod }: ProgramContext): string => network.addressOf(pod.metadata.uid ?? '');

const SERVERS: readonly HelloServer[] = [
  {
    repository: 'hashicorp/http-echo',
    ports: ({ argv, env }) => [portOf(flagOf(argv, 'listen') ?? env['ECHO_LISTEN'], 5678)],
    begins: ({ argv, env }) => `[INFO] server is listening on ${flagOf(argv, 'listen') ?? env['ECHO_LISTEN'] ?? ':5678'}\n`,
    serve({ argv, env }, request, response) {
      if (pathOf(request) === '/health') answer(request, response, 200, 'application/json; charset=utf-8', '{"status":"ok"}\n', { 'x-app-name': 'http-echo', 'x-app-version': '1.0.0' });
      else answer(request, response, Number(flagOf(argv, 'status-code') ?? 200) || 200, TEXT, `${flagOf(argv, 'text') ?? env['ECHO_TEXT'] ?? ''}\n`, { 'x-app-name': 'http-echo', 'x-app-version': '1.0.0' });
    },
  },
  ...['traefik/whoami', 'containous/whoami'].map(
    (repository): HelloServer => ({
      repository,
      ports: ({ argv, env }) => [portOf(flagOf(argv, 'port') ?? env['WHOAMI_PORT_NUMBER'], 80)],
      begins: ({ argv }) => `Starting up on port ${portOf(flagOf(argv, 'port'), 80)}\n`,
      serve(context, request, response) {
        const name = flagOf(context.argv, 'name') ?? context.env['WHOAMI_NAME'];
        if (pathOf(request) === '/health') return answer(request, response, 200, TEXT, '');
        answer(request, response, 200, TEXT, `${name === undefined ? '' : `Name: ${name}\n`}Hostname: ${hostnameOf(context)}\nIP: 127.0.0.1\nIP: ${addressOf(context)}\nRemoteAddr: 10.244.0.1:40000\n${requestText(request)}\n\n`);
      },
    }),
  ),
  ...['gcr.io/google-samples/hello-app', 'us-docker.pkg.dev/google-samples/containers/gke/hello-app'].map(
    (repository): HelloServer => ({
      repository,
      ports: ({ env }) => [portOf(env['PORT'], 8080)],
      serve(context, request, response) {
        const tag = tagOf(context);
        answer(request, response, 200, TEXT, `Hello, world!\nVersion: ${/^\d+\.\d+$/.test(tag) ? `${tag}.0` : '1.0.0'}\nHostname: ${hostnameOf(context)}\n`);
      },
    }),
  ),
  ...['kicbase/echo-server', 'registry.k8s.io/echoserver', 'k8s.gcr.io/echoserver', 'gcr.io/google_containers/echoserver', 'jmalloc/echo-server', 'ealen/echo-server'].map(
    (repository): HelloServer => ({
      repository,
      ports: ({ env }) => [portOf(env['PORT'], repository === 'ealen/echo-server' ? 80 : 8080)],
      serve(context, request, response) {
        answer(request, response, 200, 'text/plain', `Request served by ${hostnameOf(context)}\n\n${requestText(request)}\n`);
      },
    }),
  ),
  {
    repository: 'stefanprodan/podinfo',
    ports: ({ argv }) => [portOf(flagOf(argv, 'port'), 9898)],
    serve(context, request, response) {
      const path = pathOf(request);
      const json = (value: object) => answer(request, response, 200, 'application/json; charset=utf-8', `${JSON.stringify(value, undefined, 2)}\n`);
      if (path === '/healthz' || path === '/readyz') json({ status: 'OK' });
      else if (path === '/env') json(Object.entries(context.env).map(([name, value]) => `${name}=${value}`));
      else if (path === '/version') json({ commit: 'unknown', version: tagOf(context) });
      else json({ hostname: hostnameOf(context), version: tagOf(context), revision: 'unknown', color: context.env['PODINFO_UI_COLOR'] ?? '#34577c', message: context.env['PODINFO_UI_MESSAGE'] ?? `greetings from podinfo v${tagOf(context)}`, goos: 'linux', goarch: 'amd64' });
    },
  },
  ...['registry.k8s.io/e2e-test-images/agnhost', 'k8s.gcr.io/e2e-test-images/agnhost'].map(
    (repository): HelloServer => ({
      repository,
      ports({ argv }) {
        const mode = argv.find((word) => ['netexec', 'serve-hostname', 'pause'].includes(word));
        return mode === 'netexec' ? [portOf(flagOf(argv, 'http-port'), 8080)] : mode === 'serve-hostname' ? [portOf(flagOf(argv, 'port'), 9376)] : [];
      },
      begins: ({ argv }) => (argv.includes('pause') ? 'Paused\n' : ''),
      serve(context, request, response) {
        const path = pathOf(request);
        if (context.argv.includes('serve-hostname') || path === '/hostname' || path === '/hostName') answer(request, response, 200, TEXT, hostnameOf(context));
        else if (path === '/clientip') answer(request, response, 200, TEXT, '10.244.0.1:40000');
        else if (path === '/healthz') answer(request, response, 200, TEXT, '');
        else if (path === '/echo') answer(request, response, 200, TEXT, new URL(request.url ?? '/', 'http://agnhost').searchParams.get('msg') ?? '');
        else answer(request, response, 200, TEXT, `NOW: ${new Date(context.clock.now()).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC')}`);
      },
    }),
  ),
];

/** The tag that the pod asks for. */
function tagOf({ pod, container }: ProgramContext): string {
  const spec = pod['spec'];
  const containers: unknown = typeof spec === 'object' && spec !== null && 'containers' in spec ? spec.containers : [];
  const own: unknown = Array.isArray(containers) ? containers.find((one) => typeof one === 'object' && one !== null && 'name' in one && one.name === container) : undefined;
  const image = typeof own === 'object' && own !== null && 'image' in own ? String(own.image) : '';
  return /:([\w.-]+)(?:@.*)?$/.exec(image)?.[1] ?? 'latest';
}

export const helloServers: readonly ImageEntry[] = SERVERS.map(({ repository, ports, begins, serve }) => ({
  repository,
  entrypoint: [`/${repository.split('/').at(-1) ?? 'server'}`],
  ...(repository.endsWith('/agnhost') ? { cmd: ['pause'] } : {}),
  content: {
    kind: 'program',
    asProcess: unlessNamed(repository.split('/').at(-1) ?? 'server'),
    program: {
      run(context) {
        context.stdout(begins?.(context) ?? '');
        return serveHttp(context, ports(context), (request, response) => serve(context, request, response));
      },
    },
  },
}));
