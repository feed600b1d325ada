import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { JSON_SCHEMAS } from '../checks/json-schema.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';

export interface SchemaFlags {
  out?: string;
}

/** `argo-lab schema`: 0 when printed or written, 2 for wrong use. */
export async function schema(file: string | undefined, flags: SchemaFlags): Promise<number> {
  const names = Object.entries(JSON_SCHEMAS);
  const chosen = file === undefined ? (flags.out === undefined ? [] : names) : names.filter(([name]) => name === file.replace(/\.(?:ya?ml|json)$/, ''));
  if (chosen.length === 0) {
    process.stderr.write(`argo-lab schema: name one of ${names.map(([name]) => name).join(', ')}${file === undefined ? ', or a folder with --out' : ''}\n`);
    return 2;
  }
  for (const [name, make] of chosen) {
    const text = `${JSON.stringify(make(), undefined, 2)}\n`;
    if (flags.out === undefined) {
      await new Promise<void>((done) => process.stdout.write(text, () => done()));
      continue;
    }
    const path = join(resolve(flags.out), `${name}.schema.json`);
    await mkdir(resolve(flags.out), { recursive: true });
    await writeFileAtomic(path, text, 0o644);
    process.stdout.write(`${path}\n`);
  }
  return 0;
}
