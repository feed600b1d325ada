import { spawn } from 'node:child_process';

/** A piece of a script that bash takes for whole, and the line (from 1) on which it begins. */
export interface Command {
  text: string;
  line: number;
}

/** Lines with none of these are commands of their own: bash need not be asked. */
const PLAIN_LINE = /^[^"'`\\(){}#!]*$/;
const KEYWORD = /(^|[\s;&|(])(if|then|else|elif|fi|for|while|until|do|done|case|esac|select|function|coproc|time)(\s|;|$)/;

/**
 * Cuts a script into the commands that somebody would type one after another: quotes, heredocs, loops and continued
 * lines stay whole. Comments and empty lines between commands are left out. What bash calls broken stays one command.
 */
export async function cutScript(script: string): Promise<Command[]> {
  const commands: Command[] = [];
  let current: string[] = [];
  const lines = script.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');
  for (const [index, line] of lines.entries()) {
    current.push(line);
    const text = current.join('\n');
    if (!(await isWhole(text, line))) continue;
    if (!/^\s*(#.*)?$/.test(text)) commands.push({ text, line: index + 2 - current.length });
    current = [];
  }
  if (current.length > 0) commands.push({ text: current.join('\n'), line: lines.length + 1 - current.length });
  return commands;
}

async function isWhole(text: string, last: string): Promise<boolean> {
  if (/^\s*(#.*)?$/.test(text)) return true;
  if (isSimple(text)) return true;
  if (/(^|[^\\])(\\\\)*\\$/.test(last)) return false;
  return (await syntaxProblem(text)) === undefined;
}

/** Certainly whole, without asking bash: words, closed quotes, pipes and lists. False says nothing. */
function isSimple(text: string): boolean {
  const unquoted = text.replace(/'[^']*'/g, '_').replace(/"[^"\\`'$]*(?:\$\{?\w+\}?[^"\\`'$]*)*"/g, '_');
  return PLAIN_LINE.test(unquoted) && !KEYWORD.test(unquoted) && !/[|&]\s*$|<</.test(unquoted) && !unquoted.includes('\n');
}

const answers = new Map<string, Promise<string | undefined>>();
const MOST_ANSWERS = 5000;

/** What bash says against a script without running it; undefined when it is whole and right. */
export function syntaxProblem(script: string): Promise<string | undefined> {
  const known = answers.get(script);
  if (known !== undefined) return known;
  const asked = ask(script);
  if (answers.size > MOST_ANSWERS) answers.clear();
  answers.set(script, asked);
  return asked;
}

function ask(script: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-n'], { stdio: ['pipe', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' } });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(0, 2000);
    });
    child.on('error', reject);
    // A heredoc without its end is only warned about.
    child.on('close', (code) => resolve(code === 0 && errors === '' ? undefined : errors.trim().replace(/^bash: /gm, '') || `exit code ${code}`));
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${script}\n`);
  });
}
