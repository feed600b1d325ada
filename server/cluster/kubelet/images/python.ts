import type { ImageEntry } from '../../program.ts';
import { languageRelease } from './os-release.ts';
import { OWN_BIN, OWN_PATH } from './own-bin.ts';

/** Python from the host, whatever version a tag asks for. */
export const python: ImageEntry = {
  repository: 'python',
  cmd: ['python3'],
  env: { PATH: OWN_PATH, PYTHONDONTWRITEBYTECODE: '1' },
  filesOfTag: languageRelease,
  content: { kind: 'root-folder', base: 'host', files: { [`${OWN_BIN}/python`]: '#!/bin/sh\nexec python3 "$@"\n' } },
};
