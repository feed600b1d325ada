import type { AddCommand } from '../command.ts';
import type { SchemaFlags } from '../schema.ts';

export const addSchema: AddCommand = (program, { exit }) => {
  program
    .command('schema [file]')
    .description('print the JSON Schema of checks (checks.yaml), index (index.json) or structure (structure.json), for editors')
    .option('--out <folder>', 'write all three into a folder: checks.schema.json, index.schema.json, structure.schema.json')
    .action(async (file: string | undefined, flags: SchemaFlags) => {
      const { schema } = await import('../schema.ts');
      exit(await schema(file, flags));
    });
};
