import type { ScenarioContext, ScriptText } from '../context.ts';

export function scripts(context: ScenarioContext): void {
  const seen = new Set<string>();
  for (const script of context.scripts) {
    const key = `${script.role} ${script.file}`;
    if (seen.has(key)) continue;
    seen.add(key);
    one(context, script);
  }
}

function one({ say }: ScenarioContext, { role, file, text, crlf, page }: ScriptText): void {
  const at = (line: number) => ({ file, line, column: 1, page: page.id });
  const lines = text.split('\n');
  const code = lines.filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  if (code.length === 0) {
    say(role === 'verify' ? 'verify-always-passes' : 'script-empty', at(1), role === 'verify' ? 'the script does nothing, so the step always passes' : `the ${role} script does nothing`);
    return;
  }
  if (!text.startsWith('#!')) say('script-shebang', at(1), 'names no shell: it is run with bash');
  if (crlf) say('script-crlf', at(1), 'has carriage returns');
  if (role === 'foreground') {
    const strict = lines.findIndex((line) => /^\s*set\s+-[a-z]*e/.test(line));
    if (strict >= 0) say('script-set-e', at(strict + 1), "the learner's shell ends at the first command that fails");
    const exit = lines.findIndex((line) => /^exit\b/.test(line));
    if (exit >= 0) say('script-exit', at(exit + 1), "this ends the learner's shell");
  }
  if (role === 'verify') {
    // Katacoda's way: the word done on success, and exit code 0 in any case.
    const done = lines.findIndex((line) => /\b(?:echo|printf)\s+["']?done\b/i.test(line));
    const last = (code.at(-1) ?? '').trim();
    const fails = /\bexit\s+(?:[1-9$]|"\$)|\bset\s+-[a-z]*e|\breturn\s+[1-9]|\bfalse\b/.test(text);
    if (!fails && ((done >= 0 && /^\s*if\b/m.test(text)) || /^(?:exit\s+0|true|:|echo\b.*)$/.test(last))) say('verify-always-passes', at(done >= 0 ? done + 1 : lines.length), 'ends with exit code 0 whatever it finds');
  }
}
