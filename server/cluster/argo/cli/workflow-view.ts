import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import { list, object, text, timeOf } from './json-access.ts';
import { alignCells } from './tab-writer.ts';
import { longDuration, timestamp } from './time.ts';
import { resourcesText } from './resources-text.ts';
import { nodeRows } from './workflow-tree.ts';

/** Colours of the icons and of the header's first word; the default is 39. */
export type Paint = (code: number, text: string) => string;
export const colours: Paint = (code, text) => `\u001b[${code}m${text}\u001b[0m`;
export const plain: Paint = (_code, text) => text;

export interface ViewOptions {
  now: number;
  paint: Paint;
  /** `--no-utf8`: letters instead of pictures. */
  ascii: boolean;
  output: string;
  status: string;
  nodeFieldSelector: string;
}

/** The STATUS word of `get` and `list`: what the controller says, and what was asked of it. */
export function statusWord(workflow: JsonObject): string {
  const status = object(workflow, 'status');
  const spec = object(workflow, 'spec');
  const phase = text(status, 'phase') === '' ? 'Pending' : text(status, 'phase');
  if (text(spec, 'shutdown') !== '' && phase !== 'Succeeded') return `${phase} (Terminated)`;
  if (phase === 'Running') {
    const suspended = spec['suspend'] === true || Object.values(object(status, 'nodes')).some((node) => isJsonObject(node) && text(node, 'type') === 'Suspend' && text(node, 'phase') === 'Running');
    return suspended ? 'Running (Suspended)' : phase;
  }
  return phase;
}

const line = (name: string, value: string): string => `${`${name}`.padEnd(20)} ${value}\n`;

const CONDITION_ICONS: Record<string, string> = { SpecError: '✖', SpecWarning: '⚠', MetricsError: '✖', SubmissionError: '✖', ArtifactGCError: '✖' };

/** What `argo get` and `argo submit` show of a workflow. After argo-workflows v3.7.6 cmd/argo/commands/common/get.go */
export function workflowView(workflow: JsonObject, options: ViewOptions): string {
  const { now } = options;
  const status = object(workflow, 'status');
  const metadata = object(workflow, 'metadata');
  const stored = object(status, 'storedWorkflowTemplateSpec');
  const spec = Object.keys(stored).length > 0 ? stored : object(workflow, 'spec');
  const byTemplate = Object.keys(object(workflow, 'spec', 'workflowTemplateRef')).length > 0;
  let out = line('Name:', text(metadata, 'name')) + line('Namespace:', text(metadata, 'namespace'));
  const account = text(spec, 'serviceAccountName');
  out += line('ServiceAccount:', account !== '' ? account : byTemplate ? 'unset' : 'unset (will run with the default ServiceAccount)');
  out += line('Status:', statusWord(workflow));
  if (text(status, 'message') !== '') out += line('Message:', text(status, 'message'));
  const conditions = list(status, 'conditions');
  if (conditions.length > 0) {
    out += line('Conditions:', '');
    for (const condition of conditions) {
      const icon = CONDITION_ICONS[text(condition, 'type')];
      out += line(icon === undefined ? ` ${text(condition, 'type')}` : `${icon} ${text(condition, 'type')}`, text(condition, 'message') === '' ? text(condition, 'status') : text(condition, 'message'));
    }
  }
  const created = timeOf(metadata, 'creationTimestamp');
  const started = timeOf(status, 'startedAt');
  const finished = timeOf(status, 'finishedAt');
  if (created !== undefined) out += line('Created:', timestamp(created, now));
  if (started !== undefined) out += line('Started:', timestamp(started, now));
  if (finished !== undefined) out += line('Finished:', timestamp(finished, now));
  if (started !== undefined) out += line('Duration:', longDuration((finished ?? now) - started));
  const estimate = Number(text(status, 'estimatedDuration'));
  if (estimate > 0) out += line('EstimatedDuration:', longDuration(estimate * 1000));
  out += line('Progress:', text(status, 'progress'));
  const resources = resourcesText(object(status, 'resourcesDuration'));
  if (resources !== '') out += line('ResourcesDuration:', resources);
  out += values('Parameters:', list(object(workflow, 'spec', 'arguments'), 'parameters'));
  out += values('Output Parameters:', list(object(status, 'outputs'), 'parameters'));
  const artifacts = list(object(status, 'outputs'), 'artifacts');
  if (artifacts.length > 0) out += line('Output Artifacts:', '') + artifacts.map((one) => line(`  ${text(one, 'name')}:`, text(object(one, 's3'), 'key'))).join('');
  const rows = nodeRows(workflow, options);
  if (rows.length === 0) return out;
  const head = options.output === 'short' ? ['TEMPLATE', 'PODNAME', 'DURATION', 'MESSAGE', 'NODENAME'] : options.output === 'wide' ? ['TEMPLATE', 'PODNAME', 'DURATION', 'ARTIFACTS', 'MESSAGE', 'RESOURCESDURATION', 'NODENAME'] : ['TEMPLATE', 'PODNAME', 'DURATION', 'MESSAGE'];
  const table = alignCells([[options.paint(39, 'STEP'), ...head], ...rows], 2);
  return options.output === 'short' ? table : `${out}\n${table}`;
}

function values(title: string, parameters: JsonObject[]): string {
  const given = parameters.filter((parameter) => parameter['value'] !== undefined);
  return given.length === 0 ? '' : line(title, '') + given.map((parameter) => line(`  ${text(parameter, 'name')}:`, text(parameter, 'value'))).join('');
}
