import { PROGRAMS } from '../scenario/programs.ts';
import { MARK_CODE } from './marks.ts';

/** Programs that scenarios use, beside those that a session can give at once. */
const NEVER_HERE = ['oc', 'odo', 'minikube', 'kind', 'k3d', 'k3s', 'microk8s', 'vcluster', 'skopeo', 'buildah', 'kube-bench', 'ufw', 'iptables', 'bazel', 'cfssl', 'jless', 'bat', 'code'];

/**
 * The rc file of the learner's bash. It makes the prompt look like Killercoda's and tells the server, at each prompt,
 * the exit code, the folder, the command and the values of the variables that the scenario declares. It starts no
 * process but subshells before a command and at a prompt. Without a nonce (a shell inside the shell) it tells nothing.
 *
 * The nonce and the names come in the environment and are taken out of it at once.
 */
export const BASHRC = `# argo-lab: the learner's shell
case $- in *i*) ;; *) return 0 ;; esac
__lab_nonce=\${ARGO_LAB_NONCE-} __lab_names=\${ARGO_LAB_VARIABLES-}
unset ARGO_LAB_NONCE ARGO_LAB_VARIABLES
HISTSIZE=10000 HISTFILESIZE=10000 HISTCONTROL=
shopt -s histappend checkwinsize cmdhist lithist
bind 'set enable-bracketed-paste on' 2>/dev/null
bind 'set enable-active-region off' 2>/dev/null
alias ls='ls --color=auto' ll='ls -l' k=kubectl
# Without a way out, trying again takes a minute and helps nobody.
export npm_config_fetch_retries=\${npm_config_fetch_retries-0} PIP_RETRIES=\${PIP_RETRIES-0}
PS1='\${ARGO_LAB_HOST:-\\h}:\\w$ '
__lab_completion() {
  [ -r /usr/share/bash-completion/bash_completion ] && source /usr/share/bash-completion/bash_completion
  source <(kubectl completion bash 2>/dev/null)
  complete -o default -F __start_kubectl kubectl k
  return 124
}
complete -F __lab_completion kubectl k
command_not_found_handle() {
  builtin printf 'bash: %s: command not found\\n' "$1" >&2
  case $1 in
    ${[...PROGRAMS, ...NEVER_HERE].join('|')})
      builtin printf '%s is not on the machine that this lab runs on. Once it is installed there, in /usr, new terminals have it, too.\\n' "$1" >&2 ;;
  esac
  return 127
}
[ -r ~/.bashrc ] && source ~/.bashrc
if [ -n "$__lab_nonce" ]; then
  __lab_ran=0
  __lab_escape() {
    local LC_ALL=C
    REPLY=\${1:0:60000}
    REPLY=\${REPLY//\\\\/\\\\\\\\}
    REPLY=\${REPLY//;/\\\\s}
    REPLY=\${REPLY//$'\\n'/\\\\n}
    REPLY=\${REPLY//[[:cntrl:]]/}
  }
  __lab_last() {
    REPLY=$(HISTTIMEFORMAT= builtin history 1)
    [[ $REPLY =~ ^[[:space:]]*[0-9]+[*]?[[:space:]][[:space:]](.*)$ ]] && REPLY=\${BASH_REMATCH[1]}
  }
  # In a subshell: which command starts, and how and where the one before it ended.
  __lab_start() {
    local code=$? REPLY body
    __lab_last; __lab_escape "$REPLY"; body="$code;$REPLY"
    __lab_escape "$PWD"; builtin printf '%s;%s' "$body" "$REPLY"
  }
  __lab_prompt() {
    local code=$? REPLY= body name
    [ -z "\${__lab_fg_active-}" ] || __lab_fg_end
    # Scripts of checks look into the history while this shell goes on.
    builtin history -a
    [ "$__lab_ran" = 0 ] || __lab_last
    __lab_escape "$REPLY"; body="$code;$__lab_ran;$REPLY"
    __lab_escape "$PWD"; body="$body;$REPLY"
    for name in $__lab_names; do
      [ -n "\${!name+set}" ] || continue
      __lab_escape "\${!name}"; body="$body;$name=$REPLY"
    done
    __lab_ran=0
    builtin printf '\\e]${MARK_CODE};%s;prompt;%s\\a' "$__lab_nonce" "$body" >/dev/tty
  }
  # Beside what the learner or a script sets there, which takes the first place only (bash 5.1 has a list of them).
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    PROMPT_COMMAND[0]=\${PROMPT_COMMAND-}
    PROMPT_COMMAND+=(__lab_prompt)
  else
    PROMPT_COMMAND=__lab_prompt
  fi
  # Before each command, also within a block of several lines, which has one prompt after all. The second expansion has
  # a side effect and no output: it notes, in this shell, that a command starts.
  PS0="\\e]${MARK_CODE};$__lab_nonce;start;"'$(__lab_start)'"\\a"'\${__lab_nonce:$((__lab_ran=1,0)):0}'
fi
`;

/** What the shell told. */
export type ShellMark =
  | { type: 'start'; command: string; /** How and where the command before it ended. */ before: { exitCode: number; cwd: string } }
  | { type: 'prompt'; exitCode: number; /** Absent for the first prompt and an empty line. */ command?: string; cwd: string; variables: Record<string, string> };

/** Undefined when the fields are no mark of the rc file above. */
export function parseMark(fields: readonly string[]): ShellMark | undefined {
  const [kind, code, ran, command, cwd, ...variables] = fields;
  if (kind === 'start' && code !== undefined && ran !== undefined && command !== undefined && /^\d+$/.test(code)) return { type: 'start', command: ran, before: { exitCode: Number(code), cwd: command } };
  if (kind !== 'prompt' || code === undefined || command === undefined || cwd === undefined || !/^\d+$/.test(code)) return undefined;
  const values: Record<string, string> = {};
  for (const entry of variables) {
    const at = entry.indexOf('=');
    if (at > 0) values[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return { type: 'prompt', exitCode: Number(code), ...(ran === '1' ? { command } : {}), cwd, variables: values };
}

/** The command line of a learner's shell; `shellFolder` is where the rc file lies inside the place. */
export function shellArgv(shellFolder: string): string[] {
  return ['/bin/bash', '--noprofile', '--rcfile', `${shellFolder}/bashrc`, '-i'];
}

/** A name that bash can use: anything else is not handed to the rc file. */
export function shellEnvironment(nonce: string, variables: readonly string[]): Record<string, string> {
  return { ARGO_LAB_NONCE: nonce, ARGO_LAB_VARIABLES: variables.filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)).join(' ') };
}
