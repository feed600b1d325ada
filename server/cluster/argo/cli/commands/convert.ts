import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { type Command, CommandError } from '../app.ts';
import { list, object } from '../json-access.ts';
import { manifestFiles, readManifests } from '../manifests.ts';
import { yamlText } from '../print-object.ts';
import { normalize } from '../../types/normal-form.ts';
import { atLeast } from './arguments.ts';

const KINDS = new Set(['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow']);

/** The singular mutex and semaphore join the plural lists. */
function synchronization(given: JsonObject): JsonObject {
  const { semaphore, mutex, semaphores: _semaphores, mutexes: _mutexes, ...rest } = given;
  const semaphores = [...list(given, 'semaphores'), ...(isJsonObject(semaphore) ? [semaphore] : [])];
  const mutexes = [...list(given, 'mutexes'), ...(isJsonObject(mutex) ? [mutex] : [])];
  return { ...rest, ...(semaphores.length === 0 ? {} : { semaphores }), ...(mutexes.length === 0 ? {} : { mutexes }) };
}

function withLists(holder: JsonObject): JsonObject {
  return isJsonObject(holder['synchronization']) ? { ...holder, synchronization: synchronization(holder['synchronization']) } : holder;
}

function workflowSpec(given: JsonObject): JsonObject {
  const spec = withLists(given);
  return Array.isArray(spec['templates']) ? { ...spec, templates: list(spec, 'templates').map(withLists) } : spec;
}

/** A cron workflow's one schedule becomes the list, whatever that held. */
function cronSpec(given: JsonObject): JsonObject {
  const { schedule, ...rest } = given;
  return { ...rest, ...(typeof schedule === 'string' && schedule !== '' ? { schedules: [schedule] } : {}), workflowSpec: workflowSpec(object(given, 'workflowSpec')) };
}

/** A Go map prints its keys in order. */
function sorted(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, isJsonObject(inner) ? sorted(inner) : inner]));
}

/** After argo-workflows v3.7.6 workflow/convert */
function converted(given: JsonObject): JsonObject {
  const kind = String(given['kind'] ?? '');
  if (!KINDS.has(kind)) return sorted(given);
  const current = { ...given, spec: kind === 'CronWorkflow' ? cronSpec(object(given, 'spec')) : workflowSpec(object(given, 'spec')) };
  const normal = normalize(kind, current);
  const metadata = object(normal, 'metadata');
  return { ...normal, metadata: { ...metadata, creationTimestamp: metadata['creationTimestamp'] ?? null } };
}

export const convert: Command = {
  path: ['convert'],
  check: atLeast(1),
  async run(app, args, flags) {
    for (const file of await manifestFiles(args)) {
      const [data = ''] = await readManifests(app, [file]);
      const json = /^\s*[[{]/.test(data);
      for (const document of json ? [data] : data.split('\n---')) {
        if (document.trim() === '') continue;
        let value: unknown;
        try {
          value = json ? JSON.parse(document) : parse(document, { version: '1.1' });
        } catch (error) {
          throw new CommandError(`error converting ${file}: failed to parse TypeMeta: ${error instanceof Error ? error.message : String(error)}`);
        }
        const made = converted(isJsonObject(value) ? value : {});
        if (flags.text('output') === 'json') app.print(JSON.stringify(made));
        else app.world.stdout(`---\n${yamlText(made)}`);
      }
    }
    return 0;
  },
};
