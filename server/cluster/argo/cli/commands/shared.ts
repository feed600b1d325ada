import type { JsonObject } from '../../../../lib/json.ts';
import { type App, CommandError } from '../app.ts';
import type { Flag, FlagValues } from '../flags.ts';
import { list, object, text } from '../json-access.ts';
import { asJson, asYaml } from '../print-object.ts';
import { colours, plain, type ViewOptions, workflowView } from '../workflow-view.ts';

export const SELECTOR_FLAG: Flag = { name: 'selector', short: 'l', value: 'string', help: "Selector (label query) to filter on, not including uninitialized ones, supports '=', '==', and '!='.(e.g. -l key1=value1,key2=value2)" };
export const FIELD_SELECTOR_FLAG: Flag = { name: 'field-selector', value: 'string', help: "Selector (field query) to filter on, supports '=', '==', and '!='.(e.g. --field-selector key1=value1,key2=value2). The server only supports a limited number of field queries per type." };
export const OUTPUT_FLAG: Flag = { name: 'output', short: 'o', value: 'string', oneOf: ['name', 'json', 'yaml', 'wide'], help: 'Output format. One of: name|json|yaml|wide' };

/** How `get` and its relatives show a workflow. */
export function viewOptions(app: App, flags: FlagValues): ViewOptions {
  return {
    now: app.now(),
    paint: flags.on('no-color') || app.world.env['NO_COLOR'] !== undefined ? plain : colours,
    ascii: flags.on('no-utf8'),
    output: flags.text('output'),
    status: flags.text('status'),
    nodeFieldSelector: flags.text('node-field-selector'),
  };
}

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

export function workflowPath(namespace: string, ...rest: string[]): string {
  return ['/api/v1/workflows', encodeURIComponent(namespace), ...rest.map(encodeURIComponent)].join('/').replaceAll('%40', '@');
}

/** The workflow that a name (or `@latest`) stands for. */
export function getWorkflow(app: App, name: string): Promise<JsonObject> {
  return app.transport.unary({ method: 'GET', path: workflowPath(app.namespace, name) });
}

/** Names given as arguments, or those of the workflows that selectors pick. */
export async function namesOf(app: App, args: readonly string[], flags: FlagValues): Promise<string[]> {
  const [labels, fields] = [flags.text('selector'), flags.text('field-selector')];
  if (labels === '' && fields === '') return [...args];
  const found = await app.transport.unary({ method: 'GET', path: workflowPath(app.namespace), query: { ...(labels === '' ? {} : { 'listOptions.labelSelector': labels }), ...(fields === '' ? {} : { 'listOptions.fieldSelector': fields }) } });
  return [...args, ...list(found, 'items').map((one) => text(object(one, 'metadata'), 'name'))];
}

export function need(condition: boolean, message: string): void {
  if (!condition) throw new CommandError(message);
}

export function isFinished(workflow: JsonObject): boolean {
  return ['Succeeded', 'Failed', 'Error'].includes(text(object(workflow, 'status'), 'phase'));
}

/** Calls `onChange` with each state of a workflow until it has ended; false when it is gone. */
export async function follow(app: App, name: string, onChange: (workflow: JsonObject) => void): Promise<boolean> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  app.world.signal.addEventListener('abort', stop, { once: true });
  try {
    const current = await getWorkflow(app, name);
    onChange(current);
    if (isFinished(current)) return true;
    const query = { 'listOptions.fieldSelector': `metadata.name=${text(object(current, 'metadata'), 'name')}`, 'listOptions.resourceVersion': '0' };
    for await (const event of app.transport.stream({ method: 'GET', path: `/api/v1/workflow-events/${encodeURIComponent(app.namespace)}`, query }, controller.signal)) {
      if (text(event, 'type') === 'DELETED') return false;
      const workflow = object(event, 'object');
      onChange(workflow);
      if (isFinished(workflow)) return true;
    }
    return true;
  } finally {
    app.world.signal.removeEventListener('abort', stop);
    controller.abort();
  }
}
