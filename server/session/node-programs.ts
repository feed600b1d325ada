/**
 * Programs for the machines of a cluster, as far as a session can stand for one: they look, by asking the cluster, and
 * change nothing. What they can't do, they say.
 */
/** Where a place has a cluster, this machine is its node as far as a learner can tell; the next ones are not there. */
const HERE = 'controlplane|master|host01|localhost|127.0.0.1|172.30.1.2';

/** The machine's own program of this name, if it has one: stand-ins come before it. */
const OTHER = `other() (
  IFS=:
  for folder in $PATH; do
    [ "$folder" = "\${0%/*}" ] || [ ! -x "$folder/$1" ] || { echo "$folder/$1"; exit 0; }
  done
  exit 1
)
`;

/** To the machine that it is on already, \`ssh\` is a shell in the home; of the cluster's others it says that there are none. */
const SSH = `#!/bin/sh
${OTHER}host=
for word; do
  case $skip$word in
    next*) skip= ;;
    -[BbcDEeFIiJLlmOopQRSWw]) skip=next ;;
    -*) ;;
    *) host=\${word#*@}; break ;;
  esac
done
case $host in
  ${HERE} | "$(hostname)")
    while [ "\${1#*@}" != "$host" ]; do shift; done
    shift
    cd
    if [ $# -gt 0 ]; then exec "\${SHELL:-/bin/bash}" -c "$*"; fi
    exec /bin/bash --rcfile "\${0%/*}/../shell/bashrc" -i
    ;;
  node[0-9]* | host0[2-9] | worker*)
    echo "ssh: there is no $host: this session has one machine, $(hostname), and you are on it." >&2
    exit 255
    ;;
esac
real=$(other ssh) || { echo 'ssh: this machine has no ssh, and sessions reach no other machine.' >&2; exit 255; }
exec "$real" "$@"
`;

const SCP = `#!/bin/sh
${OTHER}here= options=
for word; do
  shift
  case $word in
    node[0-9]*:* | *@node[0-9]*:* | host0[2-9]:* | *@host0[2-9]:*)
      host=\${word%%:*}
      echo "scp: there is no \${host#*@}: this session has one machine, $(hostname), and you are on it." >&2
      exit 255
      ;;
    *:*)
      host=\${word%%:*}
      case \${host#*@} in
        ${HERE}) here=1; word=\${word#*:}; word=\${word#\\~/}; case $word in /*) ;; *) word=$HOME/$word ;; esac ;;
      esac
      ;;
    -r | -p | -rp | -pr) options="$options $word" ;;
  esac
  set -- "$@" "$word"
done
if [ -n "$here" ]; then
  for word; do shift; case $word in -*) ;; *) set -- "$@" "$word" ;; esac; done
  exec cp $options -- "$@"
fi
real=$(other scp) || { echo 'scp: this machine has no scp, and sessions reach no other machine.' >&2; exit 1; }
exec "$real" "$@"
`;

/** kubectl builds what kustomize builds. */
const KUSTOMIZE = `#!/bin/sh
${OTHER}real=$(other kustomize) && exec "$real" "$@"
case \${1-} in
  build) shift; exec kubectl kustomize "$@" ;;
  version) kubectl version --client 2>/dev/null | sed -n 's/^Kustomize Version: //p' ;;
  *) echo "kustomize: this machine has only kubectl's own, which can build: kustomize build FOLDER, or kubectl apply -k FOLDER" >&2; exit 1 ;;
esac
`;

/** The node's containers, as the cluster tells of them; nothing can be changed this way. */
const CRICTL = `#!/bin/sh
lacks() { echo "crictl: $1" >&2; exit 1; }
ask() { kubectl get pods -A --request-timeout=10s -o go-template="$1" 2>/dev/null || lacks 'no cluster answers in this session.'; }
age() { s=$(( $(date +%s) - $(date -d "$1" +%s 2>/dev/null || date +%s) )); if [ $s -lt 120 ]; then echo "$s seconds ago"; elif [ $s -lt 7200 ]; then echo "$((s / 60)) minutes ago"; else echo "$((s / 3600)) hours ago"; fi; }
while :; do
  case \${1-} in
    -r | --runtime-endpoint | -i | --image-endpoint | -c | --config | -t | --timeout) shift; [ $# -gt 0 ] && shift ;;
    -D | --debug | --runtime-endpoint=* | --image-endpoint=* | --config=* | --timeout=*) shift ;;
    *) break ;;
  esac
done
verb=\${1-}
[ $# -eq 0 ] || shift
case $verb in
  ps)
    all= quiet= name= pod=
    while [ $# -gt 0 ]; do
      case $1 in
        -a | --all) all=1 ;;
        -q | --quiet) quiet=1 ;;
        -aq | -qa) all=1 quiet=1 ;;
        --name=*) name=\${1#*=} ;;
        --name) name=\${2-}; shift ;;
        --pod=* | -p=*) pod=\${1#*=} ;;
        --pod | -p) pod=\${2-}; shift ;;
      esac
      shift
    done
    [ -n "$quiet" ] || printf '%-15s %-25s %-20s %-10s %-20s %-8s %-15s %-40s %s\\n' CONTAINER IMAGE CREATED STATE NAME ATTEMPT 'POD ID' POD NAMESPACE
    ask '{{range .items}}{{$p := .metadata}}{{range .status.containerStatuses}}{{.containerID}}|{{.image}}|{{if .state.running}}Running|{{.state.running.startedAt}}{{else if .state.terminated}}Exited|{{.state.terminated.startedAt}}{{else}}|{{end}}|{{.name}}|{{.restartCount}}|{{$p.uid}}|{{$p.name}}|{{$p.namespace}}{{"\\n"}}{{end}}{{end}}' |
      while IFS='|' read -r id image state since container attempt uid podname namespace; do
        case $state in Running) ;; Exited) [ -n "$all" ] || continue ;; *) continue ;; esac
        case $container in *"$name"*) ;; *) continue ;; esac
        id=$(printf %.13s "\${id#*//}") uid=$(printf %.13s "$(echo "$uid" | tr -d -)")
        case $uid in "$(printf %.13s "$pod")"*) ;; *) continue ;; esac
        if [ -n "$quiet" ]; then echo "$id"; else printf '%-15s %-25s %-20s %-10s %-20s %-8s %-15s %-40s %s\\n' "$id" "$(printf %.25s "$image")" "$(age "$since")" "$state" "$container" "$attempt" "$uid" "$podname" "$namespace"; fi
      done
    ;;
  pods | sandboxes)
    quiet=
    case " $* " in *' -q '* | *' --quiet '*) quiet=1 ;; esac
    [ -n "$quiet" ] || printf '%-15s %-20s %-10s %-45s %-20s %s\\n' 'POD ID' CREATED STATE NAME NAMESPACE ATTEMPT
    ask '{{range .items}}{{.metadata.uid}}|{{.metadata.creationTimestamp}}|{{.status.phase}}|{{.metadata.name}}|{{.metadata.namespace}}{{"\\n"}}{{end}}' |
      while IFS='|' read -r uid since phase name namespace; do
        uid=$(printf %.13s "$(echo "$uid" | tr -d -)")
        case $phase in Running) state=Ready ;; *) state=NotReady ;; esac
        if [ -n "$quiet" ]; then echo "$uid"; else printf '%-15s %-20s %-10s %-45s %-20s 0\\n' "$uid" "$(age "$since")" "$state" "$name" "$namespace"; fi
      done
    ;;
  images | image | img)
    printf '%-60s %s\\n' IMAGE TAG
    ask '{{range .items}}{{range .status.containerStatuses}}{{.image}}{{"\\n"}}{{end}}{{end}}' | sort -u |
      while IFS= read -r image; do
        tag=\${image##*:} name=\${image%:*}
        case $tag in */*) tag=latest name=$image ;; esac
        [ "$name" != "$tag" ] || tag=latest
        printf '%-60s %s\\n' "$name" "$tag"
      done
    ;;
  logs | exec | inspect)
    flags= id=
    while [ $# -gt 0 ]; do
      case $1 in
        --tail | -n) flags="$flags --tail=\${2-}"; shift ;;
        --tail=* | -f | --follow | -p | --previous | -i | -t | -it | -ti) flags="$flags $1" ;;
        -*) ;;
        *) id=$1; shift; break ;;
      esac
      shift
    done
    [ -n "$id" ] || lacks 'which container? crictl ps shows their ids.'
    found=$(ask '{{range .items}}{{$p := .metadata}}{{range .status.containerStatuses}}{{.containerID}}|{{$p.namespace}}|{{$p.name}}|{{.name}}{{"\\n"}}{{end}}{{end}}' | sed 's,^[^|]*//,,' | grep "^$id" | head -n 1)
    [ -n "$found" ] || lacks "there is no container $id."
    IFS='|' read -r id namespace pod container <<END
$found
END
    case $verb in
      inspect) exec kubectl -n "$namespace" get pod "$pod" -o json ;;
      logs) exec kubectl -n "$namespace" logs $flags "$pod" -c "$container" ;;
      exec) exec kubectl -n "$namespace" exec $flags "$pod" -c "$container" -- "$@" ;;
    esac
    ;;
  version | info) kubectl get nodes --request-timeout=10s -o go-template='{{range .items}}{{.status.nodeInfo.containerRuntimeVersion}}{{"\\n"}}{{end}}' 2>/dev/null || lacks 'no cluster answers in this session.' ;;
  *) lacks "here it can look (ps, pods, images, logs, exec, inspect), and nothing else: the node's container runtime lies outside this sandbox." ;;
esac
`;

export const SERVICES = 'there is no service manager in this sandbox: services can’t be started or stopped here.';

/** What is asked about the node's own services is answered from the cluster; they lie outside of the place. */
const SYSTEMCTL = `#!/bin/sh
verb= unit=
for word; do
  case $word in
    -*) ;;
    *) if [ -z "$verb" ]; then verb=$word; elif [ -z "$unit" ]; then unit=\${word%.service}; fi ;;
  esac
done
case $unit in
  kubelet | containerd)
    ready=$(kubectl get nodes --request-timeout=5s -o go-template='{{range .items}}{{range .status.conditions}}{{if eq .type "Ready"}}{{.status}} {{.lastTransitionTime}}{{"\\n"}}{{end}}{{end}}{{end}}' 2>/dev/null | head -n 1)
    case $ready in
      True*)
        case $verb in
          status)
            echo "● $unit.service - of this session's cluster, outside this sandbox"
            echo '     Loaded: loaded (enabled)'
            echo "     Active: active (running) since \${ready#* }"
            exit 0
            ;;
          is-active) echo active; exit 0 ;;
          is-enabled) echo enabled; exit 0 ;;
          start | enable) exit 0 ;;
          *) echo "systemctl: $unit belongs to the session's cluster and runs outside this sandbox: it can't be changed or restarted here." >&2; exit 1 ;;
        esac
        ;;
    esac
    ;;
esac
[ "$verb" != daemon-reload ] || exit 0
echo "systemctl: ${SERVICES}" >&2
exit 1
`;

const SERVICE = `#!/bin/sh
case \${1-} in
  kubelet | containerd) exec "\${0%/*}/systemctl" "\${2-status}" "$1" ;;
esac
echo "service: ${SERVICES}" >&2
exit 1
`;

const JOURNALCTL = `#!/bin/sh
case " $* " in
  *kubelet* | *containerd*) echo "journalctl: there is no journal in this sandbox. What the node did is in the events: kubectl get events -A --sort-by=.lastTimestamp" >&2 ;;
  *) echo 'journalctl: there is no journal in this sandbox.' >&2 ;;
esac
exit 1
`;

const ETCD = "this cluster's objects can't be reached through etcd from here: there is nothing to save or to restore. kubectl get -o yaml saves objects.";

/** By name, as in `STAND_INS`. */
export const NODE_PROGRAMS: Readonly<Record<string, string>> = {
  ssh: SSH,
  scp: SCP,
  kustomize: KUSTOMIZE,
  crictl: CRICTL,
  systemctl: SYSTEMCTL,
  service: SERVICE,
  journalctl: JOURNALCTL,
  etcdctl: `#!/bin/sh\necho "etcdctl: ${ETCD}" >&2\nexit 1\n`,
  etcdutl: `#!/bin/sh\necho "etcdutl: ${ETCD}" >&2\nexit 1\n`,
};
