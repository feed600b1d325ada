import { keepingAlive } from '../../lib/keep-alive.ts';
import type { AddCommand } from '../command.ts';

export const addDoctor: AddCommand = (program, { exit }) => {
  program
    .command('doctor')
    .description('say what this machine has, what is missing, what that costs, and how to get it')
    .option('--json', 'print it as JSON')
    .action(async (flags: { json?: boolean }) => {
      const { doctor } = await import('../doctor.ts');
      exit(await keepingAlive(doctor(flags.json === true)));
    });
};
