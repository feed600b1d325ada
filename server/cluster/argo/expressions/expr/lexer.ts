import { ExprError } from './error.ts';

export type TokenKind = 'Identifier' | 'Number' | 'String' | 'Operator' | 'Bracket' | 'EOF';

export interface Token {
  kind: TokenKind;
  value: string;
  /** Where it begins, in code points. */
  at: number;
}

/** How expr-lang shows a token in its messages: `Operator("=")`. */
export function showToken(token: Token): string {
  return token.value === '' ? token.kind : `${token.kind}(${JSON.stringify(token.value)})`;
}

const WORD_OPERATORS = new Set(['in', 'or', 'and', 'matches', 'contains', 'startsWith', 'endsWith', 'let', 'if', 'else', 'not']);
const isAlphaNumeric = (rune: string | undefined): boolean => rune !== undefined && /[\p{L}\p{Nd}_$]/u.test(rune);
const isDigit = (rune: string | undefined): boolean => rune !== undefined && rune >= '0' && rune <= '9';

// After expr-lang v1.17 parser/lexer/state.go
export function lex(source: string): Token[] {
  const runes = [...source];
  const tokens: Token[] = [];
  let pos = 0;
  const fail = (reason: string, at: number): never => {
    throw new ExprError(reason, source, at);
  };
  const emit = (kind: TokenKind, from: number, value = runes.slice(from, pos).join('')) => tokens.push({ kind, value, at: from });

  while (pos < runes.length) {
    const from = pos;
    const rune = runes[pos] ?? '';
    pos++;
    if (/\s/.test(rune)) continue;
    if (rune === "'" || rune === '"') emit('String', from, quoted(rune));
    else if (rune === '`') {
      while (runes[pos] !== '`') {
        if (pos >= runes.length) fail('literal not terminated', pos);
        pos++;
      }
      pos++;
      emit('String', from, runes.slice(from + 1, pos - 1).join(''));
    } else if (isDigit(rune) || (rune === '.' && isDigit(runes[pos]))) {
      pos = from;
      number();
      emit('Number', from);
    } else if (rune === '?') {
      if (runes[pos] === '.' || runes[pos] === '?') pos++;
      emit('Operator', from);
    } else if (rune === '/' && runes[pos] === '/') {
      while (pos < runes.length && runes[pos] !== '\n') pos++;
    } else if (rune === '/' && runes[pos] === '*') {
      pos++;
      while (!(runes[pos] === '*' && runes[pos + 1] === '/')) {
        if (pos >= runes.length) fail('unclosed comment', pos);
        pos++;
      }
      pos += 2;
    } else if (rune === '#') {
      if (runes[pos] === '#') pos++;
      emit('Operator', from);
      const name = pos;
      while (isAlphaNumeric(runes[pos])) pos++;
      if (pos > name) emit('Identifier', name);
    } else if (rune === '|' || rune === ':' || rune === '.') {
      if (runes[pos] === rune) pos++;
      emit('Operator', from);
    } else if ('([{)]}'.includes(rune)) emit('Bracket', from);
    else if (',;%+-^/'.includes(rune)) emit('Operator', from);
    else if ('&!=*<>'.includes(rune)) {
      if (pos < runes.length && '&=*'.includes(runes[pos] ?? '')) pos++;
      emit('Operator', from);
    } else if (isAlphaNumeric(rune)) {
      while (isAlphaNumeric(runes[pos])) pos++;
      emit(WORD_OPERATORS.has(runes.slice(from, pos).join('')) ? 'Operator' : 'Identifier', from);
    } else {
      fail(`unrecognized character: U+${(rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${rune}'`, pos - 1);
    }
  }
  tokens.push({ kind: 'EOF', value: '', at: Math.max(0, runes.length - 1) });
  return tokens;

  function number(): void {
    const from = pos;
    let digits = /[0-9_]/;
    if (runes[pos] === '0') {
      pos++;
      const base = (runes[pos] ?? '').toLowerCase();
      if (base === 'x' || base === 'o' || base === 'b') {
        pos++;
        digits = base === 'x' ? /[0-9a-fA-F_]/ : base === 'o' ? /[0-7_]/ : /[01_]/;
      }
    }
    const run = () => {
      while (pos < runes.length && digits.test(runes[pos] ?? '')) pos++;
    };
    run();
    if (runes[pos] === '.' && runes[pos + 1] !== '.') {
      pos++;
      run();
    } else if (runes[pos] === '.') return;
    if (runes[pos] === 'e' || runes[pos] === 'E') {
      pos++;
      if (runes[pos] === '+' || runes[pos] === '-') pos++;
      run();
    }
    if (isAlphaNumeric(runes[pos])) {
      pos++;
      fail(`bad number syntax: ${JSON.stringify(runes.slice(from, pos).join(''))}`, pos - 1);
    }
  }

  function quoted(quote: string): string {
    let out = '';
    for (;;) {
      const rune = runes[pos];
      if (rune === undefined || rune === '\n') return fail('literal not terminated', pos);
      pos++;
      if (rune === quote) return out;
      out += rune === '\\' ? escaped(quote) : rune;
    }
  }

  function escaped(quote: string): string {
    const simple: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', [quote]: quote };
    const rune = runes[pos] ?? '';
    pos++;
    const plain = simple[rune];
    if (plain !== undefined) return plain;
    const width = rune === 'x' ? 2 : rune === 'u' ? 4 : rune === 'U' ? 8 : /[0-7]/.test(rune) ? 3 : 0;
    if (width === 0) return fail('invalid char escape', pos - 1);
    const from = width === 3 ? pos - 1 : pos;
    const digits = runes.slice(from, from + width).join('');
    const valid = width === 3 ? /^[0-7]{3}$/ : /^[0-9a-fA-F]+$/;
    if (digits.length !== width || !valid.test(digits)) return fail('invalid char escape', pos - 1);
    pos = from + width;
    return String.fromCodePoint(Number.parseInt(digits, width === 3 ? 8 : 16));
  }
}
