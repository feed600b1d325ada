import { describe, expect, it } from 'vitest';
import { cutScript, syntaxProblem } from '../../../server/runner/cut.ts';

const texts = async (script: string) => (await cutScript(script)).map(({ text }) => text);

describe('a script is cut into commands as somebody would type them', () => {
  it.each<[string, string, string[]]>([
    ['one a line', 'echo a\necho b\n', ['echo a', 'echo b']],
    ['without comments and empty lines', '# first\n\necho a # not this one\n   # nor this\necho b', ['echo a # not this one', 'echo b']],
    ['with heredocs whole', 'cat <<EOF\na: "b\nEOF\necho c', ['cat <<EOF\na: "b\nEOF', 'echo c']],
    ['with an indented heredoc whole', 'cat <<-\'X\'\n\t$(oops\n\tX\necho', ["cat <<-'X'\n\t$(oops\n\tX", 'echo']],
    ['with loops and conditions whole', 'for i in 1 2\ndo\n  echo $i\ndone\nif true; then\n  echo\nfi', ['for i in 1 2\ndo\n  echo $i\ndone', 'if true; then\n  echo\nfi']],
    ['with quotes that span lines whole', "curl -d '{\n  \"a\": 1\n}' x\necho \"it's\nme\"", ["curl -d '{\n  \"a\": 1\n}' x", 'echo "it\'s\nme"']],
    ['with continued lines whole', 'kubectl create role jenkins \\\n  --verb=get \\\n  --resource=pods\necho', ['kubectl create role jenkins \\\n  --verb=get \\\n  --resource=pods', 'echo']],
    ['with a backslash that is escaped itself', 'echo \\\\\necho b', ['echo \\\\', 'echo b']],
    ['with pipes and lists that go on', 'echo a |\n  cat\ntrue &&\n  echo b', ['echo a |\n  cat', 'true &&\n  echo b']],
    ['with functions and subshells whole', 'f() {\n  echo\n}\n(\n  f\n)', ['f() {\n  echo\n}', '(\n  f\n)']],
    ['with command substitutions', 'A="Bearer $(kubectl create token x)"\necho `date`', ['A="Bearer $(kubectl create token x)"', 'echo `date`']],
    ['in CRLF', 'echo a\r\necho b\r\n', ['echo a', 'echo b']],
    ['to nothing where there is nothing', '\n# only words\n', []],
  ])('%s', async (_name, script, commands) => {
    expect(await texts(script)).toEqual(commands);
  });

  it('and says on which line each begins', async () => {
    expect(await cutScript('# a\n\necho a\n\ncat <<E\nx\nE\necho b')).toEqual([
      { text: 'echo a', line: 3 },
      { text: 'cat <<E\nx\nE', line: 5 },
      { text: 'echo b', line: 8 },
    ]);
  });

  it('with what is broken left whole', async () => {
    expect(await texts('echo a\nfor i in 1 2\ndo\necho "')).toEqual(['echo a', 'for i in 1 2\ndo\necho "']);
  });
});

it('bash says what is wrong with a script that it does not run', async () => {
  expect(await syntaxProblem('touch /tmp/never-made && exit 3')).toBeUndefined();
  expect(await syntaxProblem('for i in 1; do')).toMatch(/syntax error: unexpected end of file/);
  expect(await syntaxProblem('cat <<X\nno end')).toMatch(/here-document/);
});
