import type { AddCommand } from '../command.ts';
import type { ExportFlags } from '../export.ts';

export const addExport: AddCommand = (program, { exit }) => {
  program
    .command('export <scenario>')
    .description('write a scenario as one file to read (markdown, html), or as a zip that Killercoda takes')
    .option('--format <format>', 'markdown, html or zip', 'markdown')
    .option('--out <file>', 'where to write; - is the standard output (default: the name of the scenario, here)')
    .option('--json', 'say what was written as JSON')
    .action(async (scenario: string, flags: ExportFlags) => {
      const { exportScenario } = await import('../export.ts');
      exit(await exportScenario(scenario, flags));
    });
};
