/** What Go's encoding/json says of a text that is no JSON; undefined for good JSON. */
export function goJsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return new Scanner(text).problem() ?? 'unexpected end of JSON input';
  }
}

/** A small recursive reader that stops where Go's would. */
class Scanner {
  #at = 0;
  constructor(readonly text: string) {}

  problem(): string | undefined {
    const found = this.#value('looking for beginning of value');
    if (found !== undefined) return found;
    this.#space();
    return this.#at < this.text.length ? this.#invalid('after top-level value') : undefined;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.text.charAt(this.#at)) && this.#at < this.text.length) this.#at++;
  }

  #invalid(where: string): string {
    if (this.#at >= this.text.length) return 'unexpected end of JSON input';
    const [c = ''] = this.text.slice(this.#at);
    const shown = c === "'" ? `'\\''` : c === '"' ? `'"'` : JSON.stringify(c).replace(/^"|"$/g, "'");
    return `invalid character ${shown} ${where}`;
  }

  #value(where: string): string | undefined {
    this.#space();
    const c = this.text.charAt(this.#at);
    if (c === '{') return this.#members();
    if (c === '[') return this.#elements();
    if (c === '"') return this.#string();
    for (const word of ['true', 'false', 'null']) if (c === word.charAt(0)) return this.#word(word);
    const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/.exec(this.text.slice(this.#at));
    if (number === null) {
      if (c !== '-') return this.#invalid(where);
      this.#at++;
      return this.#invalid('in numeric literal');
    }
    this.#at += number[0].length;
    return undefined;
  }

  #word(word: string): string | undefined {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.text.charAt(this.#at) !== word.charAt(i)) return this.#invalid(`in literal ${word} (expecting '${word.charAt(i)}')`);
    }
    return undefined;
  }

  #string(): string | undefined {
    for (this.#at++; this.#at < this.text.length; this.#at++) {
      const c = this.text.charAt(this.#at);
      if (c === '\\') this.#at++;
      else if (c === '"') {
        this.#at++;
        return undefined;
      } else if (c < ' ') return this.#invalid('in string literal');
    }
    return 'unexpected end of JSON input';
  }

  #members(): string | undefined {
    this.#at++;
    this.#space();
    if (this.text.charAt(this.#at) === '}') {
      this.#at++;
      return undefined;
    }
    for (;;) {
      this.#space();
      if (this.text.charAt(this.#at) !== '"') return this.#invalid('looking for beginning of object key string');
      const key = this.#string();
      if (key !== undefined) return key;
      this.#space();
      if (this.text.charAt(this.#at) !== ':') return this.#invalid('after object key');
      this.#at++;
      const value = this.#value('looking for beginning of value');
      if (value !== undefined) return value;
      this.#space();
      const c = this.text.charAt(this.#at);
      if (c !== ',' && c !== '}') return this.#invalid('after object key:value pair');
      this.#at++;
      if (c === '}') return undefined;
    }
  }

  #elements(): string | undefined {
    this.#at++;
    this.#space();
    if (this.text.charAt(this.#at) === ']') {
      this.#at++;
      return undefined;
    }
    for (;;) {
      const value = this.#value('looking for beginning of value');
      if (value !== undefined) return value;
      this.#space();
      const c = this.text.charAt(this.#at);
      if (c !== ',' && c !== ']') return this.#invalid('after array element');
      this.#at++;
      if (c === ']') return undefined;
    }
  }
}
