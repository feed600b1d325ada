/**
 * What stands at /var/run/argo/argoexec in a workflow's pod: it runs the container's real command, passes signals on,
 * captures what it prints, saves outputs and leaves the exit code for the wait container. It finds its files beside
 * itself; the `init` container has put them there. Words of its log as argoexec's.
 * After argo-workflows v3.7.6 cmd/argoexec/commands/emissary.go
 */
export const EMISSARY = `#!/bin/sh
dir=\${0%/*}
name=\${ARGO_CONTAINER_NAME:-main}
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
shift
ctr=$dir/ctr/$name
mkdir -p "$ctr"

say() {
  if [ -n "$EPOCHREALTIME" ]; then
    seconds=\${EPOCHREALTIME%.*} micros=\${EPOCHREALTIME#*.}
    now=$(date -u -d "@$seconds" "+%Y-%m-%dT%H:%M:%S.\${micros%???}Z")
  else
    millis=$(date +%3N)
    case $millis in [0-9][0-9][0-9]) ;; *) millis=000 ;; esac
    now=$(date -u "+%Y-%m-%dT%H:%M:%S.\${millis}Z")
  fi
  printf 'time="%s" level=%s msg="%s"%s\\n' "$now" "$1" "$2" "$3" >&2
}
leave() {
  printf %s "$1" > "$ctr/exitcode.new" && mv "$ctr/exitcode.new" "$ctr/exitcode"
  exit "$1"
}

# What the emissary itself cannot do is told as the container's termination message.
refuse() {
  echo "Error: $1" >&2
  if [ -w /dev/termination-log ]; then printf %s "$1" > /dev/termination-log; fi
  echo "$1" >&2
  leave 64
}

if [ -f "$dir/lab/deps/$name" ]; then
  while IFS= read -r dep; do
    while [ ! -f "$dir/ctr/$dep/exitcode" ]; do sleep 0.05; done
    read -r other < "$dir/ctr/$dep/exitcode" || :
    if [ "$other" != 0 ]; then refuse "dependency \\"$dep\\" exited with non-zero code: $other"; fi
  done < "$dir/lab/deps/$name"
fi

if ! command -v "$1" > /dev/null 2>&1; then
  case $1 in
    */*) refuse "failed to find name in PATH: exec: \\"$1\\": stat $1: no such file or directory" ;;
    *) refuse "failed to find name in PATH: exec: \\"$1\\": executable file not found in \\$PATH" ;;
  esac
fi

capture=
if [ "$ARGO_INCLUDE_SCRIPT_OUTPUT" = true ] || [ -f "$dir/lab/logs" ]; then capture=yes; fi
tries=1 pause=0 tried=1
if [ -f "$dir/lab/retries" ]; then read -r tries pause < "$dir/lab/retries"; fi
while :; do
rm -f "$ctr/signal" && mkfifo "$ctr/signal" 2> /dev/null
if [ -n "$capture" ]; then
  say info 'capturing logs' ' argo=true'
  rm -f "$ctr/out" "$ctr/err"
  mkfifo "$ctr/out" "$ctr/err"
  tee -a "$ctr/stdout" "$ctr/combined" < "$ctr/out" &
  teeout=$!
  tee -a "$ctr/combined" < "$ctr/err" >&2 &
  teeerr=$!
  "$@" <&0 > "$ctr/out" 2> "$ctr/err" &
else
  "$@" <&0 &
fi
child=$!
trap 'kill -TERM $child 2> /dev/null' TERM
trap 'kill -INT $child 2> /dev/null' INT
(
  while read -r signal < "$ctr/signal"; do kill "-$signal" $child; done
) < /dev/null > /dev/null 2>&1 &
listener=$!
wait $child 2> /dev/null
code=$?
while [ $code -ge 128 ] && kill -0 $child 2> /dev/null; do
  wait $child 2> /dev/null
  code=$?
done
kill -KILL $listener 2> /dev/null
if [ -n "$capture" ]; then wait $teeout $teeerr; fi
if [ $code = 0 ] || [ $tried -ge "$tries" ]; then break; fi
tried=$((tried + 1))
sleep "$pause"
done
say info 'sub-process exited' ' argo=true error="<nil>"'

problem=
if [ "$code" != 0 ]; then problem="exit status $code"; fi

if [ "$name" = main ]; then
  if [ -f "$dir/lab/parameters" ]; then
    while IFS= read -r path; do
      if [ -e "$path" ]; then
        say info "$path -> /var/run/argo/outputs/parameters/$path" ' argo=true'
        mkdir -p "$dir/outputs/parameters/\${path%/*}" && cat "$path" > "$dir/outputs/parameters/$path"
      else
        say error "cannot save parameter $path" " argo=true error=\\"open $path: no such file or directory\\""
      fi
    done < "$dir/lab/parameters"
  fi
  if [ -f "$dir/lab/artifacts" ]; then
    while IFS= read -r path; do
      path=\${path%/}
      if [ -e "$path" ]; then
        say info "$path -> /var/run/argo/outputs/artifacts$path.tgz" ' argo=true'
        say info "Taring $path"
        mkdir -p "$dir/outputs/artifacts\${path%/*}" && tar -czf "$dir/outputs/artifacts$path.tgz" -C "\${path%/*}/" "\${path##*/}"
      else
        say warning "cannot save artifact $path" " argo=true error=\\"stat $path: no such file or directory\\""
      fi
    done < "$dir/lab/artifacts"
  fi
fi
if [ -n "$problem" ]; then echo "Error: $problem" >&2; fi
leave $code
`;
