import type { JsonObject } from '../../../../lib/json.ts';
import type { App } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text } from '../json-access.ts';
import { colours, plain, type ViewOptions } from '../workflow-view.ts';

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

export function workflowPath(namespace: string, ...rest: string[]): string {
  return ['/api/v1/workflows', encodeURIComponent(namespace), ...rest.map(encodeURIComponent)].join('/').replaceAll('%40', '@');
}

/** The workflow that a name (or `@latest`) stands for. */
export function getWorkflow(app: App, name: string): Promise<JsonObject> {
  return app.transport.unary({ method: 'GET', path: workflowPath(app.namespace, name) });
}

export function isFinished(workflow: JsonObject): boolean {
  return ['Succeeded', 'Failed', 'Error'].includes(text(object(workflow, 'status'), 'phase'));
}

/** Calls `onChange` with each state of a workflow until it has ended; false when it is gone. */
export async function follow(app: App, name: string, onChange: (workflow: JsonObject) => void): Promise<boolean> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  app.world.signal.addEventListener('abort', stop, { once: true });
  if (app.world.signal.aborted) stop();
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
