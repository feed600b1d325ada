import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** An API server that keeps everybody waiting. */
let server: Server;
let asked: () => void = () => undefined;
let folder: string;
beforeAll(async () => {
  server = createServer(() => asked()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  folder = await mkdtemp(join(tmpdir(), 'argo-cli-'));
  await writeFile(join(folder, 'config'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'argo' } }], clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }], users: [{ name: 'u', user: { token: 't' } }] }));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('Ctrl-C', () => {
  it.each([['logs', '@latest', '--follow'], ['watch', '@latest'], ['get', '@latest']])('ends argo %s at once, also while it has not been answered yet', async (...args) => {
    const waiting = new Promise<void>((done) => (asked = done));
    const argo = spawn(process.execPath, ['--import', 'tsx', resolve(import.meta.dirname, '../../../../server/cluster/argo/cli/main.ts'), ...args], { env: { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: join(folder, 'config') }, stdio: 'ignore' });
    try {
      const exited = once(argo, 'exit');
      await waiting;
      argo.kill('SIGINT');
      expect(await exited).toEqual([null, 'SIGINT']);
    } finally {
      argo.kill('SIGKILL');
    }
  });
});
