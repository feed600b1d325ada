import type { ImageEntry, Program } from '../../program.ts';
import { runAdmission } from './admission/program.ts';
import { Broker } from './bus/broker.ts';
import { kafkaImages } from './bus/kafka.ts';
import { natsImages } from './bus/nats.ts';
import { runController } from './controller/program.ts';
import { runSensor } from './sensor/program.ts';
import { runEventSource } from './sources/program.ts';
import { Fatal, ZapLogger } from './zap.ts';

const HELP = `Argo Events CLI

Usage:
  argo-events [flags]
  argo-events [command]

Available Commands:
  completion          Generate the autocompletion script for the specified shell
  controller          Start the controller
  eventsource-service Start an EventSource service
  help                Help about any command
  sensor-service      Start a Sensor service
  webhook-service     Start validating webhook server

Flags:
  -h, --help   help for argo-events

Use "argo-events [command] --help" for more information about a command.
`;

/** The image of Argo Events: what it is depends on its first argument. */
function argoEvents(broker: Broker): Program {
  return {
    async run(given) {
      // However the program ends, what it began ends with it: ports, watches, its place as leader.
      const end = new AbortController();
      const context = { ...given, signal: AbortSignal.any([given.signal, end.signal]) };
      const { clock } = context;
      const log = new ZapLogger({ name: 'argo-events', now: () => clock.now(), write: (line) => context.stdout(line) });
      const command = context.argv.find((word, i) => i > 0 && !word.startsWith('-')) ?? '';
      try {
        switch (command) {
          case 'controller':
            return await runController(context, log);
          case 'eventsource-service':
            return await runEventSource(context, log, broker);
          case 'sensor-service':
            return await runSensor(context, log, broker);
          case '':
          case 'help':
            context.stdout(HELP);
            return 0;
          case 'webhook-service':
            return await runAdmission(context, log);
          default:
            context.stderr(`Error: unknown command ${JSON.stringify(command)} for "argo-events"\nRun 'argo-events --help' for usage.\n`);
            return 1;
        }
      } catch (error) {
        if (error instanceof Fatal) return 1;
        throw error;
      } finally {
        end.abort();
      }
    },
  };
}

/** The images behind Argo Events, and those that its buses are made of. One set a cluster. */
export function argoEventsImages(): ImageEntry[] {
  const broker = new Broker();
  return [{ repository: 'quay.io/argoproj/argo-events', entrypoint: ['/bin/argo-events'], user: 9731, content: { kind: 'program', program: argoEvents(broker) } }, ...natsImages(broker), ...kafkaImages];
}
