import { z } from 'zod';

/** `de`, `pt-BR` */
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** Words for a learner: one text, or one a language (`{en: …, de: …}`), of which the first stands in for those missing. */
export const Words = z.union([
  z.string(),
  z.record(z.string(), z.string()).refine((words) => Object.keys(words).length > 0 && Object.keys(words).every((key) => LANGUAGE.test(key)), 'give a text, or one text a language: {en: …, de: …}'),
]);
export type Words = z.infer<typeof Words>;

/** The words in the first of these languages that they are there in; `de-AT` is served by `de` too. */
export function wordsIn(words: Words, languages: readonly string[]): string {
  if (typeof words === 'string') return words;
  const known = new Map(Object.entries(words).map(([language, text]) => [language.toLowerCase(), text]));
  for (const language of languages) {
    const parts = language.toLowerCase().split('-');
    for (let length = parts.length; length > 0; length--) {
      const text = known.get(parts.slice(0, length).join('-'));
      if (text !== undefined) return text;
    }
  }
  return known.values().next().value ?? '';
}

/** Languages in the order of an Accept-Language header; none for what is no such header. */
export function acceptedLanguages(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, 1000)
    .split(',')
    .map((part) => {
      const [name = '', ...parameters] = part.trim().split(';');
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find((value) => value !== undefined);
      return { name: name.trim(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ name, quality }) => LANGUAGE.test(name) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ name }) => name);
}

/** Whether a value has the form `{en: …, de: …}`. */
export function isByLanguage(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0 && Object.entries(value).every(([key, text]) => LANGUAGE.test(key) && typeof text === 'string');
}
