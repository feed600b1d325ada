import type { AddCommand } from '../command.ts';
import { addCluster } from './cluster.ts';
import { addDoctor } from './doctor.ts';
import { addExport } from './export.ts';
import { addLint } from './lint.ts';
import { addNew } from './new.ts';
import { addParity } from './parity.ts';
import { addRecord } from './record.ts';
import { addSchema } from './schema.ts';
import { addServe } from './serve.ts';
import { addTest } from './test.ts';

/** Every subcommand, in the order in which `--help` lists them. */
export const commands: readonly AddCommand[] = [addServe, addLint, addTest, addParity, addNew, addExport, addSchema, addRecord, addDoctor, addCluster];
