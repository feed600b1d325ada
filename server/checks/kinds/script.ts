import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';

const Spec = z.union([z.string().transform((path) => ({ path, timeoutSeconds: 30 })), z.object({ path: z.string(), timeoutSeconds: z.number().min(1).max(300).default(30) }).strict()]);

/** A script of the scenario, run in the session's place: exit code 0 passes. What it prints is shown to the learner. */
export const script = defineKind({
  name: 'script',
  description: 'Does a script of the scenario end with 0 in the session? What it prints is shown to the learner.',
  example: `script:
  path: step1/check.sh
  timeoutSeconds: 20`,
  schema: Spec,
  limit: (spec) => spec.timeoutSeconds * 1000 + 5000,
  async run(spec, context) {
    const expected = `${spec.path} ends with code 0`;
    const result = await context.runScript(spec.path, spec.timeoutSeconds * 1000);
    const said = (result.stdout + result.stderr).trim().slice(-2000);
    if (result.timedOut) return fail(expected, `it had not ended after ${spec.timeoutSeconds} s`, 'The check took too long and was ended.', said === '' ? 'Check again; if it happens again, something that the check waits for is missing.' : said);
    if (result.code === 0) return pass(expected, said === '' ? 'it ended with code 0' : said);
    return fail(expected, `it ended with code ${result.code}`, said === '' ? 'The script does not say what is missing.' : said, 'Do what this step asks for, then check again.');
  },
});
