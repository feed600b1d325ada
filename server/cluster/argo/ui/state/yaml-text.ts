import { stringify } from 'yaml';

/** Words that are more than text in YAML, in one version or another. */
const WORDS = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);
const PLAIN = /^[A-Za-z](?:[\w./ -]*[\w./-])?$/;
/** Text that can be written line by line: no signs that need an escape, and nothing that looks like more indentation. */
const LINES = /^[^\s\p{C}][\t\n\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}]*$/u;

/**
 * An object as YAML, as the library writes it, but fast: a workflow of thousands of nodes takes it seconds. The library
 * still decides how a single value is written wherever that is not plain to see.
 */
export function yamlText(value: unknown): string {
  const known = new Map<string, string>();
  const lines: string[] = [];

  const scalar = (text: string): string => {
    if (PLAIN.test(text) && !WORDS.has(text.toLowerCase())) return text;
    const before = known.get(text);
    if (before !== undefined) return before;
    const library = text.includes('\n') ? '\n' : stringify(text, { lineWidth: 0 }).replace(/\n$/, '');
    const written = library.includes('\n') ? JSON.stringify(text) : library;
    known.set(text, written);
    return written;
  };
  /** What follows on the line of a field or of a dash, or undefined for what has lines of its own. */
  const short = (one: unknown): string | undefined => {
    if (typeof one === 'string') return isLines(one) ? undefined : scalar(one);
    if (Array.isArray(one)) return one.length === 0 ? '[]' : undefined;
    if (typeof one === 'object' && one !== null) return entries(one).length === 0 ? '{}' : undefined;
    if (one === undefined || one === null) return 'null';
    return Number.isSafeInteger(one) || typeof one === 'boolean' ? String(one) : stringify(one).trimEnd();
  };
  const block = (text: string, indent: string) => {
    const body = text.replace(/\n+$/, '');
    const ends = text.length - body.length;
    // What ends in several empty lines keeps them.
    return { head: ends === 0 ? '|-' : ends === 1 ? '|' : '|+', lines: [...body.split('\n'), ...Array<string>(Math.max(0, ends - 1)).fill('')].map((line) => (line === '' ? '' : indent + line)) };
  };
  /** `lead` stands before the first line, such as dashes; all others begin with `indent`. */
  const put = (one: unknown, lead: string, indent: string) => {
    if (Array.isArray(one)) {
      for (const [i, item] of one.entries()) {
        const start = i === 0 ? lead : indent;
        member(item, `${start}- `, `${indent}  `, true);
      }
      return;
    }
    for (const [i, [name, item]] of entries(one).entries()) member(item, `${i === 0 ? lead : indent}${scalar(name)}: `, `${indent}  `, false);
  };
  const member = (item: unknown, head: string, indent: string, listed: boolean) => {
    const text = short(item);
    if (text !== undefined) {
      lines.push(head + text);
    } else if (typeof item === 'string') {
      const written = block(item, indent);
      lines.push(head + written.head, ...written.lines);
    } else if (listed) {
      put(item, head, indent);
    } else {
      lines.push(head.trimEnd());
      put(item, indent, indent);
    }
  };

  const whole = short(value);
  if (whole !== undefined) return `${whole}\n`;
  if (typeof value === 'string') return stringify(value, { lineWidth: 0 });
  put(value, '', '');
  return `${lines.join('\n')}\n`;
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value).filter(([, item]) => item !== undefined) : [];
}

const isLines = (text: string) => text.includes('\n') && LINES.test(text) && !/[ \t]\n|[ \t]$/.test(text);
