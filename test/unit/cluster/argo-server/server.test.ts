import { afterEach, expect, test } from 'vitest';
import { bodyOf, startServer, tokenOf, type TestServer } from './fixture.ts';

let server: TestServer;
afterEach(() => server.stop());

const LIMITS = 'X-Ratelimit-Limit: 1000\r\nX-Ratelimit-Remaining: 999\r\nX-Ratelimit-Reset: Thu, 01 Jan 2026 00:00:01 UTC\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n';
const METADATA = 'Grpc-Metadata-Content-Type: application/grpc\r\nGrpc-Metadata-Trailer: Grpc-Status\r\nGrpc-Metadata-Trailer: Grpc-Message\r\nGrpc-Metadata-Trailer: Grpc-Status-Details-Bin\r\n';

test('Without a token, info answers 401 with the pointer to the FAQ, its headers in the order of Go', async () => {
  server = await startServer();
  expect(await server.send('GET', '/api/v1/info')).toBe(
    `HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n${METADATA}${LIMITS}Content-Length: 97\r\n\r\n{"code":16,"message":"token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/"}`,
  );
});

test('Any Bearer passes the gate of info', async () => {
  server = await startServer({ env: { FIRST_TIME_USER_MODAL: 'false', FEEDBACK_MODAL: 'false', NEW_VERSION_MODAL: 'false' } });
  expect(await server.send('GET', '/api/v1/info', { token: 'abc' })).toBe(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nGrpc-Metadata-Argo-Version: v3.7.6\r\n${METADATA}${LIMITS}Content-Length: 70\r\n\r\n{"modals":{"feedback":false,"firstTimeUser":false,"newVersion":false}}`,
  );
});

test('A workflow is created as the caller, labelled with who made it, and answered as Go prints it', async () => {
  server = await startServer();
  const token = tokenOf('jenkins');
  const answer = bodyOf(await server.send('POST', '/api/v1/workflows/argo', { token, body: '{"workflow":{"metadata":{"name":"w"},"spec":{"templates":[{"suspend":{},"name":"main"}],"entrypoint":"main"}}}' }));
  expect(answer.replace(/"uid":"[^"]*"/, '"uid":"U"')).toBe(
    '{"metadata":{"name":"w","namespace":"argo","uid":"U","resourceVersion":"2","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z","labels":{"workflows.argoproj.io/creator":"system-serviceaccount-argo-jenkins"}},"spec":{"templates":[{"name":"main","inputs":{},"outputs":{},"metadata":{},"suspend":{}}],"entrypoint":"main","arguments":{}},"status":{"startedAt":null,"finishedAt":null}}',
  );
  expect(server.records).toEqual([
    {
      time: server.api.clock.now(),
      server: 'argo',
      method: 'POST',
      url: '/api/v1/workflows/argo',
      user: 'system:serviceaccount:argo:jenkins',
      userAgent: 'curl/8',
      status: 200,
      body: { workflow: { metadata: { name: 'w' }, spec: { templates: [{ suspend: {}, name: 'main' }], entrypoint: 'main' } } },
    },
  ]);
});

test.each([
  ['{"workflow": {', '{"code":3,"message":"unexpected EOF"}'],
  ['{}', '{"code":3,"message":"workflow body not specified"}'],
  ['', '{"code":3,"message":"workflow body not specified"}'],
  ['workflow: {}', `{"code":3,"message":"invalid character 'w' looking for beginning of value"}`],
  ['{"workflow":"x"}', '{"code":3,"message":"json: cannot unmarshal string into Go struct field WorkflowCreateRequest.workflow of type v1alpha1.Workflow"}'],
  ['{"workflow":{}}', '{"code":3,"message":"spec.entrypoint is required"}'],
])('Creating from %j is refused', async (body, answer) => {
  server = await startServer();
  expect(bodyOf(await server.send('POST', '/api/v1/workflows/argo', { token: tokenOf('u'), body }))).toBe(answer);
});

test('Who may not list is told so before anything is read', async () => {
  server = await startServer({ forbid: ({ verb }) => verb === 'list' });
  expect(bodyOf(await server.send('GET', '/api/v1/workflows/argo', { token: tokenOf('u') }))).toBe(
    '{"code":7,"message":"Permission denied, you are not allowed to list workflows in namespace \\"argo\\". Maybe you want to specify a namespace with query parameter `.namespace=argo`?"}',
  );
});

test('A token that Kubernetes does not know is Unauthorized, also on a stream', async () => {
  server = await startServer();
  expect(bodyOf(await server.send('GET', '/api/v1/workflows/argo/x', { token: 'nope' }))).toBe('{"code":16,"message":"Unauthorized"}');
  expect(bodyOf(await server.send('GET', '/api/v1/workflow-events/argo', { token: 'nope' }))).toContain('{"error":{"grpc_code":16,"http_code":401,"message":"Unauthorized","http_status":"Unauthorized"}}');
});

test('An unknown path of the API is not implemented; any other path is the page', async () => {
  server = await startServer();
  expect(await server.send('GET', '/api/v1/nope')).toBe(`HTTP/1.1 501 Not Implemented\r\nContent-Type: application/json\r\n${LIMITS}Content-Length: 39\r\n\r\n{"code":12,"message":"Not Implemented"}`);
  expect((await server.send('GET', '/workflows/argo')).split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
});

test('A form posted to a path that only answers GET is taken as GET', async () => {
  server = await startServer();
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  expect(bodyOf(await server.send('POST', '/api/v1/workflows/argo/w', { token: tokenOf('u'), headers, body: '{}' }))).toBe('{"code":5,"message":"workflows.argoproj.io \\"w\\" not found"}');
});

test('The log has a line for the call and one for the request', async () => {
  server = await startServer();
  await server.send('GET', '/api/v1/version', { token: 'x' });
  const lines = server.log().trimEnd().split('\n').slice(-2);
  expect(lines[0]?.replace(/time_ms=\S+/, 'time_ms=T')).toBe(
    'time="2026-01-01T00:00:00.000Z" level=info msg="finished unary call with code OK" grpc.code=OK grpc.method=GetVersion grpc.service=info.InfoService grpc.start_time="2026-01-01T00:00:00Z" grpc.time_ms=T span.kind=server system=grpc',
  );
  expect(lines[1]?.replace(/duration=\S+/, 'duration=D')).toBe('time="2026-01-01T00:00:00.000Z" level=info duration=D method=GET path=/api/v1/version size=215 status=0');
});

test('In server mode nobody needs a token, and everybody is the server', async () => {
  server = await startServer({ argv: ['--auth-mode', 'server', '--secure=false'] });
  expect(bodyOf(await server.send('GET', '/api/v1/userinfo'))).toBe(
    '{"issuer":"https://kubernetes.default.svc.cluster.local","subject":"system:serviceaccount:argo:argo-server","serviceAccountName":"argo-server","serviceAccountNamespace":"argo"}',
  );
});
