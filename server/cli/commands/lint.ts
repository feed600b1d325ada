import { type AddCommand, collect } from '../command.ts';
import type { LintFlags } from '../lint.ts';

export const addLint: AddCommand = (program, { exit }) => {
  program
    .command('lint [folders...]')
    .description('find what is wrong in scenarios, with file, line and how to mend it')
    .option('--format <format>', 'pretty, json, github (annotations) or sarif', 'pretty')
    .option('--json', 'the same as --format json')
    .option('--out <file>', 'write the report into a file')
    .option('--strict', 'warnings fail, too')
    .option('--rule <code>', 'only this rule; may be repeated', collect)
    .option('--list', 'list the rules')
    .option('--cluster <provider>', 'what the scenarios run on: embedded has no internet and its own images; kind or existing have both', 'embedded')
    .action(async (folders: string[], flags: LintFlags) => {
      const { lint } = await import('../lint.ts');
      exit(await lint(folders, flags));
    });
};
