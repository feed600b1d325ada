import type { ImageEntry } from '../../program.ts';

/** Python from the host, whatever version a tag asks for. */
export const python: ImageEntry = {
  repository: 'python',
  cmd: ['python3'],
  env: { PYTHONDONTWRITEBYTECODE: '1' },
  content: { kind: 'root-folder', base: 'host', files: { '/usr/local/bin/python': '#!/bin/sh\nexec python3 "$@"\n' } },
};
