export interface LogPart {
  text: string;
  found: boolean;
}

/** A line in parts: those that an expression finds, and those between. An expression that JavaScript does not know finds nothing. */
export function foundParts(line: string, grep: string): LogPart[] {
  const expression = grep === '' ? undefined : expressionOf(grep);
  if (expression === undefined) return [{ text: line, found: false }];
  const parts: LogPart[] = [];
  let end = 0;
  for (const match of line.matchAll(expression)) {
    if (match[0] === '') continue;
    if (match.index > end) parts.push({ text: line.slice(end, match.index), found: false });
    parts.push({ text: match[0], found: true });
    end = match.index + match[0].length;
  }
  if (end < line.length || parts.length === 0) parts.push({ text: line.slice(end), found: false });
  return parts;
}

function expressionOf(text: string): RegExp | undefined {
  try {
    return new RegExp(text, 'g');
  } catch {
    return undefined;
  }
}

/** Of a line that is JSON, the values of these fields (`msg`, `error.code`); every other line as it is. */
export function fieldsOf(line: string, fields: readonly string[]): string {
  if (fields.length === 0) return line;
  try {
    const object: unknown = JSON.parse(line);
    const values = fields.flatMap((field) => {
      let at = object;
      for (const key of field.split('.')) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
      return at === undefined ? [] : [typeof at === 'string' ? at : JSON.stringify(at)];
    });
    return values.length === 0 ? line : values.join(' ');
  } catch {
    return line;
  }
}
