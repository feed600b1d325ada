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

/** A duration as Go prints it: `2.155805ms`, `78.535µs`, `1.5s`. */
export function goDuration(ns: bigint): string {
  const n = Number(ns);
  if (n >= 60e9) {
    const seconds = Math.floor(n / 1e9);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const rest = trim((n - (hours * 3600 + minutes * 60) * 1e9) / 1e9);
    return hours > 0 ? `${hours}h${minutes}m${rest}s` : `${minutes}m${rest}s`;
  }
  if (n >= 1e9) return `${trim(n / 1e9)}s`;
  if (n >= 1e6) return `${trim(n / 1e6)}ms`;
  if (n >= 1e3) return `${trim(n / 1e3)}µs`;
  return n === 0 ? '0s' : `${n}ns`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(9)));
}
