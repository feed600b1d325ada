import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';
import { compilePattern, Pattern } from '../pattern.ts';
import { OptionalText, Text } from '../words.ts';

/** What the learner ran. */
const Typed = z
  .object({
    /** A regular expression over the command as it was typed. */
    matches: Pattern,
    /** How it has to have ended. */
    exitCode: z.number().int().min(0).max(255).optional(),
    /** A regular expression over the folder in which it was run. */
    folder: Pattern.optional(),
    /** Only what was run since the learner opened this step. */
    sinceStep: z.boolean().default(true),
    /** Used in words: “the test suite”. */
    what: OptionalText,
    hint: OptionalText,
    /** What learners run instead, and what to say to it. */
    instead: z.array(z.object({ matches: Pattern, why: Text, next: OptionalText }).strict()).default([]),
  })
  .strict();

/** What the check runs itself. */
const Run = z
  .object({
    /** A line for bash, run in the session's place beside the learner's shell: what that shell has set is there only if exported variables were declared. */
    run: z.string().min(1).max(4000),
    /** The folder it runs in; the home where nothing is said. */
    folder: z.string().optional(),
    exitCode: z.number().int().min(0).max(255).default(0),
    /** What it prints, on either stream, has this. */
    contains: z.string().min(1).optional(),
    /** What it prints matches this regular expression; `^` and `$` stand for the ends of lines. */
    prints: Pattern.optional(),
    timeoutSeconds: z.number().min(1).max(120).default(10),
    what: OptionalText,
    hint: OptionalText,
  })
  .strict();

const Spec = z.union([Typed, Run]);

/** The learner ran a command that matches, with the right exit code; or a command of the author's answers as it should. */
export const command = defineKind({
  name: 'command',
  description: 'Did the learner run a command, and how did it end (`matches`)? Or: does a command that the check runs in the session answer as it should (`run`)?',
  example: `command:
  run: git -C ~/app status --porcelain
  exitCode: 0
  prints: ^$
  what: a clean working tree`,
  schema: Spec,
  limit: (spec) => ('run' in spec ? spec.timeoutSeconds * 1000 + 5000 : 30_000),
  async run(spec, context) {
    if ('run' in spec) {
      const what = spec.what ?? spec.run;
      const expected = `${what} ends with code ${spec.exitCode}${spec.contains === undefined ? '' : ` and prints “${spec.contains}”`}${spec.prints === undefined ? '' : ` and prints what matches ${spec.prints}`}`;
      const result = await context.runCommand(spec.run, spec.timeoutSeconds * 1000, spec.folder);
      const said = (result.stdout + result.stderr).trimEnd();
      const observed = `code ${result.code}${said === '' ? ', and nothing printed' : `: ${said.slice(-1000)}`}`;
      if (result.timedOut) return fail(expected, `it had not ended after ${spec.timeoutSeconds} s`, `${what} took too long.`, spec.hint ?? 'Check again; if it happens again, something that it waits for is missing.');
      if (result.code !== spec.exitCode) return fail(expected, observed, `${what} ended with code ${result.code}.`, spec.hint ?? 'Read what it printed, mend it, then check again.');
      if (spec.contains !== undefined && !said.includes(spec.contains)) return fail(expected, observed, `${what} did not print “${spec.contains}”.`, spec.hint ?? 'Compare what it printed with the text of this step.');
      if (spec.prints !== undefined && !compilePattern(spec.prints, 'm').test(said)) return fail(expected, observed, `${what} did not print what it should.`, spec.hint ?? 'Compare what it printed with the text of this step.');
      return pass(expected, observed);
    }
    const what = spec.what ?? spec.matches;
    const expected = `you ran ${what}${spec.exitCode === undefined ? '' : `, and it ended ${spec.exitCode === 0 ? 'without an error (exit code 0)' : `with code ${spec.exitCode}`}`}`;
    const pattern = compilePattern(spec.matches, 's');
    const folder = spec.folder === undefined ? undefined : compilePattern(spec.folder);
    const typed = context.shell.commands.filter((entry) => !spec.sinceStep || entry.at >= context.stepOpenedAt);
    const ran = typed.filter((entry) => pattern.test(entry.command));
    const here = folder === undefined ? ran : ran.filter((entry) => folder.test(entry.cwd));
    const [last, elsewhere] = [here.at(-1), ran.at(-1)];
    if (!last && elsewhere) return fail(expected, `it was run in ${elsewhere.cwd}`, `${what} was run in ${elsewhere.cwd}, which is another folder.`, spec.hint ?? 'Go to the folder that this step names (cd), and run it again.');
    const mistakes = typed.toReversed().flatMap((entry) => spec.instead.filter((mistake) => compilePattern(mistake.matches, 's').test(entry.command)).map((mistake) => ({ ...mistake, entry })));
    const [mistake] = last === undefined ? mistakes : [];
    if (mistake) return fail(expected, `you ran ${mistake.entry.command.slice(0, 120)}`, mistake.why, mistake.next ?? spec.hint ?? 'Run it in the terminal.');
    if (!last) return fail(expected, 'no such command was run in a terminal', `${what} has not been run yet.`, spec.hint ?? (pattern.test(what) ? `Run it in the terminal: ${what}` : 'Run it in the terminal.'));
    const good = here.find((entry) => spec.exitCode === undefined || entry.exitCode === spec.exitCode);
    return good ? pass(expected, `${good.command.slice(0, 120)} → ${good.exitCode}`) : fail(expected, `it ended with code ${last.exitCode}`, `${what} ended with code ${last.exitCode}.`, spec.hint ?? 'Read what it printed, mend it, and run it again.');
  },
});
