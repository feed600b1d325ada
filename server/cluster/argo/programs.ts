import type { ImageEntry } from '../program.ts';
import { workflowController } from './controller/program.ts';
import { argoexec } from './executor/argoexec.ts';
import { PodSignals } from './executor/pod-signals.ts';

export interface ArgoProgramsOptions {
  /** Entrypoint and cmd of an image of the catalogue, for containers that name no command; asked lazily. */
  imageCommand?: (image: string) => { entrypoint: string[]; cmd: string[] } | undefined;
}

/** The images behind Argo Workflows but its server: the controller and the executor. One set a cluster. */
export function argoPrograms({ imageCommand = () => undefined }: ArgoProgramsOptions = {}): ImageEntry[] {
  const signals = new PodSignals();
  return [
    { repository: 'quay.io/argoproj/workflow-controller', entrypoint: ['workflow-controller'], user: 8737, content: { kind: 'program', program: workflowController({ signals, imageCommand }) } },
    { repository: 'quay.io/argoproj/argoexec', entrypoint: ['argoexec'], content: { kind: 'program', program: argoexec(signals) } },
  ];
}
