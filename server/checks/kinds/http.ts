import { z } from 'zod';
import { messageOf } from '../../lib/errors.ts';
import { requestOver } from '../http-over.ts';
import { defineKind, fail, pass } from '../kind.ts';

const Spec = z
  .object({
    url: z.string().regex(/^http:\/\/localhost(:\d+)?\//, 'must start with http://localhost:<port>/'),
    method: z.string().default('GET'),
    /** `${NAME}` is replaced by the learner's variable of that name. */
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().optional(),
    status: z.number().int(),
    contains: z.string().optional(),
  })
  .strict();

/** An HTTP request, sent as the learner would send it, is answered as expected. */
export const http = defineKind({
  name: 'http',
  description: 'Is an HTTP request, sent as the learner would send it, answered as expected?',
  example: `http:
  url: http://localhost:2746/api/v1/info
  headers: {Authorization: '\${ARGO_TOKEN}'}
  status: 200
  contains: links`,
  schema: Spec,
  async run(spec, context) {
    const expected = `${spec.method} ${spec.url} answers ${spec.status}${spec.contains === undefined ? '' : ` with “${spec.contains}”`}`;
    const unset: string[] = [];
    const headers = Object.fromEntries(
      Object.entries(spec.headers).map(([name, value]) => [
        name,
        value.replace(/\$\{(\w+)\}/g, (_whole, variable: string) => {
          const known = context.shell.variables[variable];
          if (known === undefined) unset.push(variable);
          return known ?? '';
        }),
      ]),
    );
    if (unset.length > 0) return fail(expected, `${unset.join(', ')} is not set in the terminal`, `The request needs ${unset.join(', ')}, which your shell does not have.`, `Set ${unset.join(', ')} in the terminal, then check again.`);
    try {
      const answer = await requestOver(context, { method: spec.method, url: spec.url, headers, timeoutMs: 5000, ...(spec.body === undefined ? {} : { body: spec.body }) });
      const observed = `HTTP ${answer.status}: ${answer.body.slice(0, 200)}`;
      if (answer.status !== spec.status) return fail(expected, observed, `The answer was ${answer.status} instead of ${spec.status}.`, 'Read the message in the answer: it says what the server missed.');
      if (spec.contains !== undefined && !answer.body.includes(spec.contains)) return fail(expected, observed, `The answer does not contain “${spec.contains}”.`, 'Compare the answer with the one shown in this step.');
      return pass(expected, observed);
    } catch (error) {
      return fail(expected, messageOf(error), `No answer came from ${new URL(spec.url).host}.`, 'Is the port-forward still running? Start it again with the block from the first step.');
    }
  },
});
