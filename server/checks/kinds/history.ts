import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';
import { compilePattern, Pattern } from '../pattern.ts';
import { OptionalText } from '../words.ts';

const Spec = z
  .object({
    /** A regular expression over one command as it was typed; a pasted block of several lines is one command a line. */
    matches: Pattern,
    /** How often, at least; 0 with `atMost: 0` demands that it was never typed. */
    atLeast: z.number().int().min(0).default(1),
    atMost: z.number().int().min(0).optional(),
    /** Only what was typed since the learner opened this step. */
    sinceStep: z.boolean().default(true),
    /** A command that has to come somewhere after the first. */
    then: Pattern.optional(),
    /** Used in words: “a command that lists pods”. */
    what: OptionalText,
    hint: OptionalText,
  })
  .strict()
  .refine((spec) => spec.atMost === undefined || spec.atMost >= spec.atLeast, 'atMost is below atLeast');

/** What was typed into the terminals, however it ended. */
export const history = defineKind({
  name: 'history',
  description: 'Was something typed into a terminal, and how often? However it ended; `command` asks for that, too.',
  example: `history:
  matches: ^kubectl (get|describe) pods?
  atLeast: 2
  what: a look at the pods`,
  schema: Spec,
  async run(spec, context) {
    const what = spec.what ?? spec.matches;
    const times = spec.atMost === undefined ? (spec.atLeast === 1 ? '' : `, at least ${count(spec.atLeast)}`) : spec.atMost === 0 ? ', never' : spec.atMost === spec.atLeast ? `, ${count(spec.atLeast)}` : `, ${spec.atLeast} to ${count(spec.atMost)}`;
    const expected = `you typed ${what}${times}${spec.then === undefined ? '' : `, and later ${spec.then}`}`;
    const pattern = compilePattern(spec.matches, 's');
    const typed = context.shell.commands.filter((entry) => !spec.sinceStep || entry.at >= context.stepOpenedAt);
    const found = typed.filter((entry) => pattern.test(entry.command));
    const observed = found.length === 0 ? 'it was not typed' : `it was typed ${count(found.length)}, last: ${found.at(-1)?.command.slice(0, 120) ?? ''}`;
    if (found.length < spec.atLeast) {
      return found.length === 0 ? fail(expected, observed, `${what} has not been typed yet.`, spec.hint ?? 'Type it in the terminal.') : fail(expected, observed, `${what} was typed ${count(found.length)} instead of ${count(spec.atLeast)}.`, spec.hint ?? 'Type it again.');
    }
    if (spec.atMost !== undefined && found.length > spec.atMost) return fail(expected, observed, spec.atMost === 0 ? `${what} was typed, which this step forbids.` : `${what} was typed ${count(found.length)}, more often than ${count(spec.atMost)}.`, spec.hint ?? 'Reset the session to begin again, and do without it.');
    if (spec.then !== undefined) {
      const after = compilePattern(spec.then, 's');
      const first = found[0];
      const later = typed.slice(first === undefined ? 0 : typed.indexOf(first) + 1).some((entry) => after.test(entry.command));
      if (!later) return fail(expected, `after ${first?.command.slice(0, 120) ?? what}, nothing such was typed`, `${spec.then} has not been typed after ${what}.`, spec.hint ?? 'Type it now.');
    }
    return pass(expected, observed);
  },
});

function count(times: number): string {
  return times === 1 ? 'once' : times === 2 ? 'twice' : `${times} times`;
}
