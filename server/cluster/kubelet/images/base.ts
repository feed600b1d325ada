import type { ImageEntry } from '../../program.ts';
import { alpineRelease, debianRelease, ubuntuRelease } from './os-release.ts';

export const busybox: ImageEntry = { repository: 'busybox', cmd: ['sh'], size: 1_100_282, content: { kind: 'root-folder', base: 'busybox' } };

/**
 * Alpine's package manager without its repositories: what the machine has in store for images can be added, what busybox
 * has anyway is there, and all else is not in the index, in the real one's words.
 */
const APK = `#!/bin/sh
store=/opt/image/host
verb=
names=
for word do
  case $word in
    -V|--version) echo "apk-tools 2.14.6"; exit ;;
    -*) ;;
    *) if [ -z "$verb" ]; then verb=$word; else names="$names $word"; fi ;;
  esac
done
here() { command -v "$1" >/dev/null 2>&1; }
case $verb in
  update|upgrade) echo "OK: no package repositories in this cluster; packages are what the machine has" ;;
  add)
    missing=
    for name in $names; do
      case \${name%%[=<>~@]*} in
        curl|jq) here "$name" || [ -x "$store/$name" ] || missing="$missing $name" ;;
        ca-certificates|tzdata|busybox|coreutils|bash|wget|grep|sed|gawk|tar|gzip|unzip|findutils|netcat-openbsd) ;;
        *) missing="$missing $name" ;;
      esac
    done
    if [ -n "$missing" ]; then
      echo "ERROR: unable to select packages:" >&2
      for name in $missing; do printf '  %s (no such package):\n    required by: world[%s]\n' "$name" "$name" >&2; done
      exit 1
    fi
    mkdir -p /usr/local/bin
    for name in $names; do
      name=\${name%%[=<>~@]*}
      if [ "$name" = bash ] && ! here bash; then printf '#!/bin/sh\nexec sh "$@"\n' >/usr/local/bin/bash && chmod 755 /usr/local/bin/bash; fi
      here "$name" || [ ! -x "$store/$name" ] || {
        linker=
        for one in "$store"/lib/ld-*; do [ ! -e "$one" ] || linker="$one --library-path $store/lib "; done
        printf '#!/bin/sh\nexec %s%s "$@"\n' "$linker" "$store/$name" >"/usr/local/bin/$name" && chmod 755 "/usr/local/bin/$name"
      }
      echo "Installing $name"
    done
    echo OK ;;
  info|list|search|del|fix|cache|stats|policy) exit 0 ;;
  *) echo "usage: apk [add|update] [PACKAGE]..." >&2; exit 1 ;;
esac
`;

/** Alpine's base differs from busybox only in the package manager. */
export const alpine: ImageEntry = {
  repository: 'alpine',
  cmd: ['/bin/sh'],
  size: 1_100_450,
  filesOfTag: alpineRelease,
  content: {
    kind: 'root-folder',
    base: 'busybox',
    hostCommands: [],
    files: {
      '/usr/local/sbin/apk': APK,
    },
  },
};

export const debian: ImageEntry = { repository: 'debian', cmd: ['bash'], filesOfTag: debianRelease, content: { kind: 'root-folder', base: 'host' } };
export const ubuntu: ImageEntry = { repository: 'ubuntu', cmd: ['/bin/bash'], filesOfTag: ubuntuRelease, content: { kind: 'root-folder', base: 'host' } };
