import type { Duplex } from 'node:stream';
import { whenAborted } from '../../../../lib/abort.ts';
import type { ImageEntry, Program, ProgramContext } from '../../../program.ts';

const DEFAULT_PORT = 9092;

/** The ports of `PLAINTEXT://:9092,CONTROLLER://:9093`, as the usual images are told. */
export function listenerPorts({ env }: Pick<ProgramContext, 'env'>): number[] {
  const text = env['KAFKA_LISTENERS'] ?? env['KAFKA_CFG_LISTENERS'] ?? '';
  const ports = [...text.matchAll(/:(\d{1,5})(?=,|$|\s)/g)].map(([, port]) => Number(port)).filter((port) => port > 0 && port < 65_536);
  return ports.length === 0 ? [DEFAULT_PORT] : [...new Set(ports)];
}

/** What stands for a broker: event buses find it up; it speaks none of Kafka's protocol, and hangs up on whoever tries. */
const broker: Program = {
  async run(context) {
    const say = (message: string) => context.stdout(`[${new Date(context.clock.now()).toISOString().replace('T', ' ').replace('.', ',').replace('Z', '')}] INFO ${message}\n`);
    const clients = new Set<Duplex>();
    const ports = listenerPorts(context);
    const stops = ports.map((port) =>
      context.network.listen(context.pod.metadata.uid ?? '', port, (socket) => {
        clients.add(socket.on('error', () => undefined).once('close', () => clients.delete(socket)));
        socket.on('data', () => {
          say('a client spoke Kafka\'s protocol, which the small server that stands for Kafka in this cluster does not: only event buses of Argo Events go through it');
          socket.destroy();
        });
      }),
    );
    say(`Awaiting socket connections on ${ports.map((port) => `0.0.0.0:${port}`).join(', ')}. (kafka.network.DataPlaneAcceptor)`);
    say('[KafkaServer id=0] started (kafka.server.KafkaServer)');
    await whenAborted(context.signal);
    say('[KafkaServer id=0] shutting down (kafka.server.KafkaServer)');
    for (const stop of stops) stop();
    for (const client of clients) client.destroy();
    return 0;
  },
};

export const kafkaImages: readonly ImageEntry[] = [
  ['apache/kafka', '/__cacert_entrypoint.sh', '/etc/kafka/docker/run'],
  ['bitnami/kafka', '/opt/bitnami/scripts/kafka/entrypoint.sh', '/opt/bitnami/scripts/kafka/run.sh'],
  ['bitnamilegacy/kafka', '/opt/bitnami/scripts/kafka/entrypoint.sh', '/opt/bitnami/scripts/kafka/run.sh'],
  ['confluentinc/cp-kafka', '/etc/confluent/docker/run', ''],
].map(([repository = '', entrypoint = '', cmd = '']) => ({ repository, entrypoint: [entrypoint], ...(cmd === '' ? {} : { cmd: [cmd] }), content: { kind: 'program', program: broker } }));
