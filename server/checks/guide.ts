import type { z } from 'zod';
import { checkKinds } from './registry.ts';
import { settingsOf } from './settings.ts';

/** The kinds of checks as the author's guide has them: a table, and a whole example of each. Made from the registry. */
export function kindsGuide(): string {
  const kinds = checkKinds();
  const row = (text: string) => text.replaceAll('|', '\\|');
  const table = ['| kind | asks | settings |', '|---|---|---|', ...kinds.map(({ name, description, schema }) => `| \`${name}\` | ${row(description)} | ${settings(schema)} |`)];
  const examples = kinds.map(({ name, example }) => {
    const body = example.trimEnd().split('\n').map((line) => `  ${line}`);
    return [`- id: ${name.toLowerCase()}`, '  title: …', ...body].join('\n');
  });
  return `${table.join('\n')}\n\nOne example of each, as it stands below \`checks:\`\n\n\`\`\`yaml\n${examples.join('\n')}\n\`\`\``;
}

/** The keys below a kind's name, or what stands there instead of keys. */
function settings(schema: z.ZodType): string {
  const keys = settingsOf(schema);
  return keys.length > 0 ? keys.map((key) => `\`${key}\``).join(', ') : 'a list of checks without id and title';
}
