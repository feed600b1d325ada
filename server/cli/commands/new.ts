import { Option } from 'commander';
import { LabError } from '../../lib/errors.ts';
import type { AddCommand } from '../command.ts';

export const addNew: AddCommand = (program, { exit }) => {
  program
    .command('new <name>')
    .description('make a scenario that works as it is: a page, a check with a hint, a solution, near misses')
    .option('--course <folder>', 'the folder that gets it; a structure.json there lists it', '.')
    .addOption(new Option('--kind <kind>', 'exercise: something to solve; tour: something to look at').choices(['exercise', 'tour'] as const).default('exercise' as const))
    .option('--json', 'print what was made as JSON')
    .action(async (name: string, flags: { course: string; kind: 'exercise' | 'tour'; json?: boolean }) => {
      const { newScenario } = await import('../../runner/new-scenario.ts');
      try {
        const { folder, listed } = await newScenario(name, flags.course, flags.kind);
        if (flags.json === true) process.stdout.write(`${JSON.stringify({ folder, ...(listed === undefined ? {} : { listed }) })}\n`);
        else process.stdout.write(`${folder} is ready${listed === undefined ? '' : ` and listed in ${listed}`}.\n\n  argo-lab serve --watch ${flags.course}   shows it while you write\n  argo-lab lint ${folder}   finds what is wrong in its files\n  argo-lab test ${folder}   proves that it works\n`);
        exit(0);
      } catch (error) {
        if (!(error instanceof LabError)) throw error;
        process.stderr.write(`argo-lab: ${error.message}\n${error.next === undefined ? '' : `${error.next}\n`}`);
        exit(error.code === 'bad-request' || error.code === 'conflict' ? 2 : 1);
      }
    });
};
