import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { Answering } from '../../../../server/cluster/http/answer.ts';
import { sendWatch } from '../../../../server/cluster/http/watch-response.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { testApi } from '../../../harness/cluster.ts';

/** A client of HTTP that reads, or does not. */
class Client extends EventEmitter {
  writableEnded = false;
  destroyed = false;
  bytes = 0;
  constructor(private readonly reads: boolean) {
    super();
  }
  setHeader(): void {}
  writeHead(): void {}
  write(text: string): boolean {
    this.bytes += text.length;
    return this.reads;
  }
  end(): void {
    this.writableEnded = true;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

it('cuts off watchers that read nothing before they fill the memory together; who reads is told everything', async () => {
  const { client, core } = testApi();
  await client.create({ group: '', version: 'v1', resource: 'namespaces' }, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } });
  const info = core.scheme.find({ group: '', version: 'v1', resource: 'configmaps' });
  if (info === undefined) throw new Error('there are no configmaps');
  const end = new AbortController();
  const watching = (reads: boolean): Client => {
    const response = new Client(reads);
    const answering = { response, query: new URLSearchParams(), request: { headers: {} }, warnings: [], ids: systemIds, core } as unknown as Answering;
    sendWatch(core, { identity: { user: 'admin', groups: ['system:masters'] } } as unknown as Parameters<typeof sendWatch>[1], answering, { info, namespace: 'ns' } as Parameters<typeof sendWatch>[3], {} as Parameters<typeof sendWatch>[4], { encoding: 'json' }, end.signal);
    return response;
  };
  const [reader, ...sleepers] = [watching(true), ...Array.from({ length: 40 }, () => watching(false))];
  for (let i = 0; i < 10; i++) {
    await client.create({ group: '', version: 'v1', resource: 'configmaps' }, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}`, namespace: 'ns' }, data: { a: 'x'.repeat(900_000) } });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  const held = sleepers.reduce((sum, { destroyed, bytes }) => sum + (destroyed ? 0 : bytes), 0);
  expect({ reader: reader?.destroyed, told: (reader?.bytes ?? 0) > 9_000_000, cut: sleepers.some(({ destroyed }) => destroyed), held: held <= 129 * 1024 * 1024 }).toEqual({ reader: false, told: true, cut: true, held: true });
  end.abort();
});
