/**
 * How a scenario's foreground script runs: sourced into the learner's own shell. Bash asks a handler before each command
 * (`extdebug`), which may let it run, skip it, or leave the script; so `exit`, `exec CMD`, `set -e` and `trap` keep their
 * meaning for the script without reaching the shell. The handler looks at commands as bash has parsed them: text in
 * heredocs, strings, subshells and other programs' scripts is none of its business.
 */
export const FOREGROUND = `# argo-lab: runs the script $__lab_fg_file in this shell, so that variables, folder, functions and aliases stay, and keeps
# it from ending the shell: exit ends the script, set -e does where a command fails, exec CMD runs CMD, traps end with it.
__lab_fg_debug() {
  local status=$? text=$1 word rest on
  __lab_fg_said=
  [ "$BASH_SUBSHELL" = "$__lab_fg_level" ] || return 0
  case \${BASH_SOURCE[1]-} in
    */shell/foreground | */shell/bashrc) return 0 ;;
    '') __lab_fg_end; return 0 ;; # The shell itself: the script was left by Ctrl-C or by an error that bash gives up at.
  esac
  __lab_fg_said=1
  [ -z "$__lab_fg_stop" ] || return 2
  case $text in
    exit | logout | 'exit '* | 'logout '*)
      (__lab_fg_status "$status"; eval "builtin exit \${text#* }" 2>/dev/null) 2>/dev/null
      __lab_fg_code=$?
      case $text in exit | logout) __lab_fg_code=$status ;; esac
      __lab_fg_stop=1
      return 2
      ;;
    'exec '*)
      rest=\${text#exec }
      while :; do
        case $rest in
          '-a '*) rest=\${rest#-a }; rest=\${rest#* } ;;
          -[cl]*' '*) rest=\${rest#* } ;;
          *) break ;;
        esac
      done
      [[ $rest =~ ^(\\{[A-Za-z_]+\\}|[0-9]*|\\&)[\\<\\>] ]] && { __lab_fg_said=; return 0; }
      case $rest in
        bash | '$SHELL' | '"$SHELL"' | /bin/bash | 'bash -l' | 'bash --login') [ ! -r ~/.bashrc ] || . ~/.bashrc; __lab_fg_code=0 ;;
        *) eval "$rest"; __lab_fg_code=$? ;;
      esac
      __lab_fg_stop=1
      return 2
      ;;
    'set '[-+]*)
      rest=()
      on=
      for word in \${text#set }; do
        if [ -n "$on" ]; then
          if [ "$word" = errexit ]; then [ "$on" = - ] && __lab_fg_e=1 || __lab_fg_e=; else rest+=("\${on}o" "$word"); fi
          on=
          continue
        fi
        case $word in
          -- | - | [!-+]*) __lab_fg_said=; return 0 ;;
          *o) on=\${word:0:1} word=\${word%o} ;;
        esac
        case $word in
          -*e*) __lab_fg_e=1 ;;
          +*e*) __lab_fg_e= ;;
        esac
        word=\${word//e/}
        [ "\${#word}" -lt 2 ] || rest+=("$word")
      done
      [ "\${#rest[@]}" = 0 ] || builtin set "\${rest[@]}"
      return 1
      ;;
    'trap '*)
      eval "__lab_fg_trap \${text#trap }"
      return 1
      ;;
  esac
  __lab_fg_said=
}
__lab_fg_status() { return "$1"; }
__lab_fg_trap() {
  [ $# -gt 0 ] || { builtin trap; return; }
  case $1 in -p | -l) builtin trap "$@"; return ;; --) shift ;; esac
  local action=\${1-} signal
  if [ $# -gt 1 ]; then shift; else action=-; fi
  for signal; do
    signal=\${signal^^} signal=\${signal#SIG}
    case $signal in
      0 | EXIT) [ "$action" = - ] && __lab_fg_exit= || __lab_fg_exit=$action ;;
      ERR) [ "$action" = - ] && __lab_fg_err= || __lab_fg_err=$action ;;
      DEBUG | RETURN) ;;
      *)
        case $action in '' | -) ;; *) action="__lab_fg_do $(builtin printf %q "$action")" ;; esac
        builtin trap -- "$action" "$signal" && __lab_fg_signals="$__lab_fg_signals $signal"
        ;;
    esac
  done
}
# What a trap of the script does: bash does not ask the handler above there, so exit is another word meanwhile.
__lab_fg_do() {
  exit() { __lab_fg_code=\${1:-0} __lab_fg_stop=1; }
  eval "$1"
  unset -f exit
}
__lab_fg_failed() {
  local status=$?
  # What the handler above returns counts as a failure, too.
  [ -z "$__lab_fg_said" ] || { __lab_fg_said=; return 0; }
  [ "$BASH_SUBSHELL" = "$__lab_fg_level" ] || return 0
  case \${BASH_SOURCE[1]-} in */shell/foreground | */shell/bashrc) return 0 ;; esac
  [ -z "$__lab_fg_stop" ] || return 0
  [ -z "$__lab_fg_err" ] || __lab_fg_do "$__lab_fg_err"
  [ -z "$__lab_fg_e" ] || __lab_fg_code=$status __lab_fg_stop=1
}
# Also called at the next prompt.
__lab_fg_end() {
  local signal
  builtin trap - DEBUG ERR
  for signal in $__lab_fg_signals; do builtin trap - "$signal"; done
  shopt -u extdebug
  builtin set +e +u +x +v
  builtin set +o pipefail
  exec >&"$__lab_fg_stdout" 2>&"$__lab_fg_stderr" <&"$__lab_fg_stdin" {__lab_fg_stdout}>&- {__lab_fg_stderr}>&- {__lab_fg_stdin}<&-
  local code=$__lab_fg_code leave=$__lab_fg_exit
  unset __lab_fg_stop __lab_fg_e __lab_fg_err __lab_fg_exit __lab_fg_signals __lab_fg_code __lab_fg_level __lab_fg_stdout __lab_fg_stderr __lab_fg_stdin __lab_fg_file __lab_fg_active __lab_fg_said
  [ -z "$leave" ] || { __lab_fg_do "$leave"; unset __lab_fg_code __lab_fg_stop; }
  [ "\${code:-0}" = 0 ] || builtin printf '\\e[2mthe script ended with exit code %s\\e[0m\\n' "$code" >&2
}
__lab_fg_active=1 __lab_fg_said= __lab_fg_stop= __lab_fg_e= __lab_fg_err= __lab_fg_exit= __lab_fg_signals= __lab_fg_code=0 __lab_fg_level=$BASH_SUBSHELL
exec {__lab_fg_stdout}>&1 {__lab_fg_stderr}>&2 {__lab_fg_stdin}<&0
shopt -s extdebug
builtin trap '__lab_fg_failed' ERR
builtin trap '__lab_fg_debug "$BASH_COMMAND"' DEBUG
. "$__lab_fg_file"
__lab_fg_end
`;

/** What a learner sees typed: a file in this folder, a page each. */
export const FOREGROUND_FOLDER = 'foreground';

/** The file that is typed, for a script that lies in `file`. */
export function foregroundStarter(toolsInside: string, file: string): string {
  return `__lab_fg_file='${file.replaceAll("'", `'\\''`)}'\n. ${toolsInside}/shell/foreground\n`;
}

/** Whether a command of the shell's history is such a line, which no learner typed. */
export function isForegroundLine(command: string): boolean {
  return /^\. \S*\/foreground\/[a-z0-9]+$/.test(command.trim());
}
