import type { z } from 'zod';
import { LabError } from '../lib/errors.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Scenario } from '../scenario/model.ts';
import { pageLanguages } from '../scenario/translations.ts';
import { acceptedLanguages, isByLanguage } from '../scenario/words.ts';

/** A request's body, checked; a bad one is named by its first flaw. */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new LabError('bad-request', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not understood'}`);
}

/** `?path=…`: exactly one. */
export function pathOf(query: unknown): string {
  const path = typeof query === 'object' && query !== null && 'path' in query ? query.path : undefined;
  if (typeof path !== 'string') throw new LabError('bad-request', 'path: is missing');
  return path;
}

/** Languages that whoever asks reads, the best first: `?language=de`, else what the browser says. */
export function languagesOf(request: { query: unknown; headers: { 'accept-language'?: string | undefined } }): string[] {
  const { query } = request;
  const asked = typeof query === 'object' && query !== null && 'language' in query ? query.language : undefined;
  return [...(typeof asked === 'string' ? acceptedLanguages(asked) : []), ...acceptedLanguages(request.headers['accept-language'])];
}

/** The languages that a scenario's pages and the words of its checks are there in; none where there is only one. */
export function languagesIn(scenario: Scenario): string[] {
  const words = pagesOf(scenario).flatMap((page) => page.checks.flatMap((check) => (check.words === undefined ? [] : [check.words.title, ...check.words.hints, check.words.why, check.words.next])));
  return [...new Set([...pageLanguages(scenario), ...words.flatMap((word) => (isByLanguage(word) ? Object.keys(word) : []))])];
}
