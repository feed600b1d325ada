import { createReadStream, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Reserved on every previewed port: requests from an API description, for servers whose own page only links to it. */
export const API_DOCS = '/.argo-lab/apidocs';

const FILES: Readonly<Record<string, string>> = { 'swagger-ui.css': 'text/css; charset=utf-8', 'swagger-ui-bundle.js': 'text/javascript; charset=utf-8' };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'";

/** Where an Argo Server keeps its description. */
const DESCRIPTION = '/assets/openapi-spec/swagger.json';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API docs</title>
<link rel="stylesheet" href="${API_DOCS}/swagger-ui.css">
</head>
<body>
<div id="docs">The API docs need JavaScript.</div>
<script src="${API_DOCS}/swagger-ui-bundle.js"></script>
<script src="${API_DOCS}/start.js"></script>
</body>
</html>
`;

// The description names http and localhost; requests go where the page came from, so that they pass the proxy.
const START = `window.SwaggerUIBundle({
  url: '${DESCRIPTION}',
  dom_id: '#docs',
  docExpansion: 'none',
  defaultModelsExpandDepth: -1,
  tryItOutEnabled: false,
  requestInterceptor(request) {
    const asked = new URL(request.url, location.href);
    request.url = location.origin + asked.pathname + asked.search;
    return request;
  },
});
`;

/** Answers a path below API_DOCS; false when there is nothing of the kind. */
export function serveApiDocs(path: string, response: ServerResponse): boolean {
  if (path !== API_DOCS && !path.startsWith(`${API_DOCS}/`)) return false;
  const name = path.slice(API_DOCS.length + 1);
  const headers = { 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-cache' };
  const send = (type: string, body: string) => {
    response.writeHead(200, { ...headers, 'Content-Type': type });
    response.end(body);
  };
  if (name === '') send('text/html; charset=utf-8', PAGE);
  else if (name === 'start.js') send('text/javascript; charset=utf-8', START);
  else {
    const type = FILES[name];
    if (type === undefined) {
      response.writeHead(404, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
      response.end('not found\n');
      return true;
    }
    const file = join(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')), name);
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': statSync(file).size });
    createReadStream(file).pipe(response);
  }
  return true;
}
