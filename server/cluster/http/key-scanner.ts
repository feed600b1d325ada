/** Where the keys of a JSON text stand: to say which came twice, and to report problems in the order of the text. */
export interface ScannedKeys {
  /** Paths like `spec.containers[0].name`, each at the number of its first appearance. */
  order: Map<string, number>;
  /** Paths of keys that their object holds twice. */
  duplicates: string[];
}

/** Reads a text that JSON.parse accepts. */
export function scanKeys(text: string): ScannedKeys {
  const order = new Map<string, number>();
  const duplicates: string[] = [];
  let at = 0;
  let count = 0;

  const skip = (): void => {
    while (at < text.length && ' \t\n\r,:'.includes(text.charAt(at))) at++;
  };
  const readString = (): string => {
    const start = at++;
    while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
    at++;
    const value: unknown = JSON.parse(text.slice(start, at));
    return typeof value === 'string' ? value : '';
  };
  const readValue = (path: string): void => {
    skip();
    const c = text.charAt(at);
    if (c === '{') readObject(path);
    else if (c === '[') readArray(path);
    else if (c === '"') readString();
    else while (at < text.length && !',]} \t\n\r'.includes(text.charAt(at))) at++;
    skip();
  };
  const readObject = (path: string): void => {
    const seen = new Set<string>();
    at++;
    skip();
    while (at < text.length && text.charAt(at) !== '}') {
      const key = readString();
      const child = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) duplicates.push(child);
      seen.add(key);
      // A duplicate is reported where it stands, hence the later number.
      order.set(child, count++);
      readValue(child);
    }
    at++;
  };
  const readArray = (path: string): void => {
    at++;
    skip();
    for (let i = 0; at < text.length && text.charAt(at) !== ']'; i++) readValue(`${path}[${i}]`);
    at++;
  };
  readValue('');
  return { order, duplicates };
}
