import { describe, expect, it } from 'vitest';
import { Broker, type BusMessage } from '../../../../server/cluster/argo/events/bus/broker.ts';
import { busAddress, BusConnection } from '../../../../server/cluster/argo/events/bus/connection.ts';
import { listenerPorts } from '../../../../server/cluster/argo/events/bus/kafka.ts';
import { heldBy, isFree } from '../../../../server/cluster/argo/events/lease.ts';
import { BusConfig } from '../../../../server/cluster/argo/events/types.ts';
import { ZapLogger } from '../../../../server/cluster/argo/events/zap.ts';
import { duplexPair } from '../../../../server/cluster/network/duplex-pair.ts';
import type { ProgramContext } from '../../../../server/cluster/program.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const config = (kafka: object) => BusConfig.parse({ kafka });

describe('an event bus on Kafka', () => {
  it('is at its brokers, by topic', () => {
    expect(busAddress(config({ url: 'kafka-0.kafka.data:9093, kafka', topic: 'events' }), 'ns')).toEqual({ kind: 'kafka', servers: [{ host: 'kafka-0.kafka.data', port: 9093 }, { host: 'kafka', port: 9092 }], key: 'kafka-0.kafka/events', auth: 'None', topic: 'events' });
    expect(() => busAddress(BusConfig.parse({}), 'ns')).toThrow('invalid event bus');
  });

  it.each([
    [{}, [9092]],
    [{ KAFKA_LISTENERS: 'PLAINTEXT://:9094,CONTROLLER://0.0.0.0:9093' }, [9094, 9093]],
    [{ KAFKA_CFG_LISTENERS: 'PLAINTEXT://:9092,PLAINTEXT_HOST://:9092' }, [9092]],
    [{ KAFKA_LISTENERS: 'nonsense' }, [9092]],
  ])('finds the stand-in for a broker listening where its environment says: %j', (env, ports) => {
    expect(listenerPorts({ env: env as Record<string, string> })).toEqual(ports);
  });

  const lines: string[] = [];
  const log = new ZapLogger({ name: 'argo-events', now: () => NOW, write: (line) => lines.push(line) });
  const contextOf = (answering: string) => ({ pod: { metadata: { namespace: 'ns' } }, network: { dialAddress: (host: string) => (host.startsWith(answering) ? Promise.resolve(duplexPair()[0]) : Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED', address: '10.1.2.3' }))) } }) as unknown as ProgramContext;

  it('takes the first broker that answers, and hands events to its subscribers with their place', async () => {
    const broker = new Broker();
    const bus = config({ url: 'a:9092,b:9092', topic: 'events' });
    const [source, sensor] = [await BusConnection.open(contextOf('b'), broker, bus, log), await BusConnection.open(contextOf('b'), broker, bus, log)];
    const heard: string[] = [];
    sensor.subscribe('group', ({ event }) => event === 'example', ({ id }) => heard.push(id));
    const message = (id: string, event: string): BusMessage => ({ source: 'cal', event, id, at: NOW, body: '{}' });
    source.publish(message('1', 'other'));
    source.publish(message('2', 'example'));
    await Promise.resolve();
    expect(heard).toEqual(['2']);
    expect(lines.map((line) => JSON.parse(line)).map(({ msg, topic, key, partition, offset }: Record<string, unknown>) => [msg, topic, key, partition, offset])).toEqual([['Published message to kafka', 'events', 'cal.other', 0, 0], ['Published message to kafka', 'events', 'cal.example', 0, 1]]);
    source.close();
    sensor.close();
  });

  it('says of brokers that do not answer what the last one said', async () => {
    await expect(BusConnection.open(contextOf('none'), new Broker(), config({ url: 'a:9092,b:9093', topic: 'events' }), log)).rejects.toThrow('kafka: client has run out of available brokers to talk to: dial tcp 10.1.2.3:9093: connect: connection refused');
  });
});

describe('a lease', () => {
  const lease = (spec: object): KubeObject => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec });
  const held = { holderIdentity: 'a', leaseDurationSeconds: 5, acquireTime: '2026-11-23T09:59:00.000000Z', renewTime: '2026-11-23T09:59:58.000000Z', leaseTransitions: 2 };

  it.each([
    [lease({}), true],
    [lease({ ...held, holderIdentity: '' }), true],
    [lease({ ...held, holderIdentity: 'me' }), true],
    [lease(held), false],
    [lease({ ...held, renewTime: '2026-11-23T09:59:50.000000Z' }), true],
  ])('may be taken while nobody who is there holds it: %#', (found, free) => {
    expect(isFree(found, 'me', NOW)).toBe(free);
  });

  it('says who has it since when, and how often it changed hands', () => {
    expect(heldBy('me', NOW, undefined)).toEqual({ holderIdentity: 'me', leaseDurationSeconds: 5, acquireTime: '2026-11-23T10:00:00.000000Z', renewTime: '2026-11-23T10:00:00.000000Z', leaseTransitions: 0 });
    expect(heldBy('me', NOW, lease(held))).toEqual({ holderIdentity: 'me', leaseDurationSeconds: 5, acquireTime: '2026-11-23T10:00:00.000000Z', renewTime: '2026-11-23T10:00:00.000000Z', leaseTransitions: 3 });
    expect(heldBy('a', NOW, lease(held))).toEqual({ ...held, renewTime: '2026-11-23T10:00:00.000000Z' });
  });
});
