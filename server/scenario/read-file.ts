import { readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { parseDocument, LineCounter } from 'yaml';
import type { z } from 'zod';
import type { Problem } from './model.ts';
import { positionAt, problemsOf } from './source-position.ts';

const MAX_BYTES = 4 * 1024 * 1024;

export type Read<T> = { ok: true; value: T; problems: Problem[] } | { ok: false; problems: Problem[] };

/** Where `path` really is, if that is inside `folder`; undefined when missing or when it leads outside. */
export async function inside(folder: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined;
  try {
    const base = await realpath(folder);
    const target = await realpath(join(folder, path));
    const way = relative(base, target);
    return way === '..' || way.startsWith(`..${sep}`) ? undefined : target;
  } catch {
    return undefined;
  }
}

/** A text file without byte-order mark and carriage returns; undefined when it is no readable regular file. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    const info = await stat(path);
    if (!info.isFile() || info.size > MAX_BYTES) return undefined;
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  } catch {
    return undefined;
  }
}

function failed(file: string, message: string, at?: { line: number; column: number }): { ok: false; problems: Problem[] } {
  return { ok: false, problems: [{ file, ...at, message, severity: 'error' }] };
}

/** Reads and checks a JSON file; trailing commas are forgiven with a warning. */
export async function readJson<T>(path: string, file: string, schema: z.ZodType<T>): Promise<Read<T>> {
  const text = await readText(path);
  if (text === undefined) return failed(file, 'cannot be read');
  if (text.trim() === '') return failed(file, 'is empty', { line: 1, column: 1 });
  const problems: Problem[] = [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const forgiven = withoutTrailingCommas(text);
    try {
      value = JSON.parse(forgiven);
      problems.push({ file, message: 'has a comma after the last entry of a list or object', severity: 'warning' });
    } catch {
      const offset = /position (\d+)/.exec(String(error))?.[1];
      return failed(file, `is not JSON: ${error instanceof Error ? error.message.replace(/ in JSON at position.*$/, '') : String(error)}`, positionAt(text, offset === undefined ? text.length : Number(offset)));
    }
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data, problems } : { ok: false, problems: [...problems, ...problemsOf(file, text, parsed.error)] };
}

/** Reads and checks a YAML file. Aliases are limited, so that a small file cannot grow to gigabytes. */
export async function readYaml<T>(path: string, file: string, schema: z.ZodType<T>): Promise<Read<T>> {
  const text = await readText(path);
  if (text === undefined) return failed(file, 'cannot be read');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken) {
    const at = lines.linePos(broken.pos[0]);
    return failed(file, (broken.message.split('\n')[0] ?? 'is not YAML').replace(/ at line \d+, column \d+:?$/, ''), { line: at.line, column: at.col });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    return failed(file, error instanceof Error ? error.message : String(error));
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data, problems: [] } : { ok: false, problems: problemsOf(file, text, parsed.error) };
}

/** Drops commas before a closing bracket, outside strings, keeping every offset. */
function withoutTrailingCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (match) => (match === ',' ? ' ' : match));
}
