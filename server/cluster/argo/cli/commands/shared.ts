import type { JsonObject } from '../../../../lib/json.ts';
import type { App } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { list, object, text } from '../json-access.ts';
import { asJson, asYaml } from '../print-object.ts';
import { printLogs } from './logs.ts';
import { waitFor, watchWorkflow } from './wait-watch.ts';
import { workflowView } from '../workflow-view.ts';
import { viewOptions, workflowPath } from './follow.ts';

export function printWorkflow(app: App, workflow: JsonObject, flags: FlagValues): void {
  switch (flags.text('output')) {
    case 'name':
      app.print(text(object(workflow, 'metadata'), 'name'));
      break;
    case 'json':
      app.world.stdout(asJson('Workflow', workflow));
      break;
    case 'yaml':
      app.world.stdout(asYaml('Workflow', workflow));
      break;
    default:
      app.world.stdout(workflowView(workflow, viewOptions(app, flags)));
  }
}

/** Names given as arguments, or those of the workflows that selectors pick. */
export async function namesOf(app: App, args: readonly string[], flags: FlagValues): Promise<string[]> {
  const [labels, fields] = [flags.text('selector'), flags.text('field-selector')];
  if (labels === '' && fields === '') return [...args];
  const found = await app.transport.unary({ method: 'GET', path: workflowPath(app.namespace), query: { ...(labels === '' ? {} : { 'listOptions.labelSelector': labels }), ...(fields === '' ? {} : { 'listOptions.fieldSelector': fields }) } });
  return [...args, ...list(found, 'items').map((one) => text(object(one, 'metadata'), 'name'))];
}

/** What `--log`, `--wait` and `--watch` ask for once workflows are on their way. */
export async function afterwards(app: App, names: readonly string[], flags: FlagValues): Promise<number> {
  if (flags.on('log')) for (const name of names) await printLogs(app, name, '', { follow: true, container: 'main' }, true);
  if (flags.on('wait')) return waitFor(app, names, { quiet: !['', 'wide'].includes(flags.text('output')), ignoreMissing: false });
  if (flags.on('watch')) for (const name of names) await watchWorkflow(app, name, flags);
  return 0;
}
