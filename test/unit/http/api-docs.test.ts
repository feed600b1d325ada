import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_DOCS, serveApiDocs } from '../../../server/http/api-docs.ts';

describe('the API docs of a previewed port', () => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (!serveApiDocs(new URL(request.url ?? '/', 'http://x').pathname, response)) {
        response.writeHead(299);
        response.end('forwarded');
      }
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    [API_DOCS, 200, 'text/html; charset=utf-8'],
    [`${API_DOCS}/start.js`, 200, 'text/javascript; charset=utf-8'],
    [`${API_DOCS}/swagger-ui-bundle.js`, 200, 'text/javascript; charset=utf-8'],
    [`${API_DOCS}/swagger-ui.css`, 200, 'text/css; charset=utf-8'],
    [`${API_DOCS}/package.json`, 404, 'text/plain; charset=utf-8'],
    [`${API_DOCS}/..%2f..%2fpackage.json`, 404, 'text/plain; charset=utf-8'],
  ])('answer %s with %i', async (path, status, type) => {
    const response = await fetch(origin + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self';");
    await response.arrayBuffer();
  });

  it('leave every other path to what listens there', async () => {
    expect(await (await fetch(`${origin}/apidocs`)).text()).toBe('forwarded');
    expect(await (await fetch(`${origin}/.argo-lab/apidocsx`)).text()).toBe('forwarded');
  });
});
