import type { ImageEntry } from '../../program.ts';
import { whalesay } from './whalesay.ts';

/** What Argo's own tests say things with: version 2 takes a small command of its own as arguments. */
const SCRIPT = `#!/bin/sh
if [ $# -eq 0 ]; then
  echo 'hello argo'
  exit 0
fi
word=$1
shift
case $word in
  echo)
    if [ $# -eq 0 ]; then echo 'hello argo'
    elif [ $# -eq 1 ]; then echo "$1"
    else mkdir -p "$(dirname "$2")" && echo "$1" > "$2"
    fi ;;
  cat) cat "$@" ;;
  assert_contains) grep -F -e "$2" "$1" ;;
  exit) exit "\${1:-0}" ;;
  sleep) sleep "$@" ;;
  sh) sh "$@" ;;
  *) exit 1 ;;
esac
`;

export const argosay: ImageEntry = {
  repository: 'argoproj/argosay',
  tags: ['latest', 'v2'],
  entrypoint: ['/argosay'],
  content: { kind: 'root-folder', base: 'busybox', files: { '/argosay': SCRIPT, '/usr/local/bin/bash': '#!/bin/sh\nBASHPID=$$ exec sh "$@"\n' } },
};

/** Version 1 is the whale that speaks, under the tests' own name. */
export const argosayV1: ImageEntry = { ...whalesay, repository: 'argoproj/argosay', tags: ['v1'] };
