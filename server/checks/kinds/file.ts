import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';
import { compilePattern, Pattern } from '../pattern.ts';

const Spec = z.object({ path: z.string(), exists: z.boolean().default(true), matches: Pattern.optional(), hint: z.string().optional() }).strict();

/** A file of the learner's home exists, and its text matches. */
export const file = defineKind({
  name: 'file',
  schema: Spec,
  async run(spec, context) {
    const expected = spec.exists ? `${spec.path} exists${spec.matches === undefined ? '' : ` and matches ${spec.matches}`}` : `${spec.path} does not exist`;
    const text = await context.readFile(spec.path);
    if (!spec.exists) return text === undefined ? pass(expected, 'it does not exist') : fail(expected, 'it exists', `${spec.path} is still there.`, spec.hint ?? `Remove it: rm ${spec.path}`);
    if (text === undefined) return fail(expected, 'it does not exist', `There is no file ${spec.path}.`, spec.hint ?? 'Create it as this step shows.');
    if (spec.matches !== undefined && !compilePattern(spec.matches, 'm').test(text)) return fail(expected, `it holds “${text.slice(0, 120)}”`, `${spec.path} does not hold what it should.`, spec.hint ?? 'Compare it with the text of this step.');
    return pass(expected, `${text.length} characters`);
  },
});
