import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';
import { readPath, show } from '../json-path.ts';
import { ResourceName, findResource } from '../resources.ts';
import { compilePattern, Pattern } from '../pattern.ts';
import { OptionalText } from '../words.ts';

const Spec = z
  .object({
    name: z.string(),
    matches: Pattern.optional(),
    /** The value is a field of an object: `prefix` + the field, base64-decoded first when asked. */
    from: z.object({ resource: ResourceName, namespace: z.string().default('argo'), name: z.string(), path: z.string(), base64: z.boolean().default(false), prefix: z.string().default('') }).strict().optional(),
    /** What the learner should run to set it. */
    hint: OptionalText,
  })
  .strict();

/** A shell variable of the learner's terminal has the value that it should have. */
export const variable = defineKind({
  name: 'variable',
  description: "Has a shell variable of the learner's terminal the value that it should have?",
  example: `variable:
  name: ARGO_TOKEN
  matches: '^Bearer '
  hint: ARGO_TOKEN="Bearer $(kubectl create token jenkins)"`,
  schema: Spec,
  async run(spec, context) {
    const expected = spec.from ? `${spec.name} holds ${spec.from.path} of ${spec.from.resource.resource}/${spec.from.name}` : spec.matches === undefined ? `${spec.name} is set` : `${spec.name} looks like ${spec.matches}`;
    const set = spec.hint ?? `${spec.name}=…`;
    const value = context.shell.variables[spec.name];
    if (value === undefined || value === '') return fail(expected, `${spec.name} is ${value === undefined ? 'not set' : 'empty'}`, `Your shell has no ${spec.name}.`, `Set it in the terminal: ${set}`);
    const shown = secretly(value);
    if (spec.matches !== undefined && !compilePattern(spec.matches).test(value)) return fail(expected, `${spec.name} is ${shown}`, `${spec.name} does not look as it should.`, `Set it again: ${set}`);
    if (spec.from) {
      const object = await findResource(context.client, spec.from.resource, spec.from.namespace, spec.from.name);
      if (!object) return fail(expected, `there is no ${spec.from.resource.resource}/${spec.from.name}`, `${spec.name} should come from ${spec.from.name}, which does not exist.`, 'Create it first, then read the value from it.');
      const [field] = readPath(object, spec.from.path);
      const wanted = spec.from.prefix + (typeof field === 'string' ? (spec.from.base64 ? Buffer.from(field, 'base64').toString('utf8') : field) : show(field));
      if (value !== wanted) return fail(expected, `${spec.name} is ${shown}, which is another value`, `${spec.name} is not what ${spec.from.resource.resource}/${spec.from.name} holds now.`, `Read it again: ${set}`);
    }
    return pass(expected, `${spec.name} is ${shown}`);
  },
});

/** Never shows a whole token. */
function secretly(value: string): string {
  return value.length > 24 ? `${value.slice(0, 16)}… (${value.length} characters)` : `“${value}”`;
}
