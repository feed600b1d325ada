import { goCharacter } from '../api/go-character.ts';
/** What Go's encoding/json says of a text that is no JSON. After go1.23 encoding/json/scanner.go */
export function goSyntaxError(text: string): string {
  return new Scanner(text).problem() ?? 'unexpected end of JSON input';
}

const SPACE = /[ \t\r\n]/;
const LITERALS = ['true', 'false', 'null'];

class Scanner {
  #at = 0;
  #found: string | undefined;

  constructor(readonly text: string) {}

  problem(): string | undefined {
    if (!this.#value('looking for beginning of value')) return this.#found;
    this.#space();
    return this.#at < this.text.length ? this.#fail('after top-level value') : undefined;
  }

  /** The next character; undefined at the end. */
  #peek(): string | undefined {
    return this.text[this.#at];
  }

  #space(): void {
    while (SPACE.test(this.#peek() ?? 'x')) this.#at++;
  }

  #fail(where: string): string | undefined {
    const char = this.text.codePointAt(this.#at);
    // Go looks at bytes.
    const [byte] = Buffer.from(char === undefined ? '' : String.fromCodePoint(char));
    if (byte !== undefined) this.#found = `invalid character '${goCharacter(String.fromCharCode(byte))}' ${where}`;
    return this.#found;
  }

  #stop(where: string): false {
    this.#fail(where);
    return false;
  }

  #value(where: string): boolean {
    this.#space();
    const char = this.#peek();
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    if (char !== undefined && /[-0-9]/.test(char)) return this.#number();
    const literal = LITERALS.find((word) => word.startsWith(char ?? '-'));
    return char === undefined || literal === undefined ? this.#stop(where) : this.#literal(literal);
  }

  #object(): boolean {
    return this.#entries('}', 'after object key:value pair', () => {
      this.#space();
      if (this.#peek() !== '"') return this.#stop('looking for beginning of object key string');
      if (!this.#string()) return false;
      this.#space();
      if (this.#peek() !== ':') return this.#stop('after object key');
      this.#at++;
      return this.#value('looking for beginning of value');
    });
  }

  #array(): boolean {
    return this.#entries(']', 'after array element', () => this.#value('looking for beginning of value'));
  }

  /** What stands between brackets, with commas between; `after` names the place where one is missing. */
  #entries(close: string, after: string, entry: () => boolean): boolean {
    this.#at++;
    this.#space();
    if (this.#peek() === close) return this.#step();
    for (;;) {
      if (!entry()) return false;
      this.#space();
      if (this.#peek() === close) return this.#step();
      if (this.#peek() !== ',') return this.#stop(after);
      this.#at++;
    }
  }

  #step(): true {
    this.#at++;
    return true;
  }

  #string(): boolean {
    for (this.#at++; ; this.#at++) {
      const char = this.#peek();
      if (char === undefined) return false;
      if (char === '"') return this.#step();
      if (char < ' ') return this.#stop('in string literal');
      if (char !== '\\') continue;
      this.#at++;
      const escaped = this.#peek();
      if (escaped === undefined) return false;
      if (!'bfnrt\\/"u'.includes(escaped)) return this.#stop('in string escape code');
      if (escaped !== 'u') continue;
      for (let i = 0; i < 4; i++) {
        this.#at++;
        if (!/[0-9a-fA-F]/.test(this.#peek() ?? 'x')) return this.#stop('in \\u hexadecimal character escape');
      }
    }
  }

  #number(): boolean {
    if (this.#peek() === '-') this.#at++;
    if (!/[0-9]/.test(this.#peek() ?? 'x')) return this.#stop('in numeric literal');
    if (this.#peek() === '0') this.#at++;
    else this.#digits();
    if (this.#peek() === '.') {
      this.#at++;
      if (!/[0-9]/.test(this.#peek() ?? 'x')) return this.#stop('after decimal point in numeric literal');
      this.#digits();
    }
    if (/[eE]/.test(this.#peek() ?? 'x')) {
      this.#at++;
      if (/[-+]/.test(this.#peek() ?? 'x')) this.#at++;
      if (!/[0-9]/.test(this.#peek() ?? 'x')) return this.#stop('in exponent of numeric literal');
      this.#digits();
    }
    return true;
  }

  #digits(): void {
    while (/[0-9]/.test(this.#peek() ?? 'x')) this.#at++;
  }

  #literal(word: string): boolean {
    for (let i = 0; i < word.length; i++, this.#at++) {
      const where = `in literal ${word} (expecting '${word[i] ?? ''}')`;
      // A text that ends inside a word is read as if a space came after it.
      if (this.#peek() === undefined) this.#found = `invalid character ' ' ${where}`;
      if (this.#peek() !== word[i]) return this.#stop(where);
    }
    return true;
  }
}
