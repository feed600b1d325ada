import { parse as parseYaml } from 'yaml';
import { goJson, type Json } from '../../../../lib/json.ts';
import type { ArgoEvent } from '../bus/broker.ts';
import { getPath } from '../paths/gjson.ts';
import { renderTemplate } from '../paths/go-template.ts';
import { parseJsonText, stringOf, valueOf } from '../paths/json-text.ts';
import { setPath } from '../paths/sjson.ts';
import type { Parameter, ParameterSource } from '../types.ts';

/** The events that a trigger was fired by, by the names of their dependencies. */
export type Events = ReadonlyMap<string, ArgoEvent>;

/** A parameter's value: text, and whether it stands for a value of JSON that is none. */
export interface Resolved {
  text: string;
  isText: boolean;
}

/** Told when a template or key gives nothing and something else is taken instead. */
export type Notice = (line: string) => void;

/**
 * What a parameter's source gives; undefined where its event is not among those that came and there is no default.
 * Throws an Error where nothing can be found. After argo-events v1.9.9 pkg/sensors/triggers/params.go
 */
export function resolveParameter(source: ParameterSource, events: Events, notice: Notice): Resolved | undefined {
  const { dependencyName, contextKey, contextTemplate, dataKey, dataTemplate, value } = source;
  const fallback = value === undefined ? undefined : { text: value, isText: true };
  const event = events.get(dependencyName);
  if (event === undefined) return fallback;
  if (contextKey === '' && dataKey === '' && dataTemplate === '' && contextTemplate === '') return fallback ?? { text: wholeEvent(event), isText: true };
  const ofData = dataKey !== '' || dataTemplate !== '';
  const [key, template] = ofData ? [dataKey, dataTemplate] : [contextKey, contextTemplate];
  let payload: string;
  try {
    payload = ofData ? dataAsJson(event) : goJson(contextOf(event));
  } catch (error) {
    if (fallback === undefined) throw error;
    notice(`failed to parse the event payload, using default value. err: ${messageOf(error)}\n`);
    return fallback;
  }
  let problem = '<nil>';
  if (template !== '') {
    try {
      const text = renderTemplate('param', template, { Input: valueOf(parseJsonText(payload)) });
      if (text === '' || text === '<no value>') throw new Error(`template evaluated to empty string or no value: ${template}`);
      return { text, isText: true };
    } catch (error) {
      problem = messageOf(error);
      notice(`failed to execute the src event template, falling back to key or value. err: ${problem}\n`);
    }
  }
  if (key !== '') {
    const node = getPath(parseJsonText(payload), key);
    if (node !== undefined) {
      const isBlock = node.kind === 'object' || node.kind === 'array' || node.kind === 'null';
      return { text: isBlock ? node.raw : stringOf(node), isText: node.kind === 'string' };
    }
    problem = template === '' ? '<nil>' : problem;
    notice(`failed to get value by key: key ${key} does not exist to in the event payload\n`);
  }
  if (fallback !== undefined) return fallback;
  throw new Error(`unable to resolve '${dependencyName}' parameter value. err: ${problem}`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The context with its time in whole seconds, as metav1.Time has it. */
export function contextOf({ context }: ArgoEvent): ArgoEvent['context'] {
  const { id, source, specversion, type, datacontenttype, subject, time } = context;
  return { id, source, specversion, type, datacontenttype, subject, time: time.replace(/\.\d+Z$/, 'Z') };
}

function wholeEvent(event: ArgoEvent): string {
  return goJson({ context: contextOf(event), data: Buffer.from(event.data).toString('base64') });
}

function dataAsJson({ context, data }: ArgoEvent): string {
  if (context.datacontenttype === 'application/yaml') return JSON.stringify(parseYaml(data));
  if (context.datacontenttype !== 'application/json') throw new Error(`unsupported event content type: ${context.datacontenttype}`);
  try {
    parseJsonText(data);
  } catch {
    throw new Error('event data is not valid JSON');
  }
  return data;
}

/** The document with what the parameters put into it. Throws an Error. */
export function applyParameters(document: Json, parameters: readonly Parameter[], events: Events, notice: Notice): Json {
  let result = document;
  for (const { src, dest, operation } of parameters) {
    if (src === undefined) continue;
    const value = resolveParameter(src, events, notice);
    if (value === undefined) continue;
    const { text, isText } = operation === 'append' || operation === 'prepend' ? joined(result, dest, operation, value) : value;
    result = setPath(result, dest, !isText && src.useRawData ? raw(text) : text);
  }
  return result;
}

/** What is there already, with the value before or behind it. */
function joined(document: Json, dest: string, operation: string, value: Resolved): Resolved {
  const current = getPath(parseJsonText(JSON.stringify(document)), dest);
  if (current === undefined) return value;
  const text = stringOf(current);
  return { text: operation === 'append' ? text + value.text : value.text + text, isText: true };
}

function raw(text: string): Json {
  return JSON.parse(text) as Json;
}

/** The body of a request, put together from parameters; one without a destination is the whole of it. */
export function constructPayload(parameters: readonly Parameter[], events: Events, notice: Notice): string {
  let payload: Json | undefined;
  for (const { src, dest } of parameters) {
    if (src === undefined) continue;
    const value = resolveParameter(src, events, notice);
    if (dest === '') {
      if (value !== undefined) return value.text;
      continue;
    }
    if (value === undefined) continue;
    payload = setPath(payload ?? {}, dest, !value.isText && src.useRawData ? raw(value.text) : value.text);
  }
  return payload === undefined ? '' : JSON.stringify(payload);
}
