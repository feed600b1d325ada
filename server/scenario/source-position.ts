import { LineCounter, isNode, parseDocument } from 'yaml';
import type { ZodError } from 'zod';
import type { Problem } from './model.ts';

/** `['details', 'steps', 2, 'text']` → `details.steps[2].text` */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((out, key) => (typeof key === 'number' ? `${out}[${key}]` : out === '' ? String(key) : `${out}.${String(key)}`), '');
}

/** Line and column, both from 1, of an offset. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** Turns what zod found wrong into problems that name file, line, column and field. JSON is read as the YAML that it is. */
export function problemsOf(file: string, text: string, error: ZodError): Problem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  return error.issues.map((issue) => {
    const path = [...issue.path];
    // A missing field has no place of its own: point to what should have held it.
    for (let length = path.length; length >= 0; length--) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) {
        const at = lines.linePos(node.range[0]);
        return { file, line: at.line, column: at.col, field: fieldName(path), message: issue.message, severity: 'error' };
      }
    }
    return { file, field: fieldName(path), message: issue.message, severity: 'error' };
  });
}
