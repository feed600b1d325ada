import { join } from 'node:path';
import { run } from './cli/index.ts';
import { LabError, messageOf } from './lib/errors.ts';

// JSON that others send may have any key: without this accessor `__proto__` is one like any other, everywhere.
Reflect.deleteProperty(Object.prototype, '__proto__');

// The only place that ends the process.
try {
  process.exitCode = await run(process.argv.slice(2), {
    async startLab(flags, folders) {
      const [{ configFrom }, { startLab }] = await Promise.all([import('./config.ts'), import('./wire.ts')]);
      return startLab(configFrom(flags, folders, process.env));
    },
    async openWorkshop(flags, folders) {
      const [{ configFrom }, { openWorkshop }] = await Promise.all([import('./config.ts'), import('./wire.ts')]);
      return openWorkshop(configFrom(flags, folders, process.env));
    },
    argoUi: async () => join((await import('./config.ts')).projectRoot(), 'dist', 'argo-ui'),
  });
  process.exit();
} catch (error) {
  process.stderr.write(`argo-lab: ${messageOf(error)}\n`);
  if (error instanceof LabError && error.next !== undefined) process.stderr.write(`${error.next}\n`);
  if (!(error instanceof LabError) && error instanceof Error && process.env['ARGO_LAB_DEBUG'] !== undefined) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
