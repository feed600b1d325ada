import type { ImageEntry } from '../../program.ts';

export const curl: ImageEntry = { repository: 'curlimages/curl', entrypoint: ['curl'], cmd: ['--help'], content: { kind: 'root-folder', base: 'host' } };
export const curlAppropriate: ImageEntry = { ...curl, repository: 'appropriate/curl', cmd: [] };
