/** Go's fmt.Sprintf of a format and one int. After Go's src/fmt/print.go */
export function formatInteger(format: string, value: number): string {
  let used = false;
  let out = format.replace(/%([-+# 0]*)(\d*)(?:\.(\d*))?([^]|$)/gu, (whole, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (verb === '') return '%!(NOVERB)';
    if (used) return `%!${verb}(MISSING)`;
    used = true;
    const text = verbs[verb]?.(value, flags);
    if (text === undefined) return `%!${verb}(int=${pad(String(value), flags, width)})`;
    return pad(precision === undefined || !'dbox X'.includes(verb) ? text : withDigits(text, Number(precision)), precision === undefined ? flags : flags.replaceAll('0', ''), width);
  });
  if (!used) out += `%!(EXTRA int=${value})`;
  return out;
}

const digits = (base: number, prefix: string) => (value: number, flags: string) => `${signOf(value, flags)}${flags.includes('#') ? prefix : ''}${Math.abs(value).toString(base)}`;

function signOf(value: number, flags: string): string {
  if (value < 0) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

const rune = (value: number): string => (value >= 0 && value <= 0x10ffff && !(value >= 0xd800 && value < 0xe000) ? String.fromCodePoint(value) : '\ufffd');

const verbs: Readonly<Record<string, (value: number, flags: string) => string>> = {
  d: digits(10, ''),
  v: digits(10, ''),
  b: digits(2, '0b'),
  o: digits(8, '0'),
  O: (value, flags) => digits(8, '')(value, flags).replace(/^([-+ ]?)/, '$10o'),
  x: digits(16, '0x'),
  X: (value, flags) => digits(16, '0x')(value, flags).toUpperCase(),
  c: rune,
  q: (value) => `'${rune(value)}'`,
  U: (value) => `U+${value.toString(16).toUpperCase().padStart(4, '0')}`,
  T: () => 'int',
};

const withDigits = (text: string, count: number): string => text.replace(/[0-9a-zA-Z]+$/, (number) => number.padStart(count, '0'));

function pad(text: string, flags: string, width: string): string {
  const wide = Math.min(Number(width || '0'), 1000);
  if (flags.includes('-')) return text.padEnd(wide);
  if (!flags.includes('0')) return text.padStart(wide);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(wide - sign.length, '0');
}
