import { z } from 'zod';
import { checkKinds } from './registry.ts';

/** The kinds of checks as the author's guide has them: a table, and a whole example of each. Made from the registry. */
export function kindsGuide(): string {
  const kinds = checkKinds();
  const row = (text: string) => text.replaceAll('|', '\\|');
  const table = ['| kind | asks | settings |', '|---|---|---|', ...kinds.map(({ name, description, schema }) => `| \`${name}\` | ${row(description)} | ${settingsOf(schema)} |`)];
  const examples = kinds.map(({ name, example }) => {
    const body = example.trimEnd().split('\n').map((line) => `  ${line}`);
    return [`- id: ${name.toLowerCase()}`, '  title: …', ...body].join('\n');
  });
  return `${table.join('\n')}\n\nOne example of each, as it stands below \`checks:\`\n\n\`\`\`yaml\n${examples.join('\n')}\n\`\`\``;
}

/** The keys below a kind's name, or what stands there instead of keys. */
function settingsOf(schema: z.ZodType): string {
  const json: unknown = z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
  const keys = [...new Set(keysOf(json, 0))];
  if (keys.length > 0) return keys.map((key) => `\`${key}\``).join(', ');
  return 'a list of checks without id and title';
}

function keysOf(schema: unknown, depth: number): string[] {
  if (typeof schema !== 'object' || schema === null || depth > 2) return [];
  const { properties, anyOf, allOf, oneOf } = z.object({ properties: z.record(z.string(), z.unknown()), anyOf: z.array(z.unknown()), allOf: z.array(z.unknown()), oneOf: z.array(z.unknown()) }).partial().parse(schema);
  return [...Object.keys(properties ?? {}), ...[...(anyOf ?? []), ...(allOf ?? []), ...(oneOf ?? [])].flatMap((inner) => keysOf(inner, depth + 1))];
}
