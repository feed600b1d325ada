/**
 * `redis-cli` for the container's root folder: sends what it is told, line by line where it is told nothing, and shows
 * answers as the real one does, with types on a terminal and bare in a pipe.
 */
export const REDIS_CLI = `#!/bin/sh
host=127.0.0.1 port=6379 password=\${REDISCLI_AUTH:-} raw=
while [ $# -gt 0 ]; do
  case $1 in
    -h) host=$2; shift 2 ;;
    -p) port=$2; shift 2 ;;
    -a) password=$2; shift 2 ;;
    -n) shift 2 ;;
    --raw) raw=1; shift ;;
    --no-raw) raw=0; shift ;;
    --no-auth-warning) shift ;;
    -v|--version) echo "redis-cli \${REDIS_VERSION}"; exit ;;
    -*) echo "Unrecognized option or bad number of args for: '$1'" >&2; exit 1 ;;
    *) break ;;
  esac
done
[ -n "$raw" ] || { if [ -t 1 ]; then raw=0; else raw=1; fi; }
show='function take(   line, kind, rest, i, n) {
  if ((getline line) <= 0) { print "Error: Server closed the connection"; exit 1 }
  kind = substr(line, 1, 1); rest = substr(line, 2)
  if (kind == "+") print rest
  else if (kind == "-") print (raw ? "" : "(error) ") rest
  else if (kind == ":") print (raw ? "" : "(integer) ") rest
  else if (kind == "$") {
    if (rest == -1) print (raw ? "" : "(nil)")
    else { getline line; if (!raw) { gsub(/\\\\/, "\\\\\\\\", line); gsub(/"/, "\\\\\\"", line) }; print (raw ? line : "\\"" line "\\"") }
  } else if (kind == "*") {
    n = rest + 0
    if (n < 1) { print (raw ? "" : "(empty array)"); return }
    for (i = 1; i <= n; i++) { if (!raw) printf "%d) ", i; take() }
  }
}
BEGIN { RS = "\\r\\n"; if (skip) getline line; if (skip && substr(line, 1, 1) == "-") print substr(line, 2); take() }'
ask() {
  {
    [ -z "$password" ] || printf 'AUTH "%s"\\r\\n' "$password"
    printf '%s\\r\\nQUIT\\r\\n' "$1"
  } | nc "$host" "$port" >"$answer" 2>/dev/null
  if [ -s "$answer" ]; then awk -v raw="$raw" -v skip="\${password:+1}" "$show" <"$answer"; else echo "Could not connect to Redis at $host:$port: Connection refused"; fi
}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
if [ $# -gt 0 ]; then
  line=
  for word do line="$line \\"$(printf %s "$word" | sed 's/[\\\\"]/\\\\&/g')\\""; done
  ask "\${line# }"
  exit
fi
[ -t 0 ] && prompt="$host:$port> " || prompt=
while printf %s "$prompt" && IFS= read -r line; do
  case $line in
    '') ;;
    quit|exit) exit ;;
    *) ask "$line" ;;
  esac
done
`;
