import { whenAborted } from '../../../lib/abort.ts';
import type { ImageEntry } from '../../program.ts';
import { unlessNamed } from './own-bin.ts';

/** Does nothing until it is told to end. */
export const pauseImages: readonly ImageEntry[] = ['registry.k8s.io/pause', 'k8s.gcr.io/pause', 'rancher/pause'].map((repository) => ({
  repository,
  entrypoint: ['/pause'],
  size: 318_731,
  content: { kind: 'program', asProcess: unlessNamed('pause'), program: { run: ({ signal }) => whenAborted(signal).then(() => 0) } },
}));
