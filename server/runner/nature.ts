/**
 * How a command behaves at a terminal:
 * - `ends`: sooner or later by itself, as far as one can tell;
 * - `background`: gives the prompt back at once and runs on;
 * - `runs-on`: until somebody presses Ctrl-C: a server, a watch, a followed log;
 * - `asks`: waits for keys: an editor, a pager, a shell within the shell. `quit` are the keys that end it.
 */
export type Nature = { kind: 'ends' } | { kind: 'background' } | { kind: 'runs-on' } | { kind: 'asks'; quit: readonly string[] };

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const VI = ['\u001b\u001b:qa!\r'];
const NANO = ['\u0018', 'n'];
const PAGER = ['q'];
const SHELL = [CTRL_D];

const ASKS: Record<string, readonly string[]> = {
  ...Object.fromEntries(['vi', 'vim', 'nvim', 'view', 'vimdiff', 'visudo'].map((name) => [name, VI])),
  ...Object.fromEntries(['nano', 'pico'].map((name) => [name, NANO])),
  ...Object.fromEntries(['less', 'more', 'most', 'man', 'top', 'htop', 'k9s', 'btop', 'glances'].map((name) => [name, PAGER])),
  ...Object.fromEntries(['ssh', 'telnet', 'mysql', 'mariadb', 'psql', 'sqlite3', 'redis-cli', 'mongo', 'mongosh', 'ipython', 'irb', 'bc', 'ftp', 'sftp'].map((name) => [name, SHELL])),
  emacs: ['\u0018\u0003'],
};
/** Programs that ask when they are started without anything to run. */
const ALONE = new Set(['bash', 'sh', 'zsh', 'fish', 'dash', 'ksh', 'su', 'python', 'python3', 'node', 'perl', 'ruby']);
const RUNS_ON = new Set(['watch', 'stern', 'tcpdump', 'yes', 'caddy', 'nginx', 'tunnel', 'inotifywait']);

/** Words in front of a command that change nothing about how it behaves. */
const PREFIXES = new Set(['sudo', 'time', 'nohup', 'exec', 'command', 'env', 'stdbuf', 'nice', '-E']);

export function natureOf(command: string): Nature {
  const text = command.replace(/\\\n/g, ' ').trim();
  if (/(^|[^&>|])&\s*$/.test(text)) return { kind: 'background' };
  // A loop or a heredoc is no simple command: only how its first line begins is known, and that says little.
  const line = text.split('\n').filter((one) => !/^\s*(#|$)/.test(one)).at(-1) ?? '';
  if (text.includes('\n') && /<<|(^|\s)(done|fi|esac|\})\s*$/m.test(text)) return { kind: 'ends' };
  const last = line.split(/&&|\|\||;/).at(-1) ?? '';
  const piped = last.split('|');
  const begins = wordsOf(piped[0] ?? '');
  const ends = wordsOf(piped.at(-1) ?? '');
  const bounded = /^(timeout|head|grep\s+-m)/.test(ends.join(' ')) || /^timeout$/.test(begins[0] ?? '');
  if (bounded) return { kind: 'ends' };
  const asking = piped.length === 1 ? asks(begins) : asks(ends.length === 1 && ends[0] !== undefined && ['less', 'more'].includes(ends[0]) ? ends : []);
  if (asking !== undefined) return { kind: 'asks', quit: asking };
  return runsOn(begins) ? { kind: 'runs-on' } : { kind: 'ends' };
}

function wordsOf(text: string): string[] {
  const words = text.trim().split(/\s+/).filter(Boolean);
  while (words[0] !== undefined && (PREFIXES.has(words[0]) || /^[A-Za-z_][A-Za-z0-9_]*=/.test(words[0]))) words.shift();
  return words;
}

function asks(words: readonly string[]): readonly string[] | undefined {
  const [path = '', ...rest] = words;
  const program = path.split('/').at(-1) ?? '';
  if (rest.some((word) => word === '<<' || word.startsWith('<'))) return undefined;
  const plain = rest.filter((word) => !word.startsWith('-'));
  if (program === 'cat') return rest.join(' ').replace(/>>?\s*\S+/g, '').trim() === '' ? SHELL : undefined;
  if (program === 'su') return rest.includes('-c') ? undefined : SHELL;
  if (ALONE.has(program)) return rest.every((word) => /^-[iIlqsuvB]+$|^-$|^--(login|interactive)$/.test(word)) ? SHELL : undefined;
  if (program === 'ssh') return plain.length <= 1 ? SHELL : undefined;
  if (['psql', 'mysql', 'mariadb'].includes(program) && rest.some((word) => /^(-[a-zA-Z]*[cef]|--command|--execute|--file)/.test(word))) return undefined;
  if (['redis-cli', 'sqlite3', 'mongo', 'mongosh'].includes(program) && (plain.length > 1 || rest.includes('--eval'))) return undefined;
  if (program === 'top' && rest.some((word) => /^-\w*b/.test(word))) return undefined;
  const quit = Object.hasOwn(ASKS, program) ? ASKS[program] : undefined;
  if (quit !== undefined) return quit;
  if (['kubectl', 'k', 'oc'].includes(program) && plain[0] === 'edit') return VI;
  if (program === 'crontab' && rest.includes('-e')) return VI;
  // A terminal of its own, and a shell or nothing named in it.
  if (['kubectl', 'k', 'oc', 'docker', 'podman', 'nerdctl'].includes(program) && rest.some((word) => /^-(it|ti|i|t)$|^--(stdin|tty|interactive)(=true)?$/.test(word)) && rest.some((word) => word === '-it' || word === '-ti' || word === '-t' || /^--tty/.test(word))) {
    const end = rest.at(-1)?.split('/').at(-1) ?? '';
    const dashed = rest.indexOf('--');
    const inner = dashed === -1 ? [] : rest.slice(dashed + 1);
    if (ALONE.has(end) && (inner.length <= 1 || inner.length === 0)) return SHELL;
    return inner.length === 0 && plain[0] === 'run' ? SHELL : undefined;
  }
  return undefined;
}

function runsOn(words: readonly string[]): boolean {
  const [path = '', ...rest] = words;
  const program = path.split('/').at(-1) ?? '';
  const text = rest.join(' ');
  const plain = rest.filter((word) => !word.startsWith('-'));
  if (RUNS_ON.has(program)) return true;
  if (['kubectl', 'k', 'oc'].includes(program)) {
    if (plain.includes('port-forward') || plain[0] === 'proxy' || plain.includes('attach')) return true;
    if (plain.includes('logs') || plain.includes('log')) return /(^|\s)(-\w*f\w*|--follow)(=true)?(\s|$)/.test(text) && !/(^|\s)-f[= ]\S+\.ya?ml/.test(text);
    return plain.includes('get') && /(^|\s)(-\w*w|--watch|--watch-only)(=true)?(\s|$)/.test(text);
  }
  if (program === 'argo') return plain[0] === 'watch' || plain[0] === 'server';
  if (program === 'tail' || program === 'journalctl') return /(^|\s)(-\w*[fF]\w*|--follow)(=\S+)?(\s|$)/.test(text);
  if (program === 'docker' || program === 'podman' || program === 'docker-compose') return (plain.includes('logs') && /(^|\s)(-f|--follow)/.test(text)) || (plain.includes('up') && /compose/.test(`${program} ${text}`) && !/(^|\s)(-d|--detach|--wait)/.test(text)) || (plain.includes('stats') && !text.includes('--no-stream'));
  if (program === 'ping') return !/(^|\s)-c/.test(text);
  if (program === 'sleep') return rest.includes('infinity');
  if (/^python3?$/.test(program)) return /-m\s+(http\.server|SimpleHTTPServer)/.test(text) || plain.includes('runserver');
  if (program === 'nc' || program === 'ncat') return /(^|\s)-\w*l/.test(text);
  if (program === 'npm' || program === 'yarn') return plain[0] === 'start' || plain.includes('dev') || plain.includes('serve');
  if (program === 'minikube') return ['tunnel', 'dashboard', 'mount'].includes(plain[0] ?? '');
  return ['flask', 'uvicorn', 'gunicorn', 'ng'].includes(program) && (program !== 'flask' || plain.includes('run'));
}

/** Ctrl-C and Ctrl-\\, which a program that reads no keys understands, too. */
export const SIGNALS: readonly string[] = [CTRL_C, '\u001c'];
/** Keys that are tried in turn on a program that nothing is known about, to have the prompt back. No Ctrl-D: too late, it would end the shell. */
export const LAST_RESORTS: readonly string[] = [...SIGNALS, ...PAGER, ...VI];
