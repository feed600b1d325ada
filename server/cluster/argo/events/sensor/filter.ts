import { BoundedRegExp } from '../../../../lib/bounded-regexp.ts';
import { evaluateWith } from '../../expressions/govaluate.ts';
import type { ArgoEvent } from '../bus/broker.ts';
import { getPath } from '../paths/gjson.ts';
import { renderTemplate } from '../paths/go-template.ts';
import { parseJsonText, plainNumber, stringOf, valueOf, type JsonNode } from '../paths/json-text.ts';
import type { DataFilter, DependencyFilter, ExprFilter } from '../types.ts';
import { timeOfDay } from './filter-time.ts';

/** Whether an event passes; `error` where something in a filter could not be decided. */
export interface Verdict {
  passed: boolean;
  error?: string;
}

const PASSED: Verdict = { passed: true };

/** `script`: what the filter's script has said. After argo-events v1.9.9 pkg/sensors/dependencies/filter.go */
export function filterEvent(event: ArgoEvent, filter: DependencyFilter, operator: string, script: Verdict = PASSED): Verdict {
  const exprs = filter.exprs === undefined ? PASSED : each('expr', filter.exprs, filter.exprLogicalOperator, event, exprResult);
  if (operator !== 'or' && exprs.error !== undefined) return { passed: false, error: exprs.error };
  const data = filter.data === undefined || filter.data.length === 0 ? PASSED : each('data', filter.data, filter.dataLogicalOperator, event, dataResult);
  if (operator !== 'or' && data.error !== undefined) return { passed: false, error: data.error };
  const context = contextPasses(filter, event);
  const time = timePasses(filter, event);
  if (operator !== 'or' && time.error !== undefined) return { passed: false, error: time.error };
  if (script.error !== undefined) return { passed: false, error: script.error };
  if (operator !== 'or') return { passed: exprs.passed && data.passed && context && time.passed && script.passed };
  const passed = (filter.exprs !== undefined && exprs.passed) || (filter.data !== undefined && data.passed) || (filter.context !== undefined && context) || (filter.time !== undefined && time.passed) || (filter.script !== '' && script.passed);
  const errors = [exprs, data, time].flatMap(({ error }) => (error === undefined ? [] : [error]));
  // Whoever asks is told of an error alone: the event does not pass then.
  return errors.length > 0 ? { passed: false, error: errors.join(' / ') } : { passed };
}

/** What one filter says; an Error where it cannot be decided. */
type Result = boolean | Error;

function each<T>(name: string, filters: readonly T[], operator: string, event: ArgoEvent, result: (filter: T, payload: JsonNode) => Result): Verdict {
  let payload: JsonNode;
  try {
    payload = parseJsonText(event.data);
  } catch {
    return { passed: false, error: `${name} filter error (event data not valid JSON)` };
  }
  const errors: string[] = [];
  for (const filter of filters) {
    const found = result(filter, payload);
    if (found instanceof Error) {
      if (operator !== 'or') return { passed: false, error: `${name} filter error (${found.message})` };
      errors.push(found.message);
    } else if (operator === 'or' && found) return PASSED;
    else if (operator !== 'or' && !found) return { passed: false };
  }
  if (operator !== 'or') return PASSED;
  return errors.length > 0 ? { passed: false, error: `${name} filter errors [${errors.join(' / ')}]` } : { passed: false };
}

function exprResult({ expr, fields = [] }: ExprFilter, payload: JsonNode): Result {
  const parameters = new Map<string, unknown>();
  for (const { path, name } of fields) {
    const node = getPath(payload, path);
    if (node === undefined) return new Error(`path '${path}' does not exist`);
    parameters.set(name, valueOf(node));
  }
  if (parameters.size === 0) return true;
  try {
    return evaluateWith(expr, parameters) === true;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function dataResult(filter: DataFilter, payload: JsonNode): Result {
  const { path, type, value = [], comparator, template } = filter;
  let node = getPath(payload, path);
  if (node === undefined) return new Error(`path '${path}' does not exist`);
  if (value.length === 0) return new Error('no values specified');
  if (template !== '') {
    let text: string;
    try {
      text = renderTemplate('param', template, { Input: stringOf(node) });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    if (text === '' || text === '<no value>') return new Error(`template '${template}' evaluated to empty string or no value`);
    node = { kind: 'string', raw: JSON.stringify(text), text };
  }
  switch (type) {
    case 'bool':
      return boolResult(node, value);
    case 'number':
      return numberResult(numberOf(node), value, comparator);
    case 'string':
      return stringResult(stringOf(node), value, comparator);
    default:
      return new Error(`unsupported JSON type '${type}'`);
  }
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function boolResult(node: JsonNode, values: readonly string[]): Result {
  const own = node.kind === 'true' || (node.kind === 'string' && TRUE.has(node.text)) || (node.kind === 'number' && Number(node.raw) !== 0);
  for (const value of values) {
    if (!TRUE.has(value) && !FALSE.has(value)) return new Error(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    if (TRUE.has(value) === own) return true;
  }
  return false;
}

/** gjson's `Float()`: what is no number is zero, but `true` is one. */
function numberOf(node: JsonNode): number {
  if (node.kind === 'true') return 1;
  const value = node.kind === 'number' ? Number(node.raw) : node.kind === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(node.text) ? Number(node.text) : 0;
  return Number(plainNumber(value));
}

function numberResult(own: number, values: readonly string[], comparator: string): Result {
  for (const value of values) {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) return new Error(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
    const other = Number(value);
    const met = { '>=': own >= other, '>': own > other, '<': own < other, '<=': own <= other, '!=': own !== other, '=': own === other, '': own === other }[comparator] ?? false;
    if (met) return true;
  }
  return false;
}

function stringResult(own: string, values: readonly string[], comparator: string): Result {
  for (const value of values) {
    let pattern: RegExp;
    try {
      pattern = new BoundedRegExp(value);
    } catch (error) {
      return new Error(`error parsing regexp: ${error instanceof Error ? error.message : String(error)}`);
    }
    const matches = pattern.test(own);
    if ((comparator === '' || comparator === '=') && matches) return true;
    if (comparator === '!=' && !matches) return true;
  }
  return false;
}

function contextPasses({ context }: DependencyFilter, event: ArgoEvent): boolean {
  if (context === undefined) return true;
  return (['type', 'subject', 'source', 'datacontenttype'] as const).every((part) => context[part] === '' || context[part] === event.context[part]);
}

function timePasses({ time }: DependencyFilter, event: ArgoEvent): Verdict {
  if (time === undefined) return PASSED;
  const at = Date.parse(event.context.time);
  try {
    const [start, stop] = [timeOfDay(time.start, at, time.timezone), timeOfDay(time.stop, at, time.timezone)];
    // Where it stops before it starts, it goes on over midnight.
    return { passed: start < stop ? at >= start && at < stop : at >= start || at < stop };
  } catch (error) {
    return { passed: false, error: `time filter error (${error instanceof Error ? error.message : String(error)})` };
  }
}
