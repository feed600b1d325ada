import { messageOf } from '../../../lib/errors.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';
export type Fields = readonly (readonly [name: string, value: unknown])[];

/** What a program of Argo Events throws to end itself: exit code 1, after a line of the level `fatal`. */
export class Fatal extends Error {
  override readonly name = 'Fatal';
}

export interface ZapOptions {
  name: string;
  now(): number;
  write(line: string): void;
  fields?: Fields;
}

/**
 * Lines as zap's production encoder writes them: one JSON object each, the fields in the order in which they came, and
 * named twice when they were given twice. Stack traces of Go are not made up.
 * After argo-events v1.9.9 pkg/shared/logging/logger.go
 */
export class ZapLogger {
  readonly #options: ZapOptions;
  readonly #fields: Fields;

  constructor(options: ZapOptions) {
    this.#options = options;
    this.#fields = options.fields ?? [];
  }

  with(...fields: Fields): ZapLogger {
    return new ZapLogger({ ...this.#options, fields: [...this.#fields, ...fields] });
  }

  named(name: string): ZapLogger {
    return new ZapLogger({ ...this.#options, name: `${this.#options.name}.${name}`, fields: this.#fields });
  }

  /** `caller` is the place in the real program, as a reader of its logs knows it: `webhook/start.go:96`. */
  info(caller: string, message: string, fields: Fields = []): void {
    this.#line('info', caller, message, fields);
  }

  warn(caller: string, message: string, fields: Fields = []): void {
    this.#line('warn', caller, message, fields);
  }

  error(caller: string, message: string, fields: Fields = []): void {
    this.#line('error', caller, message, fields);
  }

  /** Writes the line and ends the program. */
  fatal(caller: string, message: string, fields: Fields = []): never {
    this.#line('fatal', caller, message, fields);
    throw new Fatal(message);
  }

  #line(level: Level, caller: string, message: string, fields: Fields): void {
    const { now, name, write } = this.#options;
    const parts: Fields = [['level', level], ['ts', nanoTime(now())], ['logger', name], ['caller', caller], ['msg', message], ...this.#fields, ...fields];
    write(`{${parts.map(([key, value]) => `${JSON.stringify(key)}:${encode(value)}`).join(',')}}\n`);
  }
}

/** A Go error: its message alone. */
export function failed(error: unknown): readonly [string, string] {
  return ['error', messageOf(error)];
}

function encode(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  return JSON.stringify(value) ?? 'null';
}

/** RFC 3339 with as many digits of the second as are needed. */
function nanoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z');
}
