import type { ImageEntry } from '../../program.ts';
import { createArgoServerProgram, type ArgoServerOptions } from './program.ts';

export { createArgoServerProgram, type ArgoServerOptions } from './program.ts';
export { ROUTES } from './routes/index.ts';

/** The image of the Argo Server, for the kubelet's catalogue. */
export function argoServerImages(options: ArgoServerOptions = {}): ImageEntry[] {
  return [{ repository: 'quay.io/argoproj/argocli', user: 8737, entrypoint: ['argo'], content: { kind: 'program', program: createArgoServerProgram(options) } }];
}
