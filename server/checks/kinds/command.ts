import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';
import { compilePattern, Pattern } from '../pattern.ts';

const Spec = z.object({ matches: Pattern, exitCode: z.number().int().optional(), sinceStep: z.boolean().default(true), what: z.string().optional() }).strict();

/** The learner ran a command that matches, with the right exit code. */
export const command = defineKind({
  name: 'command',
  schema: Spec,
  async run(spec, context) {
    const what = spec.what ?? spec.matches;
    const expected = `you ran ${what}${spec.exitCode === undefined ? '' : `, and it ended with code ${spec.exitCode}`}`;
    const pattern = compilePattern(spec.matches, 's');
    const ran = context.shell.commands.filter((entry) => pattern.test(entry.command) && (!spec.sinceStep || entry.at >= context.stepOpenedAt));
    const last = ran.at(-1);
    if (!last) return fail(expected, 'no such command was run in a terminal', `${what} has not been run yet.`, 'Run it in the terminal.');
    const good = ran.find((entry) => spec.exitCode === undefined || entry.exitCode === spec.exitCode);
    return good ? pass(expected, `${good.command.slice(0, 120)} → ${good.exitCode}`) : fail(expected, `it ended with code ${last.exitCode}`, `${what} ended with code ${last.exitCode}.`, 'Read what it printed, mend it, and run it again.');
  },
});
