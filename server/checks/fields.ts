import { z } from 'zod';
import { readPath, sameJson, show } from './json-path.ts';
import { compilePattern, Pattern } from './pattern.ts';
import { OptionalText } from './words.ts';

/** A condition on one field of an object. Exactly one of the comparisons. */
export const FieldRule = z
  .object({
    path: z.string().min(1),
    equals: z.unknown().optional(),
    includes: z.array(z.unknown()).optional(),
    excludes: z.array(z.unknown()).optional(),
    matches: Pattern.optional(),
    exists: z.boolean().optional(),
    /** What it asks for, in words for a learner: `the month is from 1 to 12`. */
    what: OptionalText,
    /** What is wrong where it is not so, in words for a learner: `the greeting is still the old one`. */
    why: OptionalText,
  })
  .strict()
  .refine((rule) => ['equals', 'includes', 'excludes', 'matches', 'exists'].filter((key) => key in rule).length === 1, 'give exactly one of equals, includes, excludes, matches, exists');
export type FieldRule = z.infer<typeof FieldRule>;

/** `undefined` when the object obeys the rule; else what is wrong with it, as part of a sentence. */
export function violation(object: unknown, rule: FieldRule): string | undefined {
  const found = readPath(object, rule.path);
  const flat = found.flatMap((value) => (Array.isArray(value) ? value : [value]));
  if (rule.exists !== undefined) {
    const exists = found.length > 0;
    if (exists === rule.exists) return undefined;
    return rule.exists ? `${rule.path} is not set` : `${rule.path} is set`;
  }
  if (rule.includes !== undefined) {
    const missing = rule.includes.filter((wanted) => !flat.some((value) => sameJson(value, wanted)));
    return missing.length === 0 ? undefined : `${rule.path} lacks ${missing.map(show).join(', ')}${flat.length === 0 ? '' : ` (it has ${flat.map(show).join(', ')})`}`;
  }
  if (rule.excludes !== undefined) {
    const extra = rule.excludes.filter((unwanted) => flat.some((value) => sameJson(value, unwanted)));
    return extra.length === 0 ? undefined : `${rule.path} contains ${extra.map(show).join(', ')}`;
  }
  if (found.length === 0) return `${rule.path} is not set`;
  if (rule.matches !== undefined) {
    const pattern = compilePattern(rule.matches);
    return found.some((value) => pattern.test(typeof value === 'string' ? value : show(value))) ? undefined : `${rule.path} is ${found.map(show).join(', ')}`;
  }
  return found.some((value) => sameJson(value, rule.equals)) ? undefined : `${rule.path} is ${found.map(show).join(', ')}`;
}

/** As `violation`, in the author's words where there are some; what was found stands behind them. */
export function complaint(object: unknown, rule: FieldRule): string | undefined {
  const problem = violation(object, rule);
  if (problem === undefined) return undefined;
  if (rule.why !== undefined) return `${rule.why.replace(/\.$/, '')} (${problem})`;
  return rule.what === undefined ? problem : `it should be so that ${rule.what}, but ${problem}`;
}

/** The rule as a demand: `spec.type is X`. */
export function demand(rule: FieldRule): string {
  if (rule.what !== undefined) return rule.what;
  if (rule.path === 'metadata.generateName' && typeof rule.equals === 'string') return `its name begins with ${rule.equals}`;
  if (rule.exists !== undefined) return `${rule.path} is ${rule.exists ? '' : 'not '}set`;
  if (rule.includes !== undefined) return `${rule.path} has ${rule.includes.map(show).join(', ')}`;
  if (rule.excludes !== undefined) return `${rule.path} is without ${rule.excludes.map(show).join(', ')}`;
  if (rule.matches !== undefined) return `${rule.path} looks like ${rule.matches.replace(/^\(\?i\)/, '')}`;
  return `${rule.path} is ${show(rule.equals)}`;
}
