import { z } from 'zod';
import { isByLanguage, Words, wordsIn } from '../scenario/words.ts';

/** Settings of a kind whose values are words for the learner, wherever they stand. */
const WORDY = new Set(['hint', 'what', 'why', 'next', 'question', 'options']);

/** What stands in a kind's schema for words; by the time a check runs, they are in the learner's language. */
export const Text = Words.transform((words) => wordsIn(words, []));
export const OptionalText = Text.optional();

/** A check's settings with every `{en: …, de: …}` replaced by the text in the learner's language. */
export function inLanguage(spec: unknown, languages: readonly string[], wordy = false): unknown {
  if (wordy && isByLanguage(spec)) return wordsIn(spec, languages);
  if (Array.isArray(spec)) return spec.map((item) => inLanguage(item, languages, wordy));
  if (typeof spec !== 'object' || spec === null) return spec;
  return Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, inLanguage(value, languages, WORDY.has(key))]));
}

/** Author's own words beside a check: they replace the kind's when it fails. */
export const Override = z.object({ why: Words.optional(), next: Words.optional() });
