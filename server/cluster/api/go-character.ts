const SHORT: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\' };

/** One byte, as a character, between the quotes of Go's errors about JSON (`invalid character 'Ç'`). After Go's encoding/json quoteChar and strconv.Quote */
export function goCharacter(char: string): string {
  const code = char.charCodeAt(0);
  const short = SHORT[char] ?? (char === "'" ? "\\'" : undefined);
  if (short !== undefined) return short;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  return (code >= 0x80 && code <= 0xa0) || code === 0xad ? `\\u${code.toString(16).padStart(4, '0')}` : char;
}
