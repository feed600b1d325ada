import type { ZodError } from 'zod';
import { type Spans, pathKey } from './json-text.ts';
import type { Problem } from './model.ts';

export interface Position {
  line: number;
  column: number;
}

/** `['details', 'steps', 2, 'text']` → `details.steps[2].text` */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((out, key) => (typeof key === 'number' ? `${out}[${key}]` : out === '' ? String(key) : `${out}.${String(key)}`), '');
}

/** Line and column, both from 1, of an offset. */
export function positionAt(text: string, offset: number): Position {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf('\n'); next >= 0 && next < offset; next = text.indexOf('\n', next + 1)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: offset - start + 1 };
}

/** Where a path of a JSON file is, or what should have held it: a missing field has no place of its own. */
export function placeOf(text: string, spans: Spans, path: readonly PropertyKey[]): Position {
  for (let length = path.length; length > 0; length--) {
    const span = spans.get(pathKey(path.slice(0, length)));
    if (span !== undefined) return positionAt(text, length === path.length ? span.value : span.key);
  }
  return positionAt(text, spans.get('')?.value ?? 0);
}

/** Turns what zod found wrong into problems that name file, line, column and field; at most 20 of them. */
export function problemsOf(file: string, code: string, severity: 'error' | 'warning', error: ZodError, place: (path: readonly PropertyKey[]) => Position | undefined): Problem[] {
  return error.issues.slice(0, 20).map((issue) => {
    const path = [...issue.path];
    return { code, file, ...place(path), ...(path.length === 0 ? {} : { field: fieldName(path) }), message: inWords(issue.message), severity };
  });
}

const TYPES: Record<string, string> = { object: 'an object { … }', record: 'an object { … }', array: 'a list [ … ]', string: 'a text', number: 'a number', boolean: 'true or false' };

/** What zod says of a wrong type, as an author would say it. */
function inWords(message: string): string {
  const [, expected = '', received = ''] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  const wanted = TYPES[expected];
  if (wanted === undefined) return message;
  return received === 'undefined' ? `is missing; it should be ${wanted}` : `should be ${wanted}, not ${TYPES[received] ?? received}`;
}
