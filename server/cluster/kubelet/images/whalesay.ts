import type { ImageEntry } from '../../program.ts';
import { OWN_BIN, OWN_PATH } from './own-bin.ts';

const COWSAY = `#!/bin/sh
# Says its arguments in a speech bubble, wrapped at 40 columns, as a whale with containers.
if [ $# -eq 0 ]; then text=$(cat); else text="$*"; fi
lines=$(printf '%s\\n' "$text" | fold -s -w 40 | sed 's/ *$//')
width=$(printf '%s\\n' "$lines" | awk '{ if (length($0) > w) w = length($0) } END { print w }')
count=$(printf '%s\\n' "$lines" | wc -l)
bar() { printf ' '; i=0; while [ $i -lt $((width + 2)) ]; do printf "$1"; i=$((i + 1)); done; printf ' \\n'; }
bar _
printf '%s\\n' "$lines" | awk -v w="$width" -v n="$count" '{
  l = "|"; r = "|"
  if (n == 1) { l = "<"; r = ">" } else if (NR == 1) { l = "/"; r = "\\\\" } else if (NR == n) { l = "\\\\"; r = "/" }
  printf "%s %-" w "s %s\\n", l, $0, r
}'
bar -
cat <<'WHALE'
    \\
     \\
      \\
                    ##         .
              ## ## ##        ==
           ## ## ## ##       ===
       /""""""""""""""""\\___/ ===
  ~~~ {~~ ~~~~ ~~~ ~~~~ ~~ ~ /  ===- ~~~
       \\______ o          __/
        \\    \\        __/
          \\____\\______/
WHALE
`;

export const whalesay: ImageEntry = {
  repository: 'docker/whalesay',
  cmd: ['/bin/bash'],
  env: { PATH: OWN_PATH },
  content: { kind: 'root-folder', base: 'host', files: { [`${OWN_BIN}/cowsay`]: COWSAY } },
};
