import { remember } from './remember.ts';

/** One command of a script or a block: its words as far as they can be told without running it. */
export interface ShellCommand {
  name: string;
  args: string[];
  /** From 1. */
  line: number;
}

const PREFIXES = new Set(['sudo', 'time', 'watch', 'nohup', 'exec', 'command', 'then', 'do', 'else', 'if', 'while', 'until', '!', '{', '(', 'xargs', 'env', 'timeout', 'elif', 'builtin', 'eval', 'stdbuf']);
const MAX_COMMANDS = 5000;

/**
 * The commands of a piece of shell code, roughly: good enough to see what a scenario uses. Comments, here-documents and
 * texts in quotes are passed over. Linear in the length.
 */
export const shellCommands: (code: string) => readonly ShellCommand[] = remember(500, (code) => {
  const out: ShellCommand[] = [];
  let heredoc: string | undefined;
  let joined = '';
  let joinedFrom = 0;
  for (const [index, raw] of code.split('\n').entries()) {
    if (out.length >= MAX_COMMANDS) break;
    if (heredoc !== undefined) {
      if (raw.trim() === heredoc) heredoc = undefined;
      continue;
    }
    const line = raw.length > 4000 ? raw.slice(0, 4000) : raw;
    if (joined === '') joinedFrom = index + 1;
    if (line.endsWith('\\') && joined.length < 8000) {
      joined += `${line.slice(0, -1)} `;
      continue;
    }
    const whole = joined + line;
    joined = '';
    heredoc = /<<-?\s*\\?["']?([A-Za-z_]\w{0,60})["']?/.exec(whole)?.[1];
    for (const words of commandsOf(whole)) {
      const command = commandFrom(words);
      if (command !== undefined) out.push({ ...command, line: joinedFrom });
    }
  }
  return out;
});

/** Splits a line at `|`, `&&`, `;`, `$(` and backticks into lists of words; quoted texts are one word each. */
function commandsOf(line: string): string[][] {
  const out: string[][] = [];
  let words: string[] = [];
  let word = '';
  let quote = '';
  const endWord = () => {
    if (word !== '') words.push(word);
    word = '';
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) out.push(words);
    words = [];
  };
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (quote === '"' && char === '$' && line[i + 1] === '(') {
        // A command within a text counts as one.
        endCommand();
        i += 1;
      } else word += char;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '#' && word === '' && (i === 0 || /\s/.test(line[i - 1] ?? ''))) break;
    else if (char === '|' || char === ';' || char === '`' || char === ')' || (char === '&' && line[i - 1] !== '>' && line[i + 1] !== '>')) endCommand();
    else if (char === '(' || (char === '$' && line[i + 1] === '(')) {
      endCommand();
      if (char === '$') i += 1;
    } else if (char === ' ' || char === '\t') endWord();
    else word += char;
  }
  endCommand();
  return out;
}

function commandFrom(words: string[]): { name: string; args: string[] } | undefined {
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (PREFIXES.has(word) || /^[A-Za-z_]\w*=/.test(word) || (at > 0 && (word.startsWith('-') || /^\d+[smh]?$/.test(word)) && PREFIXES.has(words[at - 1] ?? '')) || (at === 0 && word === '$')) at += 1;
    else break;
  }
  const name = words[at];
  return name === undefined || !/^[\w./+-]+$/.test(name) ? undefined : { name: name.replace(/^.*\//, ''), args: words.slice(at + 1) };
}

const LOCAL = /^(?:https?:\/\/)?(?:localhost|127\.|0\.0\.0\.0|10\.|172\.|192\.168\.|\[|\$|[\w-]+(?::\d+)?(?:\/|$)|[\w.-]+\.(?:svc|local|cluster\.local|internal|test)\b|[\w.-]*\{)/;

/** The address on the internet among a command's arguments, if there is one; what a substitution would fill in is not known. */
export function internetAddress(args: readonly string[]): string | undefined {
  return args.find((arg) => /^(?:https?|git|ssh|oci):\/\/./.test(arg) && !LOCAL.test(arg) && !arg.includes('{{TRAFFIC') && !arg.includes('[[HOST'));
}
