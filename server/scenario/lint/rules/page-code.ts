import { type MachineNeed, needOf, shellCodeOf } from '../../needs.ts';
import { shellCommands } from '../../shell-commands.ts';
import type { ScenarioContext } from '../context.ts';

const WHAT: Record<MachineNeed, string> = { docker: 'Docker', packages: 'a package manager', systemd: 'systemd', nodes: 'the machines of the cluster', openshift: 'OpenShift', users: 'other users than root', kernel: 'a machine of its own', internet: 'the internet' };

/** What is said about code that is run: in pages, and in scripts where they need what is not there. */
export function pageCode(context: ScenarioContext): void {
  const { pages, scripts, options, say } = context;
  for (const { file, text, page, parsed } of pages) {
    const at = (line: number) => ({ file, line, column: 1, page: page.id });
    for (const block of parsed.blocks) {
      if (block.kind !== 'fence' || !block.action.action.startsWith('exec')) continue;
      const lines = block.code.split('\n');
      const exit = lines.findIndex((line) => /^exit(?:\s+\d+)?\s*$/.test(line));
      if (exit >= 0 && lines.slice(exit + 1).some((line) => line.trim() !== '' && !line.startsWith('#'))) say('code-after-exit', at(block.line + 1 + exit), 'what follows this exit is never run');
      const prompt = lines.findIndex((line) => /^\$ \S/.test(line));
      if (prompt >= 0) say('code-prompt', at(block.line + 1 + prompt), `“${(lines[prompt] ?? '').slice(0, 40)}” begins with a prompt, which is no command`);
      const quotes = lines.findIndex((line) => /[\u2018\u2019\u201c\u201d\u00a0]/.test(line));
      if (quotes >= 0) say('code-quotes', at(block.line + 1 + quotes), 'has typographic quotes or unbreakable spaces, which the shell takes for letters');
    }
    if (options.offline) needs(context, shellCodeOf(text).map((code) => ({ text: code.text, line: code.line })), file, page.id);
  }
  if (options.offline) for (const { file, text, page } of scripts) needs(context, [{ text, line: 1 }], file, page.id);
}

/** One finding a kind and file: the first command that shows it. */
function needs({ say }: ScenarioContext, pieces: readonly { text: string; line: number }[], file: string, page: string): void {
  const said = new Set<string>();
  for (const piece of pieces) {
    for (const command of shellCommands(piece.text)) {
      const need = needOf(command);
      if (need === undefined || said.has(need.kind)) continue;
      said.add(need.kind);
      say(need.kind === 'internet' ? 'needs-internet' : 'needs-machine', { file, line: piece.line + command.line - 1, column: 1, page }, `${need.shown} needs ${WHAT[need.kind]}`);
    }
  }
}
