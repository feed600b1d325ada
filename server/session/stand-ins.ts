import { NODE_PROGRAMS, SERVICES } from './node-programs.ts';

/**
 * Small programs that say what a sandbox lacks, under the names that scenarios call. Nothing pretends to have worked: a
 * stand-in does what the real program would do on a machine without its service, and says why. `sudo` is no stand-in of
 * this kind: whoever is root already just runs the command.
 */
const LACKING = (program: string, what: string, code: number) => `#!/bin/sh
echo "${program}: ${what}" >&2
exit ${code}
`;

const ONE_USER = 'everything in this sandbox runs as root: nobody can become another user.';

const SUDO = `#!/bin/sh
# Everybody is root here: the command is run as it is.
only_root() { case $1 in root | '#0' | 0) ;; *) echo "sudo: ${ONE_USER}" >&2; exit 1 ;; esac; }
while [ $# -gt 0 ]; do
  case $1 in
    --) shift; break ;;
    -u | --user) only_root "\${2-}"; shift; shift ;;
    --user=*) only_root "\${1#*=}"; shift ;;
    -u?*) only_root "\${1#-u}"; shift ;;
    -g | -h | -p | -C | -T | -U | -r | -t) [ $# -gt 1 ] && shift; shift ;;
    -i | -s | --login | --shell) shift; [ $# -gt 0 ] || exec "\${SHELL:-/bin/bash}" ;;
    -v | -k | -K | -n | -E | -H | -S | -b | -A | -P | --preserve-env* | --non-interactive | --set-home | --stdin | --reset-timestamp | --validate) shift ;;
    -l | --list) echo "root may run everything here."; exit 0 ;;
    -V | --version) echo "sudo of argo-lab: runs the command as it is"; exit 0 ;;
    -*) shift ;;
    [A-Za-z_]*=*) export "$1"; shift ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || exit 0
exec "$@"
`;

/** To root it is a shell within the shell; to anybody else it says why not. */
const SU = `#!/bin/sh
login= command= user=
while [ $# -gt 0 ]; do
  case $1 in
    - | -l | --login) login=1; shift ;;
    -c | --command) command=\${2-}; shift; shift ;;
    -c?*) command=\${1#-c}; shift ;;
    --command=*) command=\${1#*=}; shift ;;
    -s | --shell | -g | --group | -G | -w) shift; shift ;;
    --) shift ;;
    -*) shift ;;
    *) [ -n "$user" ] || user=$1; shift ;;
  esac
done
case \${user:-root} in
  root) ;;
  *)
    if grep -q "^$user:" /etc/passwd 2>/dev/null; then echo "\${0##*/}: ${ONE_USER}" >&2; else echo "\${0##*/}: user $user does not exist" >&2; fi
    exit 1
    ;;
esac
[ -z "$login" ] || cd ~
[ -z "$command" ] || exec "\${SHELL:-/bin/bash}" -c "$command"
exec "\${SHELL:-/bin/bash}"
`;

/** What apt-get does where no source of packages is set up. */
const APT = `#!/bin/sh
note() { echo "\${0##*/}: there are no package sources in this sandbox: $1" >&2; }
action=
for word; do
  case $word in
    -*) ;;
    *) if [ -z "$action" ]; then action=$word; fi ;;
  esac
done
case $action in
  update) note "nothing was updated."; exit 0 ;;
  upgrade | dist-upgrade | full-upgrade | autoremove | clean | autoclean | '') note "there is nothing to do."; exit 0 ;;
  install)
    missing=
    seen=
    for word; do
      case $word in
        -*) continue ;;
      esac
      if [ -z "$seen" ]; then seen=1; continue; fi
      name=\${word%%=*}
      # A stand-in under that name is not the program.
      there=$(command -v "$name" 2>/dev/null)
      case $there in "\${0%/*}"/*) there= ;; esac
      if [ -n "$there" ] || dpkg-query -W -f '\${Status}' "$name" 2>/dev/null | grep -q ' installed$'; then echo "$name is already there."; else missing="$missing $name"; fi
    done
    [ -z "$missing" ] && exit 0
    for name in $missing; do echo "E: Unable to locate package $name" >&2; done
    note "nothing can be installed. What this machine has lies in /usr."
    exit 100
    ;;
  *) note "“$action” can do nothing."; exit 100 ;;
esac
`;

const CONTAINERS = 'containers can’t be run in this sandbox; pods in the cluster can: kubectl run NAME --image=IMAGE';
const PACKAGES = 'there are no package sources in this sandbox: nothing can be installed.';

/** By name; they come before the machine’s own programs, which can’t work in a place. */
export const STAND_INS: Readonly<Record<string, string>> = {
  sudo: SUDO,
  su: SU,
  apt: APT,
  'apt-get': APT,
  aptitude: APT,
  yum: LACKING('yum', PACKAGES, 1),
  dnf: LACKING('dnf', PACKAGES, 1),
  apk: LACKING('apk', PACKAGES, 1),
  snap: LACKING('snap', PACKAGES, 1),
  'add-apt-repository': LACKING('add-apt-repository', PACKAGES, 1),
  ...NODE_PROGRAMS,
  timedatectl: LACKING('timedatectl', SERVICES, 1),
  hostnamectl: LACKING('hostnamectl', SERVICES, 1),
  docker: LACKING('docker', CONTAINERS, 1),
  'docker-compose': LACKING('docker-compose', CONTAINERS, 1),
  podman: LACKING('podman', CONTAINERS, 1),
  nerdctl: LACKING('nerdctl', CONTAINERS, 1),
  kubeadm: LACKING('kubeadm', 'the cluster of this sandbox was not made with kubeadm, and its nodes can’t be entered.', 1),
  // The older host's own: it waited for the machine there; here everything is ready by the time a page opens.
  'launch.sh': '#!/bin/sh\nexit 0\n',
};
