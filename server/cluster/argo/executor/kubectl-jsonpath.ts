import { queryJsonPath } from '../expressions/jsonpath.ts';

const show = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean));

function select(root: unknown, expression: string): unknown[] {
  const path = expression.replace(/^[$@]/, '');
  if (path === '' || path === '.') return [root];
  try {
    const found = queryJsonPath(root, `$${path.startsWith('.') || path.startsWith('[') ? path : `.${path}`}`);
    // A wildcard, descent, slice or filter finds several.
    return /\[\s*(?:\*|\?|-?\d*:)|\.\.|\.\*/.test(path) && Array.isArray(found) ? found : [found];
  } catch {
    return [];
  }
}

/** What `kubectl get -o jsonpath=TEMPLATE` prints: text, `{.path}`, `{"\n"}`, `{range …}…{end}`; paths that lead nowhere print nothing. */
export function printJsonPath(object: unknown, template: string): string {
  const parts = template.match(/\{(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^{}"'])*\}|[^{]+|\{/g) ?? [];
  let at = 0;
  const run = (root: unknown): string => {
    let out = '';
    for (; at < parts.length; at++) {
      const part = parts[at] ?? '';
      if (!part.startsWith('{') || !part.endsWith('}')) {
        out += part;
        continue;
      }
      const inner = part.slice(1, -1).trim();
      if (inner === 'end') return out;
      if (inner.startsWith('range ')) {
        const start = ++at;
        let end = start;
        const items = select(root, inner.slice(6).trim());
        for (const item of items.length === 0 ? [undefined] : items) {
          at = start;
          const text = run(item);
          end = at;
          if (items.length > 0) out += text;
        }
        at = end;
      } else if (/^["']/.test(inner)) out += inner.slice(1, -1).replaceAll('\\n', '\n').replaceAll('\\t', '\t').replace(/\\(["'\\])/g, '$1');
      else out += select(root, inner).map(show).join(' ');
    }
    return out;
  };
  return run(object);
}
