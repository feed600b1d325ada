import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';
import { requestOver } from '../http-over.ts';
import { messageOf } from '../../lib/errors.ts';

const Spec = z.object({ port: z.number().int().min(1).max(65535), target: z.string().default('svc/argo-server') }).strict();

/** Something listens on the port, and what is behind it answers HTTP. */
export const portForward = defineKind({
  name: 'portForward',
  description: 'Does something answer HTTP on this port of the session?',
  example: `portForward:
  port: 2746
  target: svc/argo-server`,
  schema: Spec,
  async run(spec, context) {
    const expected = `${spec.target} answers on localhost:${spec.port}`;
    try {
      const answer = await requestOver(context, { method: 'GET', url: `http://localhost:${spec.port}/`, headers: {}, timeoutMs: 3000 });
      return pass(expected, `localhost:${spec.port} answered with HTTP ${answer.status}`);
    } catch (error) {
      const refused = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNREFUSED';
      if (refused) {
        return fail(expected, `the connection to localhost:${spec.port} was refused`, `Nothing listens on localhost:${spec.port}.`, 'Start the port-forward from the block in this step, and leave it running in the background.');
      }
      return fail(expected, `localhost:${spec.port} closed the connection (${messageOf(error)})`, `Something listens on localhost:${spec.port}, but no answer comes through it.`, 'Stop the old port-forward (kill %1, or close its terminal) and start it again: the pod behind it may be gone.');
    }
  },
});
