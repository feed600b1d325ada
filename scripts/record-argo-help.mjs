// Writes server/cluster/argo/cli/help.json: what the real `argo --help` of the emulated version says of each command, as
// data. `node scripts/record-argo-help.mjs ARGO` with the path of a real argo binary; the result is committed.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [binary] = process.argv.slice(2);
if (binary === undefined) throw new Error('name the real argo binary');
const out = join(dirname(fileURLToPath(import.meta.url)), '..', 'server', 'cluster', 'argo', 'cli', 'help.json');
const help = (path) => execFileSync(binary, [...path, '--help'], { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: '/nonexistent' } });

/** The sections of cobra's usage text: what stands before `Usage:`, and what stands below each heading. */
function sections(text) {
  const found = { intro: [] };
  let at = 'intro';
  for (const line of text.split('\n')) {
    const heading = /^(Usage|Aliases|Examples|Available Commands|Flags|Global Flags):$/.exec(line)?.[1];
    if (heading !== undefined && found[heading] === undefined) found[(at = heading)] = [];
    else if (!/^Use ".*" for more information about a command\.$/.test(line)) found[at].push(line);
  }
  for (const [name, lines] of Object.entries(found)) {
    // One empty line parts the sections; what an example has more of is its own.
    if (name === 'Examples') lines.pop();
    else while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  }
  return found;
}

/** `  -o, --output string   Output format. (default "wide")` → [name, short, value, help, default] */
function flagsOf(lines = []) {
  const flags = [];
  for (const line of lines) {
    const match = /^ {2}(?:-(\w), | {4})--([\w-]+)(?: (\S+))? {3,}(.*)$/.exec(line);
    if (match === null) {
      flags.at(-1)[3] += `\n${line}`;
      continue;
    }
    const [, short = '', name, value = '', text] = match;
    const fallback = / \(default (.*)\)$/.exec(text);
    const flag = [name, short, value, fallback === null ? text : text.slice(0, fallback.index)];
    if (fallback !== null) flag.push(fallback[1].startsWith('"') ? JSON.parse(fallback[1]) : fallback[1]);
    flags.push(flag);
  }
  return flags.filter(([name]) => name !== 'help');
}

const commands = {};
function record(path, short) {
  const found = sections(help(path));
  const [use = ''] = found.Usage ?? [];
  const intro = found.intro.join('\n');
  commands[path.join(' ')] = {
    use: use.trim().slice(['argo', ...path].join(' ').length + 1),
    short,
    ...(intro === short ? {} : { long: intro }),
    ...(found.Aliases === undefined ? {} : { aliases: found.Aliases[0].trim().split(', ').slice(1) }),
    ...(found.Examples === undefined ? {} : { example: found.Examples.join('\n') }),
    ...(path.length === 0 ? {} : { flags: flagsOf(found.Flags) }),
  };
  for (const line of found['Available Commands'] ?? []) {
    const [, name, text] = /^ {2}(\S+) +(.*)$/.exec(line);
    if (name !== 'help') record([...path, name], text);
  }
  return found;
}

const root = record([], '');
const lines = Object.entries(commands).map(([path, command]) => `${JSON.stringify(path)}: ${JSON.stringify(command)}`);
writeFileSync(out, `{"global": ${JSON.stringify(flagsOf(root.Flags))},\n"commands": {\n${lines.join(',\n')}\n}}\n`);
process.stdout.write(`${lines.length} commands\n`);
