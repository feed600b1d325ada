/** CEL as Kubernetes offers it: the language, and the functions of its own that need nothing from outside. */
import { Environment } from '@marcbachmann/cel-js';
import { BoundedRegExp } from '../../../lib/bounded-regexp.ts';
import { withinTime } from '../../../lib/time-limit.ts';
import { parseQuantity } from './quantity.ts';
import { registerKubernetesLibrary } from './cel-library.ts';

const compare = (a: unknown, b: unknown): number => (typeof a === 'string' || typeof b === 'string' ? (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0) : Number(a) - Number(b));
const sum = (list: readonly unknown[]): unknown => (list.every((item) => typeof item === 'bigint') ? list.reduce<bigint>((total, item) => total + (typeof item === 'bigint' ? item : 0n), 0n) : list.reduce<number>((total, item) => total + Number(item), 0));
const sorted = (list: readonly unknown[]): unknown[] => [...list].sort(compare);

/** The first `most` places changed; all for a negative number. */
function replaced(text: string, from: string, to: string, most: number): string {
  if (most < 0) return text.replaceAll(from, to);
  let out = text;
  for (let count = 0, at = 0; count < most; count++) {
    const found = out.indexOf(from, at);
    if (found < 0) break;
    out = out.slice(0, found) + to + out.slice(found + from.length);
    at = found + to.length;
  }
  return out;
}

/** Rules are read by clusters of one process alike. After kubernetes 1.32 apiserver/pkg/cel/library */
export function kubernetesCel(): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerFunction('list.sum(): dyn', (list: unknown[]) => sum(list))
    .registerFunction('list.min(): dyn', (list: unknown[]) => sorted(list)[0])
    .registerFunction('list.max(): dyn', (list: unknown[]) => sorted(list).at(-1))
    .registerFunction('list.isSorted(): bool', (list: unknown[]) => list.every((item, i) => i === 0 || compare(list[i - 1], item) <= 0))
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], item: unknown) => BigInt(list.indexOf(item)))
    .registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], item: unknown) => BigInt(list.lastIndexOf(item)))
    .registerFunction('string.find(string): string', (text: string, pattern: string) => new BoundedRegExp(pattern, 'u').exec(text)?.[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => [...(text.match(new BoundedRegExp(pattern, 'gu')) ?? [])])
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) => [...(text.match(new BoundedRegExp(pattern, 'gu')) ?? [])].slice(0, most < 0n ? undefined : Number(most)))
    .registerFunction('string.replace(string, string, int): string', (text: string, from: string, to: string, most: bigint) => replaced(text, from, to, Number(most)))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, to))
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => text.charAt(Number(at)))
    .registerFunction('isQuantity(string): bool', (text: string) => !('error' in parseQuantity(text)));
  return registerKubernetesLibrary(environment);
}

/** Stands for Kubernetes' runtime cost limits, which count steps: milliseconds for an expression. */
const EXPRESSION_MS = 250;

/** What an expression says of its variables. Throws what the expression throws, and TimeLimitError. */
export const evaluateCel = (environment: Environment, expression: string, values: Record<string, unknown>): unknown => withinTime(EXPRESSION_MS, (): unknown => environment.evaluate(expression, values));

/** JSON as CEL sees it: whole numbers are its integers. */
export function celJson(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celJson);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, celJson(inner)]));
  return value;
}
