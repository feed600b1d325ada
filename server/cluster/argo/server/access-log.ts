/** logrus' text form as Argo writes it: `time="…" level=info msg="…" key=value`. */

function quote(value: string): string {
  return value !== '' && /^[A-Za-z0-9\-._/@^+]*$/.test(value) ? value : value === '' ? '' : goQuote(value);
}

/** Go's strconv.Quote for what logs hold. */
export function goQuote(value: string): string {
  return `"${value.replace(/[\\"]/g, (c) => `\\${c}`).replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r')}"`;
}

export function logLine(ms: number, level: 'debug' | 'info' | 'warning' | 'error' | 'fatal', message: string | undefined, fields: Record<string, string> = {}): string {
  const head = `time="${new Date(ms).toISOString()}" level=${level}${message === undefined ? '' : ` msg=${quote(message)}`}`;
  const rest = Object.keys(fields)
    .sort()
    .map((key) => ` ${key}=${quote(fields[key] ?? '')}`);
  return `${head}${rest.join('')}\n`;
}
