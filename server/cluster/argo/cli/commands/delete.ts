import { Code, GrpcStatus } from '../../server/status.ts';
import type { Command } from '../app.ts';
import { object, text } from '../json-access.ts';
import { namedOr } from './arguments.ts';
import { listWorkflows } from './get-list.ts';
import { workflowPath } from './follow.ts';

const FILTERS = ['all', 'all-namespaces', 'completed', 'resubmitted', 'prefix', 'selector', 'field-selector', 'older', 'status'];

export const remove: Command = {
  path: ['delete'],
  check: namedOr(FILTERS, 'requires either a workflow or other argument'),
  async run(app, args, flags) {
    const namespace = flags.on('all-namespaces') ? '' : app.namespace;
    const found = args.map((name) => ({ name, namespace }));
    if (FILTERS.some((name) => flags.text(name) !== '' && flags.text(name) !== 'false')) {
      const listed = await listWorkflows(app, namespace, flags);
      found.push(...listed.map((workflow) => ({ name: text(object(workflow, 'metadata'), 'name'), namespace: text(object(workflow, 'metadata'), 'namespace') })));
    }
    if (found.length === 0) app.print('No resources found');
    for (const one of found) {
      if (flags.on('dry-run')) {
        app.print(`Workflow '${one.name}' deleted (dry-run)`);
        continue;
      }
      try {
        await app.transport.unary({ method: 'DELETE', path: workflowPath(one.namespace, one.name), query: flags.on('force') ? { force: 'true' } : {} });
        app.print(`Workflow '${one.name}' deleted`);
      } catch (error) {
        if (!(error instanceof GrpcStatus && error.code === Code.NotFound)) throw error;
        app.print(`Workflow '${one.name}' not found`);
      }
    }
    return 0;
  },
};
