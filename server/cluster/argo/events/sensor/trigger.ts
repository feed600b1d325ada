import { parse as parseYaml } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import type { KubeClient, ResourceType } from '../../../client.ts';
import type { ProgramContext } from '../../../program.ts';
import { mountedText } from '../../../program-io.ts';
import type { KubeObject } from '../../../store/object.ts';
import { callInCluster } from '../../executor/cluster-http.ts';
import { DEFAULT_BACKOFF, delaysOf, withRetry } from '../backoff.ts';
import type { OneTrigger, Source } from '../types.ts';
import { mountedValue } from '../world.ts';
import type { ZapLogger } from '../zap.ts';
import { sleep } from '../../../../lib/clock.ts';
import { applyParameters, type Events, type Notice } from './params.ts';

/** What a trigger is carried out with. */
export interface Firing {
  context: ProgramContext;
  sensor: { name: string; namespace: string };
  /** Its template has had its own parameters applied. */
  trigger: OneTrigger;
  name: string;
  events: Events;
  log: ZapLogger;
  notice: Notice;
}

/** The labels by which one finds what a trigger made. */
export function madeBy({ context, sensor, name }: Firing): Record<string, string> {
  return { 'events.argoproj.io/sensor': sensor.name, 'events.argoproj.io/trigger': name, 'events.argoproj.io/action-timestamp': String(context.clock.now()) };
}

/** The manifest that a trigger's source holds, with the parameters in it. Throws an Error. */
export async function manifestOf(firing: Firing, source: Source | undefined, parameters: readonly Parameters<typeof applyParameters>[1][number][] | undefined): Promise<KubeObject> {
  if (source === undefined) throw new Error('trigger source for k8s is empty');
  const object = await withRetry(firing.context.clock, firing.context.signal, DEFAULT_BACKOFF, () => read(firing, source)).catch((error: unknown) => {
    throw new Error(`failed to fetch artifact, ${error instanceof Error ? error.message : String(error)}`);
  });
  const applied = applyParameters(object, parameters ?? [], firing.events, firing.notice);
  return objectOf(applied);
}

async function read({ context, sensor }: Firing, source: Source): Promise<Json> {
  const { resource, inline, configmap, url, file } = source;
  if (resource !== undefined) return structuredClone(resource);
  if (inline !== undefined) return fromYaml(inline);
  if (configmap !== undefined) return fromYaml(await mountedValue(context, 'configMap', configmap));
  if (file !== undefined) {
    const text = await mountedText(context, file.path);
    if (text === undefined) throw new Error(`open ${file.path}: no such file or directory`);
    return fromYaml(text);
  }
  if (url !== undefined) {
    const answer = await callInCluster(context.network, { method: 'GET', url: url.path, namespace: sensor.namespace, insecureSkipVerify: !url.verifyCert, signal: context.signal });
    if (answer.status !== 200) throw new Error(`status code ${answer.statusText}`);
    return fromYaml(answer.body.toString('utf8'));
  }
  const kind = Object.keys(source).find((key) => source[key] !== undefined);
  throw new Error(kind === undefined ? 'unknown artifact location' : `artifacts of the kind ${kind} are not emulated by this cluster: it has resource, inline, configmap, file and url`);
}

function fromYaml(text: string): JsonObject {
  const value: unknown = parseYaml(text);
  if (!isJsonObject(value)) throw new Error('error unmarshaling JSON: json: cannot unmarshal into Go value of type map[string]interface {}');
  return value;
}

function objectOf(value: Json): KubeObject {
  if (!isJsonObject(value) || typeof value['kind'] !== 'string' || value['kind'] === '') throw new Error(`Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  const { apiVersion, kind, metadata, ...rest } = value;
  const meta = isJsonObject(metadata) ? metadata : {};
  return { apiVersion: typeof apiVersion === 'string' ? apiVersion : '', kind, metadata: { ...meta, name: typeof meta['name'] === 'string' ? meta['name'] : '' }, ...rest };
}

const CONSONANT = /[b-df-hj-np-tv-z]/;

/** The resource that a kind is guessed to be: the plural of its name. After k8s.io/gengo namer/plural_namer.go */
export function resourceOf({ apiVersion, kind }: KubeObject): ResourceType {
  const slash = apiVersion.indexOf('/');
  const word = kind.toLowerCase();
  const plural = ((): string => {
    if (word === 'eventbus' || word === 'endpoints') return word;
    if (/[sxz]$|[cs]h$/.test(word)) return `${word}es`;
    if (word.endsWith('y')) return CONSONANT.test(word.charAt(word.length - 2)) ? `${word.slice(0, -1)}ies` : `${word}s`;
    if (word.endsWith('fe')) return `${word.slice(0, -2)}ves`;
    return word.endsWith('f') ? `${word.slice(0, -1)}ves` : `${word}s`;
  })();
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), resource: plural };
}

/** Waits until what was made has the labels that the policy asks for. Throws an Error when it never does and that counts. */
export async function applyLabelPolicy({ context, trigger }: Firing, client: KubeClient, type: ResourceType, object: KubeObject | undefined): Promise<void> {
  const policy = trigger.policy?.k8s;
  if (policy?.labels === undefined) return;
  if (object === undefined) throw new Error('failed to interpret the trigger resource');
  const wanted = Object.entries(policy.labels);
  for (const delay of [...delaysOf(policy.backoff ?? DEFAULT_BACKOFF), undefined]) {
    const { metadata } = await client.get(type, object.metadata.namespace, object.metadata.name);
    if (wanted.every(([key, value]) => metadata.labels?.[key] === value)) return;
    if (delay !== undefined) await sleep(context.clock, delay, context.signal);
  }
  if (policy.errorOnBackoffTimeout) throw new Error('failed to determine status of the triggered resource. setting trigger state as failed');
}
