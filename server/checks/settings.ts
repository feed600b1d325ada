import { z } from 'zod';
import { editDistance } from '../scenario/markdown/actions.ts';

const Part = z.object({ properties: z.record(z.string(), z.unknown()), anyOf: z.array(z.unknown()), allOf: z.array(z.unknown()), oneOf: z.array(z.unknown()), items: z.unknown() }).partial();

/** The keys that may stand below a kind's name; with `deep`, those below them, too. */
export function settingsOf(schema: z.ZodType, deep = false): string[] {
  const json: unknown = z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
  return [...new Set(keysOf(json, 0, deep))];
}

function keysOf(schema: unknown, depth: number, deep: boolean): string[] {
  if (typeof schema !== 'object' || schema === null || depth > (deep ? 6 : 2)) return [];
  const { properties, anyOf, allOf, oneOf, items } = Part.parse(schema);
  const below = [...(anyOf ?? []), ...(allOf ?? []), ...(oneOf ?? []), ...(deep ? [...Object.values(properties ?? {}), items] : [])];
  return [...Object.keys(properties ?? {}), ...below.flatMap((inner) => keysOf(inner, depth + 1, deep))];
}

/** The one of these words that was meant, where one is nearly what was written. */
export function meantOf(written: string, words: readonly string[]): string | undefined {
  const plain = written.toLowerCase();
  const [nearest] = words.map((word) => ({ word, distance: editDistance(word.toLowerCase(), plain) })).sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= (plain.length > 5 ? 2 : 1) ? nearest.word : undefined;
}
