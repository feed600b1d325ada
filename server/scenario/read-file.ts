import type { z } from 'zod';
import { isYamlName } from './index-name.ts';
import { readJsonText } from './json-text.ts';
import type { Problem } from './model.ts';
import { LIMITS, type Source, readSource } from './source-file.ts';
import { type Position, positionAt, placeOf, problemsOf } from './source-position.ts';
import { type Place, readYamlText } from './yaml-text.ts';

export { inside, readText, scenarioFile } from './source-file.ts';
export type { Place } from './yaml-text.ts';

export type Read<T> = { ok: true; value: T; problems: Problem[] } | { ok: false; problems: Problem[] };

/** An index or another file of this form as written, with the places of its entries. */
export interface IndexText {
  value: unknown;
  problems: Problem[];
  /** Line and column of a path, or of what should have held it. */
  place(path: readonly PropertyKey[]): Position;
}

function failed(file: string, code: string, message: string, at?: Position): { ok: false; problems: Problem[] } {
  return { ok: false, problems: [{ code, file, ...at, message, severity: 'error' }] };
}

/** What reading itself found: `file` is how problems name the file. */
export function flawsOf(source: Source & { ok: true }, file: string): Problem[] {
  return source.flaws.map((flaw) => ({ code: 'file-encoding', file, line: 1, column: 1, message: flaw === 'utf-16' ? 'is UTF-16; other hosts expect UTF-8' : 'is not valid UTF-8: some characters are lost', severity: 'warning' }));
}

/** Reads a JSON file with all that is forgiven; `file` is how problems name it. */
export async function readJsonFile(path: string, file: string): Promise<Read<IndexText>> {
  const source = await readSource(path, LIMITS.json);
  if (!source.ok) return failed(file, source.code, source.message);
  const { text } = source;
  if (text.trim() === '') return failed(file, 'file-empty', 'is empty', { line: 1, column: 1 });
  const read = readJsonText(text);
  if (!read.ok) return failed(file, read.code, read.code === 'json-syntax' ? `is not JSON: ${read.message}` : read.message, positionAt(text, read.offset));
  const problems: Problem[] = [...flawsOf(source, file), ...read.flaws.map((flaw): Problem => ({ code: flaw.code, file, ...positionAt(text, flaw.offset), message: flaw.message, severity: 'warning' }))];
  return { ok: true, value: { value: read.value, problems, place: (at) => placeOf(text, read.spans, at) }, problems };
}

/** Reads and checks a JSON file. */
export async function readJson<T>(path: string, file: string, schema: z.ZodType<T>): Promise<Read<T>> {
  const read = await readJsonFile(path, file);
  if (!read.ok) return read;
  const parsed = schema.safeParse(read.value.value);
  return parsed.success ? { ok: true, value: parsed.data, problems: read.problems } : { ok: false, problems: [...read.problems, ...problemsOf(file, 'field-type', 'error', parsed.error, read.value.place)] };
}

/** Reads and checks a YAML file. */
export async function readYaml<T>(path: string, file: string, schema: z.ZodType<T>): Promise<{ ok: true; value: T; problems: Problem[]; place: Place } | { ok: false; problems: Problem[] }> {
  const source = await readSource(path, LIMITS.yaml);
  if (!source.ok) return failed(file, source.code, source.message);
  const read = readYamlText(source.text);
  if (!read.ok) return failed(file, 'yaml-syntax', read.message, read.at);
  const [twice] = read.duplicates;
  if (twice !== undefined) return failed(file, 'yaml-syntax', twice.message.replace('; the last one counts', ''), twice.at);
  const parsed = schema.safeParse(read.value);
  return parsed.success ? { ok: true, value: parsed.data, problems: flawsOf(source, file), place: read.place } : { ok: false, problems: problemsOf(file, 'field-type', 'error', parsed.error, read.place) };
}

/** Reads an index as written, in JSON or in YAML; `file` is how problems name it. */
export async function readIndexFile(path: string, file: string): Promise<Read<IndexText>> {
  if (!isYamlName(path)) return readJsonFile(path, file);
  const source = await readSource(path, LIMITS.yaml);
  if (!source.ok) return failed(file, source.code, source.message);
  if (source.text.trim() === '') return failed(file, 'file-empty', 'is empty', { line: 1, column: 1 });
  const read = readYamlText(source.text);
  if (!read.ok) return failed(file, 'yaml-syntax', read.message, read.at);
  const problems: Problem[] = [...flawsOf(source, file), ...read.duplicates.slice(0, 50).map(({ message, at }): Problem => ({ code: 'json-duplicate-key', file, ...at, message, severity: 'warning' }))];
  return { ok: true, value: { value: read.value, problems, place: (at) => read.place(at) ?? { line: 1, column: 1 } }, problems };
}
