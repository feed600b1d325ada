/** Kubernetes' numbers with a suffix: `500m`, `1Gi`, `2e3`. After kubernetes 1.32 apimachinery/pkg/api/resource */

const BINARY: readonly [string, bigint][] = [['Ki', 10n], ['Mi', 20n], ['Gi', 30n], ['Ti', 40n], ['Pi', 50n], ['Ei', 60n]];
const DECIMAL: readonly [string, number][] = [['n', -9], ['u', -6], ['m', -3], ['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18]];

export const QUANTITY_PATTERN = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";

export interface Quantity {
  /** In billionths, exact: quantities finer than a nano are rounded up. */
  nano: bigint;
  format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

/** Returns the reason why `text` is not a quantity, in Kubernetes' words. */
export function parseQuantity(text: string): Quantity | { error: string } {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?((?:[eE][-+]?\d+)|[a-zA-Z]*)$/.exec(text);
  if (parts === null || (parts[2] === '' && (parts[3] ?? '') === '')) return { error: `quantities must match the regular expression '${QUANTITY_PATTERN}'` };
  const [, sign, whole = '', fraction = '', suffix = ''] = parts;
  const digits = BigInt(whole + fraction || '0') * (sign === '-' ? -1n : 1n);
  const binary = BINARY.find(([s]) => s === suffix);
  if (binary !== undefined) return { nano: divideUp(digits * (1n << binary[1]) * 1000000000n, 10n ** BigInt(fraction.length)), format: 'BinarySI' };
  const decimal = DECIMAL.find(([s]) => s === suffix);
  const exponent = decimal?.[1] ?? (/^[eE][-+]?\d+$/.test(suffix) ? Number(suffix.slice(1)) : undefined);
  if (exponent === undefined) return { error: /^[eEinumkKMGTP]*$/.test(suffix) ? "unable to parse quantity's suffix" : `quantities must match the regular expression '${QUANTITY_PATTERN}'` };
  const power = 9 + exponent - fraction.length;
  const nano = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
  return { nano, format: decimal === undefined ? 'DecimalExponent' : 'DecimalSI' };
}

function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

/** The form that the API server stores: the largest suffix that leaves a whole number. Text that is none stays. */
export function canonicalQuantity(text: string): string {
  const parsed = parseQuantity(text);
  return 'error' in parsed ? text : formatQuantity(parsed);
}

export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const unit = 1000000000n;
  if (format === 'BinarySI' && (nano >= 1024n * unit || nano <= -1024n * unit) && nano % unit === 0n) {
    let value = nano / unit;
    let suffix = '';
    for (const [name] of BINARY) {
      if (value % 1024n !== 0n) break;
      value /= 1024n;
      suffix = name;
    }
    return `${value}${suffix}`;
  }
  let value = nano;
  let exponent = -9;
  while (value % 1000n === 0n && exponent < 18) {
    value /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${value}` : `${value}e${exponent}`;
  return `${value}${DECIMAL.find(([, e]) => e === exponent)?.[0] ?? ''}`;
}

/** Billionths of what the text says; 0 for text that is no quantity. */
export function quantityNano(text: unknown): bigint {
  const parsed = parseQuantity(String(text));
  return 'error' in parsed ? 0n : parsed.nano;
}
