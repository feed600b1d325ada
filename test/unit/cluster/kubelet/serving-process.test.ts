import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { smallCluster, type SmallCluster } from './small-cluster.ts';

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await smallCluster();
});
afterAll(() => cluster.stop());

const main = (image: string, container: object) => ({ restartPolicy: 'Never', containers: [{ name: 'main', image, ...container }] });

async function get(pod: Pod): Promise<string> {
  const socket = await cluster.network.dial(pod.metadata.uid ?? '', 80);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

test('an image’s command may be another than its server', async () => {
  await cluster.pod('talk', main('nginx', { args: ['sh', '-c', 'echo "no server $NGINX_VERSION"'] }));
  await cluster.until('talk', (pod) => pod.status?.phase === 'Succeeded');
  expect(await cluster.logs('talk', 'main')).toBe('no server 1.27.3\n');
});

test('a shell may prepare what its server then serves, and end it', async () => {
  const script = 'echo prepared > /usr/share/nginx/html/index.html; nginx -g "daemon off;"';
  const pod = await cluster.pod('web', main('nginx:1.19', { command: ['sh', '-c', script] }));
  await cluster.until('web', ({ status }) => status?.phase === 'Running');
  await expect.poll(() => get(pod).catch(() => ''), { timeout: 5000 }).toMatch(/server: nginx\/1\.19\.10\r\n[^]*\r\n\r\nprepared\n$/);
  expect(await cluster.logs('web', 'main')).toContain('"GET / HTTP/1.0" 200');
  await cluster.client.delete({ group: '', version: 'v1', resource: 'pods' }, 'ns', 'web', { gracePeriodSeconds: 0 });
  await expect.poll(() => get(pod).then(() => 'answers', () => 'refused')).toBe('refused');
});

test('an image that holds one program has no other command', async () => {
  await cluster.pod('echo', main('hashicorp/http-echo', { command: ['sleep', '10'] }));
  const pod = await cluster.until('echo', ({ status }) => status?.phase === 'Failed');
  expect(pod.status?.containerStatuses?.[0]?.state).toMatchObject({
    terminated: { exitCode: 128, reason: 'StartError', message: 'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "sleep": executable file not found in $PATH: unknown' },
  });
});

test('beside its server as in place of it, an image’s commands begin in its folder', async () => {
  const pod = await cluster.pod('beside', main('redis', {}));
  await cluster.until('beside', ({ status }) => status?.phase === 'Running');
  const beside = await cluster.kubelet.access.exec(pod, 'main', { argv: ['pwd'], tty: false, stdin: false });
  expect(await text(beside.stdout)).toMatch(/\/data\n$/);
  await cluster.pod('instead', main('redis', { command: ['pwd'] }));
  await cluster.until('instead', ({ status }) => status?.phase === 'Succeeded');
  expect(await cluster.logs('instead', 'main')).toMatch(/\/data\n$/);
});
