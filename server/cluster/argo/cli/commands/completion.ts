import { type Command, CommandError } from '../app.ts';
import { GLOBAL_FLAGS, helpText, subcommands } from '../help.ts';
import { exactly } from './arguments.ts';

/** Every command by its path, with the words that can stand behind it. */
function tree(path: readonly string[] = []): { path: readonly string[]; words: string[]; flags: string[] }[] {
  const below = subcommands(path);
  const flags = [...helpText(path).flags, ...GLOBAL_FLAGS].map((flag) => `--${flag.name}`).sort();
  return [{ path, words: below, flags: [...flags, '--help'] }, ...below.flatMap((name) => tree([...path, name]))];
}

/** What a command's arguments name: completed by asking the cluster. */
const NAMES: readonly [paths: readonly string[], list: string][] = [
  [['delete', 'get', 'logs', 'node set', 'resubmit', 'resume', 'retry', 'stop', 'suspend', 'terminate', 'wait', 'watch'], 'argo list -o name'],
  [['template get', 'template delete'], 'argo template list -o name'],
  [['cluster-template get', 'cluster-template delete'], 'argo cluster-template list -o name'],
  [['cron get', 'cron delete', 'cron suspend', 'cron resume', 'cron backfill'], 'argo cron list -o name'],
];

function bash(): string {
  const cases = tree().map(({ path, words, flags }) => `    ${JSON.stringify(path.join(' '))}) words=${JSON.stringify(words.join(' '))}; flags=${JSON.stringify(flags.join(' '))} ;;`);
  const names = NAMES.map(([paths, list]) => `    ${paths.map((path) => JSON.stringify(path)).join('|')}) words="$(${list} 2>/dev/null)" ;;`);
  return `# bash completion for argo
__argo_complete() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path="" words="" flags="" next word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) continue ;; esac
    next="\${path:+$path }$word"
    case "$next" in
      ${tree().slice(1).map(({ path }) => JSON.stringify(path.join(' '))).join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ "$cur" == -* ]]; then
    COMPREPLY=( $(compgen -W "$flags" -- "$cur") )
    return
  fi
  case "$path" in
${names.join('\n')}
    submit|lint|convert|"template create"|"template lint"|"template update"|"cluster-template create"|"cluster-template lint"|"cluster-template update"|"cron create"|"cron lint"|"cron update")
      COMPREPLY=( $(compgen -f -o plusdirs -X '!*.@(yaml|yml|json)' -- "$cur") )
      return ;;
  esac
  COMPREPLY=( $(compgen -W "$words" -- "$cur") )
}
complete -F __argo_complete argo
`;
}

function zsh(): string {
  return `#compdef argo\nautoload -U +X bashcompinit && bashcompinit\n${bash()}`;
}

function fish(): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = ['# fish completion for argo', 'complete -c argo -f'];
  for (const { path, words } of tree()) {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const open = words.length === 0 ? '' : `not __fish_seen_subcommand_from ${words.join(' ')}`;
    const condition = path.length === 0 ? '__fish_use_subcommand' : [seen, open].filter(Boolean).join('; and ');
    for (const word of words) lines.push(`complete -c argo -n ${quote(condition)} -a ${word} -d ${quote(helpText([...path, word]).short)}`);
    for (const flag of helpText(path).flags) lines.push(`complete -c argo -n ${quote(seen || '__fish_use_subcommand')} -l ${flag.name}${flag.short === undefined ? '' : ` -s ${flag.short}`}${flag.value === undefined ? '' : ' -r'} -d ${quote(flag.help)}`);
  }
  for (const [paths, list] of NAMES) for (const path of paths) lines.push(`complete -c argo -n ${quote(path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`).join('; and '))} -a '(${list} 2>/dev/null)'`);
  return `${lines.join('\n')}\n`;
}

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh, fish };

/** The scripts are the lab's own; they complete the same words as the real ones. */
export const completion: Command = {
  path: ['completion'],
  check: exactly(1),
  async run(app, [shell = '']) {
    const make = SHELLS[shell];
    if (make === undefined) throw new CommandError(`Invalid shell '${shell}'. The supported shells are bash and zsh.\n`);
    app.world.stdout(make());
    return 0;
  },
};
