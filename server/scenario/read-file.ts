import { LineCounter, isNode, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../lib/errors.ts';
import { type Spans, readJsonText } from './json-text.ts';
import type { Problem } from './model.ts';
import { LIMITS, type Source, readSource } from './source-file.ts';
import { type Position, positionAt, placeOf, problemsOf } from './source-position.ts';

export { inside, readText, scenarioFile } from './source-file.ts';

export type Read<T> = { ok: true; value: T; problems: Problem[] } | { ok: false; problems: Problem[] };

/** Line and column of a path, or of what should have held it. */
export type Place = (path: readonly PropertyKey[]) => Position | undefined;

/** A JSON file as written, with the places of its entries. */
export interface JsonFile {
  value: unknown;
  text: string;
  spans: Spans;
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
export async function readJsonFile(path: string, file: string): Promise<Read<JsonFile>> {
  const source = await readSource(path, LIMITS.json);
  if (!source.ok) return failed(file, source.code, source.message);
  const { text } = source;
  if (text.trim() === '') return failed(file, 'file-empty', 'is empty', { line: 1, column: 1 });
  const read = readJsonText(text);
  if (!read.ok) return failed(file, read.code, read.code === 'json-syntax' ? `is not JSON: ${read.message}` : read.message, positionAt(text, read.offset));
  const problems: Problem[] = [...flawsOf(source, file), ...read.flaws.map((flaw): Problem => ({ code: flaw.code, file, ...positionAt(text, flaw.offset), message: flaw.message, severity: 'warning' }))];
  return { ok: true, value: { value: read.value, text, spans: read.spans, problems, place: (at) => placeOf(text, read.spans, at) }, problems };
}

/** Reads and checks a JSON file. */
export async function readJson<T>(path: string, file: string, schema: z.ZodType<T>): Promise<Read<T>> {
  const read = await readJsonFile(path, file);
  if (!read.ok) return read;
  const parsed = schema.safeParse(read.value.value);
  return parsed.success ? { ok: true, value: parsed.data, problems: read.problems } : { ok: false, problems: [...read.problems, ...problemsOf(file, 'field-type', 'error', parsed.error, read.value.place)] };
}

/** Reads and checks a YAML file. Aliases and nesting are limited, so that a small file cannot grow to gigabytes. */
export async function readYaml<T>(path: string, file: string, schema: z.ZodType<T>): Promise<{ ok: true; value: T; problems: Problem[]; place: Place } | { ok: false; problems: Problem[] }> {
  const source = await readSource(path, LIMITS.yaml);
  if (!source.ok) return failed(file, source.code, source.message);
  const { text } = source;
  const lines = new LineCounter();
  try {
    if (isDeep(text)) return failed(file, 'yaml-syntax', 'is nested too deeply');
    const document = parseDocument(text, { lineCounter: lines });
    const broken = document.errors[0];
    if (broken) {
      const at = lines.linePos(broken.pos[0]);
      return failed(file, 'yaml-syntax', (broken.message.split('\n')[0] ?? 'is not YAML').replace(/ at line \d+, column \d+:?$/, ''), { line: at.line, column: at.col });
    }
    const value: unknown = document.toJS({ maxAliasCount: 50 });
    const parsed = schema.safeParse(value);
    const place: Place = (path) => {
      for (let length = path.length; length >= 0; length--) {
        const node: unknown = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) {
          const at = lines.linePos(node.range[0]);
          return { line: at.line, column: at.col };
        }
      }
      return undefined;
    };
    if (parsed.success) return { ok: true, value: parsed.data, problems: flawsOf(source, file), place };
    return { ok: false, problems: problemsOf(file, 'field-type', 'error', parsed.error, place) };
  } catch (error) {
    return failed(file, 'yaml-syntax', error instanceof RangeError ? 'is nested too deeply' : messageOf(error));
  }
}

/** Whether a text nests further than any checks.yaml does: brackets in flow style, dashes and indentation in block style. */
function isDeep(text: string): boolean {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '[' || char === '{') open += 1;
    else if (char === ']' || char === '}') open = Math.max(0, open - 1);
    else if (char === '\n') open = Math.max(0, open - 1);
    if (open > 500) return true;
  }
  return /(?:[-?] ){100}/.test(text) || /^ {1000}/m.test(text);
}
