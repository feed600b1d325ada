import { describe, expect, it } from 'vitest';
import { type DnsRecord, readQuery, TYPES, writeAnswer } from '../../../../server/cluster/network/dns-message.ts';
import { answerName, type NamedService, type NameSource } from '../../../../server/cluster/network/dns-names.ts';

const service = (name: string, more: Partial<NamedService>): NamedService => ({ name, namespace: 'shop', clusterIP: '', externalName: '', ports: [], backends: [], ...more });
const services = [
  service('web', { clusterIP: '10.96.1.2', ports: [{ name: 'http', protocol: 'TCP', port: 80 }] }),
  service('db', { clusterIP: 'None', ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }], backends: [{ address: '10.244.0.5', hostname: 'db-0' }, { address: '10.244.0.6', hostname: '' }] }),
  service('empty', { clusterIP: 'None' }),
  service('outside', { externalName: 'example.com' }),
  service('inside', { externalName: 'web.shop.svc.cluster.local' }),
];
const source: NameSource = {
  service: (namespace, name) => services.find((one) => one.namespace === namespace && one.name === name),
  serviceAt: (address) => services.find((one) => one.clusterIP === address || one.backends.some((backend) => backend.address === address)),
  namespace: (name) => name === 'shop' || name === 'default',
};

/** Code and data of the answers, shortly. */
function ask(name: string, type: keyof typeof TYPES = 'A'): string {
  const { code, records } = answerName({ name, asked: name, type: TYPES[type] }, source);
  const data = (record: DnsRecord) => (record.type === 'A' ? record.address : record.type === 'SRV' ? `${record.target}:${record.port}` : record.target);
  return [code, ...records.map(data)].join(' ');
}

describe('names of the cluster', () => {
  it.each([
    ['a Service is its cluster address', 'web.shop.svc.cluster.local', 'A', '0 10.96.1.2'],
    ['it has no address of the sixth version, which is no error', 'web.shop.svc.cluster.local', 'AAAA', '0'],
    ['a headless one is its pods', 'db.shop.svc.cluster.local', 'A', '0 10.244.0.5 10.244.0.6'],
    ['a headless one without pods is no name', 'empty.shop.svc.cluster.local', 'A', '3'],
    ['a pod of it has its hostname', 'db-0.db.shop.svc.cluster.local', 'A', '0 10.244.0.5'],
    ['or its address with dashes', '10-244-0-6.db.shop.svc.cluster.local', 'A', '0 10.244.0.6'],
    ['a hostname that no pod has is no name', 'db-7.db.shop.svc.cluster.local', 'A', '3'],
    ['a named port says where it is', '_http._tcp.web.shop.svc.cluster.local', 'SRV', '0 web.shop.svc.cluster.local:80'],
    ['of a headless one, for each pod', '_sql._tcp.db.shop.svc.cluster.local', 'SRV', '0 db-0.db.shop.svc.cluster.local:5432 10-244-0-6.db.shop.svc.cluster.local:5432'],
    ['another protocol is another name', '_http._udp.web.shop.svc.cluster.local', 'SRV', '3'],
    ['an alias outside the cluster is only named', 'outside.shop.svc.cluster.local', 'A', '0 example.com'],
    ['an alias inside is followed', 'inside.shop.svc.cluster.local', 'A', '0 web.shop.svc.cluster.local 10.96.1.2'],
    ['a pod has a name from its address', '10-244-0-9.default.pod.cluster.local', 'A', '0 10.244.0.9'],
    ['a namespace that there is not', 'web.nowhere.svc.cluster.local', 'A', '3'],
    ['a Service that there is not', 'nope.shop.svc.cluster.local', 'A', '3'],
    ['a namespace alone has nothing', 'shop.svc.cluster.local', 'A', '0'],
    ['a name without the domain is no name', 'web', 'A', '3'],
    ['nothing outside exists', 'example.com', 'A', '3'],
    ['an address back to its name', '2.1.96.10.in-addr.arpa', 'PTR', '0 web.shop.svc.cluster.local'],
    ['a pod’s address, too', '5.0.244.10.in-addr.arpa', 'PTR', '0 db-0.db.shop.svc.cluster.local'],
  ] as const)('%s', (_title, name, type, expected) => {
    expect(ask(name, type)).toBe(expected);
  });
});

/** A query as a resolver sends it. */
function query(name: string, type: number = TYPES.A): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

describe('messages', () => {
  it('are read, and answered under the name as it was asked', () => {
    const read = readQuery(query('Web.Shop.svc.cluster.local'));
    expect(read).toEqual({ id: 0x1234, recursion: true, question: { name: 'web.shop.svc.cluster.local', asked: 'Web.Shop.svc.cluster.local', type: TYPES.A } });
    if (read === undefined) return;
    const bytes = writeAnswer(read, answerName(read.question, source), false);
    expect(bytes.subarray(0, 12).toString('hex')).toBe('123485800001000100000000');
    expect(bytes.subarray(12, 12 + 28).toString('latin1')).toContain('Web');
    expect(bytes.subarray(-14).toString('hex')).toBe(`00010001${'0000001e'}0004${'0a600102'}`);
  });

  it('that are too long for a datagram say so, and are whole over TCP', () => {
    const read = readQuery(query('db.shop.svc.cluster.local'));
    if (read === undefined) throw new Error('no query');
    const records: DnsRecord[] = Array.from({ length: 40 }, (_, i) => ({ name: read.question.name, type: 'A', ttl: 30, address: `10.244.1.${i}` }));
    const short = writeAnswer(read, { code: 0, records }, false);
    expect([short.length <= 512, short.readUInt16BE(2) & 0x0200, short.readUInt16BE(6)]).toEqual([true, 0x0200, 0]);
    const long = writeAnswer(read, { code: 0, records }, true);
    expect([long.readUInt16BE(2) & 0x0200, long.readUInt16BE(6)]).toEqual([0, 40]);
  });

  it.each([
    ['an empty one', Buffer.alloc(0)],
    ['one that is cut off', query('web.shop').subarray(0, 16)],
    ['an answer', Buffer.from(query('web')).fill(0x81, 2, 3)],
    ['one with a pointer as its name', Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 0x0c, 0, 1, 0, 1])],
    ['noise', Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 37) % 251))],
  ])('%s gets no answer', (_title, bytes) => {
    expect(readQuery(bytes)).toBeUndefined();
  });
});
