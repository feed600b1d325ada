import type { AddCommand } from '../command.ts';
import { addCluster } from './cluster.ts';
import { addDoctor } from './doctor.ts';
import { addNew } from './new.ts';
import { addParity } from './parity.ts';
import { addServe } from './serve.ts';
import { addTest } from './test.ts';

/** Every subcommand, in the order in which `--help` lists them. */
export const commands: readonly AddCommand[] = [addServe, addTest, addParity, addNew, addDoctor, addCluster];
