import { Cron } from 'croner';
import type { JsonObject } from '../../../../lib/json.ts';
import { type App, type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { list, object, text } from '../json-access.ts';
import { yamlText } from '../print-object.ts';
import { workflowFromCron } from '../../server/actions/submit.ts';
import { formatGoTime, parseGoTime, RFC1123 } from '../go-layout.ts';
import { helpOf } from '../usage.ts';
import { CRON, familyPath } from './family.ts';
import { workflowPath } from './follow.ts';

const MOST_PRIORITY = 2_147_483_647;
const BACKFILL_LABEL = 'workflows.argoproj.io/backfill';
const SCHEDULED_TIME = 'workflows.argoproj.io/scheduled-time';
/** What the generated suffix of a name leaves for the rest. */
const PREFIX_LENGTH = 242;
const RULE = '==================================================';

/** The times at which a schedule would have run after `start`, up to `end`. */
export function scheduledTimes(schedule: string, start: number, end: number): number[] {
  const cron = new Cron(schedule, { timezone: 'UTC', paused: true });
  const times: number[] = [];
  for (let at = cron.nextRun(new Date(start)); at !== null && at.getTime() <= end; at = cron.nextRun(at)) times.push(at.getTime());
  return times;
}

/** The workflow that is made once for each time, as the manifest of a resource template. */
function manifestOf(cron: JsonObject, name: string, flags: FlagValues): string {
  const workflow = workflowFromCron(cron, 0);
  const metadata = object(workflow, 'metadata');
  const spec = object(workflow, 'spec');
  const given = object(spec, 'arguments');
  const parameters = [...list(given, 'parameters'), { name: flags.text('argname') || 'cronScheduleTime', value: '{{inputs.parameters.backfillscheduletime}}' }];
  const { [SCHEDULED_TIME]: _time, ...annotations } = object(metadata, 'annotations');
  const prefix = `${text(object(cron, 'metadata'), 'name')}-backfill-${name.toLowerCase()}`.slice(0, PREFIX_LENGTH);
  const made = {
    kind: 'Workflow',
    metadata: { ...metadata, annotations, generateName: `${prefix}-`, creationTimestamp: null },
    spec: { ...spec, arguments: { ...given, parameters }, ...(flags.on('parallel') ? {} : { priority: MOST_PRIORITY, synchronization: { mutex: { name } } }) },
    status: { startedAt: null, finishedAt: null },
  };
  return `apiVersion: argoproj.io/v1alpha1 \n${yamlText(made)}`;
}

/** Runs the manifest for each of the times, one after the other or side by side. */
function monitor(cronName: string, manifest: string, times: readonly string[]): JsonObject {
  const step = { name: 'create-workflow', template: 'create-workflow', arguments: { parameters: [{ name: 'backfillscheduletime', value: '{{item}}' }] }, withParam: JSON.stringify(times) };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { generateName: 'backfill-wf-', labels: { [BACKFILL_LABEL]: cronName } },
    spec: {
      entrypoint: 'main',
      templates: [
        { name: 'main', steps: [[step]] },
        { name: 'create-workflow', inputs: { parameters: [{ name: 'backfillscheduletime' }] }, resource: { successCondition: 'status.phase == Succeeded', action: 'create', manifest } },
      ],
    },
  };
}

/** `argo cron backfill`. After argo-workflows v3.7.6 cmd/argo/commands/cron/backfill.go */
export const backfill: Command = {
  path: ['cron', 'backfill'],
  async run(app, [cronName], flags) {
    if (cronName === undefined) {
      app.world.stdout(helpOf(['cron', 'backfill']));
      return 0;
    }
    const layout = flags.text('format') || RFC1123;
    if (flags.text('start') === '') throw new CommandError('Start Date should not be empty');
    const name = flags.text('name') || app.world.ids.alphanumeric(5);
    const start = parseGoTime(layout, flags.text('start'));
    const end = flags.text('end') === '' ? app.now() : parseGoTime(layout, flags.text('end'));
    const endText = flags.text('end') || formatGoTime(RFC1123, end);
    const cron = await app.transport.unary({ method: 'GET', path: familyPath(CRON, app.namespace, cronName) });
    const schedule = text(object(cron, 'spec'), 'schedule');
    // Argo reads the one schedule alone, and this is its parser's word for an empty one.
    if (schedule === '') throw new CommandError('empty spec string');
    const times = scheduledTimes(schedule, start, end).map((at) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`);
    if (times.length === 0) {
      app.world.stdout('There is no suitable scheduling time.');
      return 0;
    }
    const manifest = manifestOf(cron, name, flags);
    const most = Number(flags.text('maxworkflowcount') || '1000');
    const made: string[] = [];
    for (let i = 0; i <= Math.floor(times.length / most); i++) made.push(await create(app, monitor(cronName, manifest, times.slice(i * most, (i + 1) * most))));
    app.world.stdout(`Created ${name} Backfill task for Cronworkflow ${cronName} \n${RULE}\nBackfill Period :\nStart Time : ${flags.text('start')} \n  End Time : ${endText} \nTotal Backfill Schedule: ${times.length} \n${RULE}\nBackfill Workflows: \n   NAMESPACE\t WORKFLOW: \n`);
    for (const [index, one] of made.entries()) app.world.stdout(`${index + 1}. ${app.namespace} \t ${one} \n`);
    return 0;
  },
};

async function create(app: App, workflow: JsonObject): Promise<string> {
  const created = await app.transport.unary({ method: 'POST', path: workflowPath(app.namespace), body: { namespace: app.namespace, workflow } });
  return text(object(created, 'metadata'), 'name');
}
