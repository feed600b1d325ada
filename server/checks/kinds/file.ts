import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { CheckContext } from '../check.ts';
import { complaint, demand, FieldRule } from '../fields.ts';
import { defineKind, fail, type Outcome, pass } from '../kind.ts';
import { compilePattern, Pattern } from '../pattern.ts';
import { OptionalText } from '../words.ts';

const Spec = z
  .object({
    /** Absolute, or below the home: `~/app/x.yaml`, `app/x.yaml`. */
    path: z.string().min(1).max(4096),
    exists: z.boolean().default(true),
    type: z.enum(['file', 'folder', 'link']).optional(),
    /** Permissions as chmod prints them in octal: `"755"`. */
    mode: z.string().regex(/^[0-7]{3,4}$/, 'write octal digits in quotes, e.g. "755"').optional(),
    executable: z.boolean().optional(),
    /** A regular expression over the text; `^` and `$` stand for the ends of lines. */
    matches: Pattern.optional(),
    contains: z.string().min(1).optional(),
    /** Must not be in the text. */
    lacks: z.string().min(1).optional(),
    /** The whole text, blanks at its end aside. */
    equals: z.string().optional(),
    /** Conditions on the JSON or YAML in it; of several documents, one has to obey all. */
    fields: z.array(FieldRule).default([]),
    /** What the text should be, in words instead of a pattern: `the temperature of the water`. */
    what: OptionalText,
    hint: OptionalText,
  })
  .strict();
type Spec = z.infer<typeof Spec>;

/** A file of the session exists, is what it should be, and holds what it should. */
export const file = defineKind({
  name: 'file',
  description: 'Is there a file in the session (or none), what is it, who may run it, and what is in it? `fields` looks into JSON and YAML.',
  example: `file:
  path: ~/app/deployment.yaml
  fields:
    - {path: spec.replicas, equals: 3}
  hint: "Edit it, then save: nano ~/app/deployment.yaml"`,
  schema: Spec,
  async run(spec, context) {
    const expected = expectation(spec);
    const state = await context.statFile(spec.path);
    if (!spec.exists) return state === undefined ? pass(expected, 'it does not exist') : fail(expected, 'it exists', `${spec.path} is still there.`, spec.hint ?? `Remove it: rm ${state.type === 'folder' ? '-r ' : ''}${spec.path}`);
    const wanted = spec.type ?? 'file';
    if (state === undefined) return fail(expected, 'it does not exist', `There is no ${wanted} ${spec.path}.`, spec.hint ?? 'Create it as this step shows.');
    const right = spec.type === undefined ? state.type !== 'link' : spec.type === 'link' ? state.link : state.type === spec.type;
    if (!right && spec.type === undefined) return fail(expected, 'it is a link to what does not exist', `${spec.path} is a link to what does not exist.`, spec.hint ?? 'Remove it, and create the file as this step shows.');
    if (!right) return fail(expected, `it is a ${state.type}`, `${spec.path} is a ${state.type}, not a ${wanted}.`, spec.hint ?? `Remove it, and create the ${wanted} as this step shows.`);
    const octal = state.mode.toString(8).padStart(3, '0');
    if (spec.mode !== undefined && Number.parseInt(spec.mode, 8) !== state.mode) return fail(expected, `its permissions are ${octal}`, `${spec.path} has the permissions ${octal} instead of ${spec.mode}.`, spec.hint ?? `Change them: chmod ${spec.mode} ${spec.path}`);
    if (spec.executable !== undefined && spec.executable !== ((state.mode & 0o111) !== 0)) return fail(expected, `its permissions are ${octal}`, `${spec.path} ${spec.executable ? 'may not be run as a program' : 'may be run as a program'}.`, spec.hint ?? `Change it: chmod ${spec.executable ? '+x' : '-x'} ${spec.path}`);
    return asksForText(spec) ? inText(spec, expected, context) : pass(expected, `it is a ${state.type} of ${state.size} bytes`);
  },
});

function asksForText(spec: Spec): boolean {
  return spec.matches !== undefined || spec.contains !== undefined || spec.lacks !== undefined || spec.equals !== undefined || spec.fields.length > 0;
}

function expectation(spec: Spec): string {
  if (!spec.exists) return `${spec.path} does not exist`;
  const demands = [
    ...(spec.type === undefined ? [] : [`is a ${spec.type}`]),
    ...(spec.mode === undefined ? [] : [`has the permissions ${spec.mode}`]),
    ...(spec.executable === undefined ? [] : [spec.executable ? 'may be run' : 'may not be run']),
    ...(spec.what === undefined ? [] : [`holds ${spec.what}`]),
    ...(spec.matches === undefined || spec.what !== undefined ? [] : [`matches ${spec.matches}`]),
    ...(spec.contains === undefined ? [] : [`has “${spec.contains}”`]),
    ...(spec.lacks === undefined ? [] : [`does not have “${spec.lacks}”`]),
    ...(spec.equals === undefined ? [] : ['holds exactly what it should']),
    ...spec.fields.map((rule) => `says that ${demand(rule)}`),
  ];
  return `${spec.path} exists${demands.length === 0 ? '' : ` and ${demands.join(', ')}`}`;
}

async function inText(spec: Spec, expected: string, context: CheckContext): Promise<Outcome> {
  const text = await context.readFile(spec.path);
  if (text === undefined) return fail(expected, 'it can’t be read', `${spec.path} can’t be read as a text.`, spec.hint ?? 'Is it a file, smaller than a mebibyte, and may it be read (chmod +r)?');
  const observed = text === '' ? 'it is empty' : `it holds “${text.length > 120 ? `${text.slice(0, 120)}…` : text}”`;
  const differs = (why: string) => fail(expected, observed, why, spec.hint ?? 'Compare it with the text of this step.');
  if (spec.matches !== undefined && !compilePattern(spec.matches, 'm').test(text)) return differs(`${spec.path} does not hold ${spec.what ?? 'what it should'}.`);
  if (spec.contains !== undefined && !text.includes(spec.contains)) return differs(`${spec.path} does not have “${spec.contains}”.`);
  if (spec.lacks !== undefined && text.includes(spec.lacks)) return differs(`${spec.path} still has “${spec.lacks}”.`);
  if (spec.equals !== undefined && text.trimEnd() !== spec.equals.trimEnd()) return differs(`${spec.path} differs from what it should hold.`);
  if (spec.fields.length > 0) {
    const documents = documentsOf(text);
    if (typeof documents === 'string') return fail(expected, documents, `${spec.path} is no YAML or JSON: ${documents}.`, spec.hint ?? 'Mend it: mind indentation, quotes and colons.');
    const problems = documents.map((document) => spec.fields.map((rule) => complaint(document, rule)).find((problem) => problem !== undefined));
    if (!problems.includes(undefined)) return fail(expected, `${problems[0] ?? 'it is empty'}`, `In ${spec.path}, ${problems[0] ?? 'there is nothing'}.`, spec.hint ?? 'Change it, save it, then check again.');
  }
  return pass(expected, `${text.length} characters`);
}

/** The values in a YAML stream, of which JSON is a part; a text where it is none. */
function documentsOf(text: string): unknown[] | string {
  const documents = [...parseAllDocuments(text)];
  const values: unknown[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) return (error.message.split('\n')[0] ?? 'it can’t be parsed').replace(/:$/, '');
    try {
      // Few aliases, so that a small file can't grow to gigabytes.
      values.push(document.toJS({ maxAliasCount: 50 }));
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  }
  return values;
}
