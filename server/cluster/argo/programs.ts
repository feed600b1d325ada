import type { ImageEntry, Program } from '../program.ts';
import { runArchiver } from './archive/archiver.ts';
import type { WorkflowArchive } from './archive/workflow-archive.ts';
import { workflowController } from './controller/program.ts';
import { argoexec } from './executor/argoexec.ts';
import { argoEventsImages } from './events/index.ts';
import { PodSignals } from './executor/pod-signals.ts';
import { logLine } from './server/access-log.ts';

export interface ArgoProgramsOptions {
  /** Entrypoint and cmd of an image of the catalogue, for containers that name no command; asked lazily. */
  imageCommand?: (image: string) => { entrypoint: string[]; cmd: string[] } | undefined;
  /** Where finished workflows are kept when the controller's ConfigMap asks for it. */
  archive?: WorkflowArchive;
}

/** The images behind Argo Workflows but its server: the controller and the executor; and those of Argo Events. One set a cluster. */
export function argoPrograms({ imageCommand = () => undefined, archive }: ArgoProgramsOptions = {}): ImageEntry[] {
  const signals = new PodSignals();
  const controller = workflowController({ signals, imageCommand });
  return [
    { repository: 'quay.io/argoproj/workflow-controller', entrypoint: ['workflow-controller'], user: 8737, content: { kind: 'program', program: archive === undefined ? controller : archiving(controller, archive) } },
    { repository: 'quay.io/argoproj/argoexec', entrypoint: ['argoexec'], content: { kind: 'program', program: argoexec(signals) } },
    ...argoEventsImages(),
  ];
}

/** The controller with the archiver beside it, which ends with it. */
function archiving(controller: Program, archive: WorkflowArchive): Program {
  return {
    async run(context) {
      const stop = new AbortController();
      const signal = AbortSignal.any([context.signal, stop.signal]);
      const log = (message: string, fields: Record<string, string>) => context.stderr(logLine(context.clock.now(), 'info', message, fields));
      runArchiver({ client: context.client, archive, namespace: context.pod.metadata.namespace ?? 'argo', clock: context.clock, log, signal }).catch((error: unknown) => {
        context.stderr(logLine(context.clock.now(), 'error', `the archiver ended: ${error instanceof Error ? error.message : String(error)}`, {}));
      });
      return controller.run(context).finally(() => stop.abort());
    },
  };
}
