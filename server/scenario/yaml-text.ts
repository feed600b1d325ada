import { LineCounter, isNode, parseDocument } from 'yaml';
import { messageOf } from '../lib/errors.ts';
import type { Position } from './source-position.ts';

/** Line and column of a path, or of what should have held it. */
export type Place = (path: readonly PropertyKey[]) => Position | undefined;

export type YamlText = { ok: true; value: unknown; place: Place; duplicates: { message: string; at: Position }[] } | { ok: false; message: string; at?: Position };

/**
 * Reads YAML. Aliases and nesting are limited, so that a small file cannot grow to gigabytes; of a key that is there twice
 * the last counts and is named. A key `__proto__` is left out. Never throws.
 */
export function readYamlText(text: string): YamlText {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  try {
    if (isDeep(text)) return { ok: false, message: 'is nested too deeply' };
    const document = parseDocument(text, { lineCounter: lines });
    const broken = document.errors.find((error) => error.code !== 'DUPLICATE_KEY');
    if (broken !== undefined) return { ok: false, message: (broken.message.split('\n')[0] ?? 'is not YAML').replace(/ at line \d+, column \d+:?$/, ''), at: at(broken.pos[0]) };
    const value: unknown = document.toJS({ maxAliasCount: 50, reviver: (key: unknown, held: unknown) => (key === '__proto__' ? undefined : held) });
    const place: Place = (path) => {
      for (let length = path.length; length >= 0; length--) {
        const node: unknown = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return at(node.range[0]);
      }
      return undefined;
    };
    return { ok: true, value, place, duplicates: document.errors.map((error) => ({ at: at(error.pos[0]), message: `has the key “${text.slice(error.pos[0], error.pos[1]).split(/\s*[:\n]/)[0]?.slice(0, 60) ?? ''}” twice; the last one counts` })) };
  } catch (error) {
    return { ok: false, message: error instanceof RangeError ? 'is nested too deeply' : messageOf(error) };
  }
}

/** Whether a text nests further than any file of the format does: brackets in flow style, dashes and indentation in block style. */
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
