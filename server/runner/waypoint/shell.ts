import { writeFiles } from '../../session/files.ts';
import type { Place } from '../../sandbox/sandbox.ts';
import { FOREGROUND_FOLDER } from '../../terminal/foreground.ts';
import type { TerminalHub } from '../../terminal/terminal.ts';

/** The scripts lie where the lab's own typed lines come from, so that no history has them. */
export const WAYPOINT_FOLDER = `/run/${FOREGROUND_FOLDER}`;
const MEMORY = `${WAYPOINT_FOLDER}/.waypoint`;
const PROMPT_MS = 15_000;

/** Variables that bash or the lab keep for themselves, or that change by themselves. */
const OWN = '_|BASH*|COMP_*|DIRSTACK|EPOCH*|FUNCNAME|GROUPS|HISTCMD|LINENO|PIPESTATUS|RANDOM|SECONDS|SHELLOPTS|SRANDOM|COLUMNS|LINES|REPLY|MAPFILE|__lab_*';

/** What a shell is besides its variables: a file each that brings it back when it is sourced, and one that can only be compared. */
const TELL = `
builtin printf 'cd -- %q\\n' "$PWD" >"$__lab_to/folder"
declare -f >"$__lab_to/functions"
{ builtin echo 'unalias -a'; alias -p; } >"$__lab_to/aliases"
{ shopt -p; set +o; umask -p; } >"$__lab_to/options" 2>/dev/null
trap -p >"$__lab_to/traps"
jobs >/dev/null
{ jobs -l; builtin echo "$! $-"; dirs -l -p; ulimit -S -a; builtin echo /proc/$$/fd/*; } >"$__lab_to/others" 2>/dev/null
`;

/** Reads \`declare -p\` of a file into a table by names. */
const TABLE = (table: string, file: string) => `
unset ${table}
declare -A ${table}=()
while IFS= read -r __lab_line; do
  [[ $__lab_line =~ ^declare\\ -[^\\ ]*\\ ([A-Za-z_][A-Za-z_0-9]*) ]] || continue
  case \${BASH_REMATCH[1]} in ${OWN}) continue ;; esac
  ${table}[\${BASH_REMATCH[1]}]=$__lab_line
done <"${file}"`;

const REMEMBER = `builtin history -d -1
__lab_ran=0
command mkdir -p ${MEMORY}/then ${MEMORY}/now
__lab_to=${MEMORY}/then
{ declare -p >"$__lab_to/variables"
${TELL}
builtin history -w "$__lab_to/history"; } 2>/dev/null
unset __lab_to
`;

/** Ends with 0 where the shell is as it was. It starts no process: `$!` would tell of it. */
const RETURN = `__lab_ran=0 __lab_differs=0 __lab_to=${MEMORY}/now
builtin set +eu
{ ${TABLE('__lab_then', `${MEMORY}/then/variables`)}
${TELL}
for __lab_name in functions traps; do
  IFS= read -r -d '' __lab_a <${MEMORY}/then/$__lab_name
  IFS= read -r -d '' __lab_b <${MEMORY}/now/$__lab_name
  [ "$__lab_a" != "$__lab_b" ] || continue
  if [ $__lab_name = functions ]; then
    declare -F >"$__lab_to/names"
    while read -r _ _ __lab_line; do case $__lab_line in __lab_*) ;; *) unset -f "$__lab_line" ;; esac; done <"$__lab_to/names"
  else
    while read -r __lab_line; do [[ $__lab_line == 'trap -- '* ]] && trap - "\${__lab_line##* }"; done <${MEMORY}/now/traps
  fi
  . ${MEMORY}/then/$__lab_name
done
for __lab_name in aliases folder; do . ${MEMORY}/then/$__lab_name; done
# How the shell reads its lines can only be compared.
while IFS= read -r __lab_line; do case $__lab_line in *compat* | *' history' | *' emacs' | *' vi' | *' monitor') ;; *) eval "$__lab_line" ;; esac; done <${MEMORY}/then/options
for __lab_turn in 1 2; do
  __lab_differs=0
  declare -p >"$__lab_to/variables"
  ${TABLE('__lab_now', `${MEMORY}/now/variables`)}
  for __lab_name in "\${!__lab_now[@]}"; do
    [ "\${__lab_now[$__lab_name]}" = "\${__lab_then[$__lab_name]-}" ] || { __lab_differs=1; unset -v "$__lab_name"; }
  done
  for __lab_name in "\${!__lab_then[@]}"; do
    [ "\${__lab_now[$__lab_name]-}" = "\${__lab_then[$__lab_name]}" ] || { __lab_differs=1; eval "\${__lab_then[$__lab_name]}"; }
  done
  [ $__lab_differs = 1 ] || break
done
${TELL}
for __lab_name in folder functions aliases options traps others; do
  IFS= read -r -d '' __lab_a <${MEMORY}/then/$__lab_name
  IFS= read -r -d '' __lab_b <${MEMORY}/now/$__lab_name
  [ "$__lab_a" = "$__lab_b" ] || __lab_differs=1
done
builtin history -c
builtin history -r ${MEMORY}/then/history; } 2>/dev/null
unset __lab_then __lab_now __lab_line __lab_name __lab_turn __lab_to __lab_a __lab_b
[ $__lab_differs = 0 ]
`;

/** The shell of a terminal at its prompt, remembered by itself: variables, functions, aliases, options, traps, folder, history. */
export class ShellWaypoint {
  private constructor(private readonly hub: TerminalHub) {}

  /** Undefined when the shell is busy. */
  static async take(place: Place, hub: TerminalHub): Promise<ShellWaypoint | undefined> {
    await writeFiles(place, [
      { path: `${WAYPOINT_FOLDER}/remember`, data: Buffer.from(REMEMBER) },
      { path: `${WAYPOINT_FOLDER}/return`, data: Buffer.from(RETURN) },
    ]);
    const waypoint = new ShellWaypoint(hub);
    return hub.atPrompt && (await waypoint.#type('remember')) === 0 ? waypoint : undefined;
  }

  /** False when something of the shell is not as it was: a job, what is read-only, a file it has open. */
  async rewind(): Promise<boolean> {
    return this.hub.running && (await this.hub.prompt(PROMPT_MS)) && (await this.#type('return')) === 0;
  }

  async #type(script: string): Promise<number | undefined> {
    let exitCode: number | undefined;
    const stop = this.hub.watchMarks((mark) => {
      if (mark.type === 'prompt') exitCode = mark.exitCode;
    });
    try {
      await this.hub.run(`. ${WAYPOINT_FOLDER}/${script}`, false);
      return (await this.hub.prompt(PROMPT_MS)) ? exitCode : undefined;
    } finally {
      stop();
    }
  }
}
