import { ApiStatus } from '../../api/status.ts';
import { sleep } from '../../../lib/clock.ts';
import { readInside } from '../../../lib/inside-folder.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { readYamlDocuments } from '../../../lib/yaml.ts';
import type { ProgramContext } from '../../program.ts';
import type { KubeObject } from '../../store/object.ts';
import { parseApiVersion } from '../../store/object.ts';
import type { Outputs, Parameter, Template } from '../types/workflow.ts';
import { jqFilter, meets, parseCondition, showRequirement, showSelector } from './conditions.ts';
import type { Requirement } from './conditions.ts';
import { kubectl, resourceOf } from './kubectl.ts';
import { logger, quoted } from './log.ts';
import { printJsonPath } from './kubectl-jsonpath.ts';
import { MAX_TEXT, placeAt } from './pod-files.ts';

/** How often a resource is looked at while its conditions are waited for. */
const POLL_MS = 500;
const MANIFEST_PATH = '/tmp/manifest.yaml';

/** The arguments of the kubectl that argoexec would run. After argo-workflows v3.7.6 workflow/executor/resource.go getKubectlArguments */
function commandLine(action: string, path: string, hasManifest: boolean, first: unknown, flags: readonly string[], strategy: string): string {
  const words = ['kubectl', action];
  if (action === 'delete') words.push('--ignore-not-found');
  let withFile = hasManifest;
  if (action === 'patch') {
    words.push('--type', strategy, '--patch-file', path);
    if (strategy === 'json' || (flags.length > 0 && (!isJsonObject(first) || first['kind'] === undefined))) withFile = false;
  }
  words.push(...flags);
  if (withFile) words.push('-f', path);
  words.push('-o', action === 'delete' ? 'name' : 'json');
  return words.join(' ');
}

/** Carries out a resource template as kubectl would, as the pod's ServiceAccount; gives its outputs. Throws for failures. */
export async function runResource(context: ProgramContext, action: string, template: Template): Promise<Outputs | undefined> {
  const resource = template.resource;
  if (resource === undefined) throw new Error('the template has no resource');
  const log = logger(context);
  const from = resource.manifestFrom?.artifact?.name;
  let path = MANIFEST_PATH;
  let text = resource.manifest ?? '';
  if (from === undefined) log('info', `Loading manifest to ${path}`);
  else {
    log('info', `manifest ${from} already staged`);
    path = (template.inputs.artifacts ?? []).find(({ name }) => name === from)?.path ?? path;
    text = await readInside(placeAt(context, path), MAX_TEXT);
  }
  const parameters = template.outputs.parameters ?? [];
  if (action === 'delete' && ((resource.successCondition ?? '') !== '' || (resource.failureCondition ?? '') !== '' || parameters.length > 0)) {
    throw new Error('successCondition, failureCondition and outputs are not supported for delete action');
  }
  const documents = readYamlDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null && value !== undefined);
  const flags = resource.flags ?? [];
  if (text === '' && flags.length === 0) throw new Error('Must provide at least one of flags or manifest.');
  const strategy = resource.mergeStrategy ?? 'strategic';
  const { namespace } = context.pod.metadata;
  log('info', commandLine(action, path, text !== '', documents[0], flags, strategy));
  let object: KubeObject | undefined;
  try {
    object = await kubectl(context.client, { action, documents, flags, mergeStrategy: strategy, namespace });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log('warning', `Non-transient error: ${message}`);
    throw new Error(`no more retries ${message}`, { cause: error });
  }
  if (action === 'delete') return undefined;
  if (object !== undefined) {
    if (object.metadata.name === '' || object.kind === 'List') throw new Error('Kind and name are both required but at least one of them is missing from the manifest');
    log('info', `Resource: ${object.metadata.namespace ?? ''}/${fullName(object)}. SelfLink: ${selfLink(object)}`);
    object = await waitFor(context, object, resource.successCondition ?? '', resource.failureCondition ?? '');
  }
  if (parameters.length === 0) {
    log('info', 'No output parameters');
    return undefined;
  }
  log('info', 'Saving resource output parameters');
  const outputs: Parameter[] = [];
  for (const parameter of parameters) outputs.push(await outputOf(context, object, parameter));
  return { parameters: outputs };
}

const fullName = (object: KubeObject): string => `${object.kind.toLowerCase()}.${parseApiVersion(object.apiVersion).group}/${object.metadata.name}`;

function selfLink(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  const { group } = parseApiVersion(object.apiVersion);
  return `${group === '' ? 'api' : 'apis'}/${object.apiVersion}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${resourceOf(object.apiVersion, object.kind).resource}/${name}`;
}

async function outputOf(context: ProgramContext, object: KubeObject | undefined, parameter: Parameter): Promise<Parameter> {
  const log = logger(context);
  const from = parameter.valueFrom;
  if (from === undefined) return parameter;
  if (object === undefined) return { ...parameter, value: from.default ?? '' };
  const path = from.jsonPath ?? '';
  const filter = from.jqFilter ?? '';
  if (path === '' && filter === '') return parameter;
  const command = `kubectl -n ${object.metadata.namespace ?? ''} get ${fullName(object)} -o ${path === '' ? 'json' : `jsonpath=${path}`}`;
  log('info', command);
  const latest = await context.client.get(resourceOf(object.apiVersion, object.kind), object.metadata.namespace, object.metadata.name);
  const printed = path === '' ? `${JSON.stringify(latest, undefined, 4)}\n` : printJsonPath(latest, path);
  log('info', 'kubectl', ` args=${quoted(`[${command}]`)} error="<nil>" out=${quoted(printed)}`);
  let value = printed;
  if (filter !== '') {
    value = await jqFilter(latest, filter);
    log('info', 'gojq', ` error="<nil>" filter=${quoted(filter)} out=${quoted(printed)}`);
  }
  log('info', `Saved output parameter: ${parameter.name}, value: ${value}`);
  return { ...parameter, value };
}

async function waitFor(context: ProgramContext, first: KubeObject, success: string, failure: string): Promise<KubeObject> {
  if (success === '' && failure === '') return first;
  const log = logger(context);
  const parse = (which: string, text: string): Requirement[] => {
    if (text === '') return [];
    try {
      return parseCondition(text);
    } catch (error) {
      throw new Error(`${which} condition '${text}' failed to parse: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  };
  const wanted = parse('success', success);
  if (success !== '') log('info', `Waiting for conditions: ${showSelector(wanted)}`);
  const feared = parse('fail', failure);
  if (failure !== '') log('info', `Failing for conditions: ${showSelector(feared)}`);
  const { namespace, name } = first.metadata;
  const type = resourceOf(first.apiVersion, first.kind);
  const who = `resource ${fullName(first)}`;
  const end = (message: string): never => {
    log('warning', `Waiting for ${who} in namespace ${namespace ?? ''} resulted in non-retryable error: ${message}`);
    log('warning', `Waiting for ${who} resulted in error ${message}`);
    throw new Error(message);
  };
  let last = '';
  for (;;) {
    const object = await context.client.get(type, namespace, name).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ApiStatus && error.code === 404) return end(`The resource has been deleted while its status was still being checked. Will not be retried: ${message}`);
      return end(message);
    });
    const lines: string[] = [];
    for (const requirement of feared) {
      const failed = meets(object, requirement);
      const message = `failure condition '${showRequirement(requirement)}' evaluated ${failed}`;
      lines.push(message);
      if (!failed) continue;
      for (const line of lines) log('info', line);
      end(message);
    }
    const matched = wanted.filter((requirement) => {
      const met = meets(object, requirement);
      lines.push(`success condition '${showRequirement(requirement)}' evaluated ${met}`);
      return met;
    });
    lines.push(`${matched.length}/${wanted.length} success conditions matched`);
    const over = matched.length >= wanted.length;
    lines.push(over ? `Returning from successful wait for ${who} in namespace ${namespace ?? ''}` : `Waiting for ${who} in namespace ${namespace ?? ''} resulted in retryable error: Neither success condition nor the failure condition has been matched. Retrying...`);
    // It is looked at more often than Argo does: what has not changed is not told again.
    if (lines.join('\n') !== last) for (const line of lines) log('info', line);
    last = lines.join('\n');
    if (over) return object;
    await sleep(context.clock, POLL_MS, context.signal);
  }
}
