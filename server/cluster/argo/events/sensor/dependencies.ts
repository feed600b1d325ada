/** When a trigger fires: names of dependencies joined by `&&` and `||`, in parentheses as needed. */
export type Condition = { kind: 'name'; name: string } | { kind: 'all' | 'any'; parts: readonly Condition[] };

export class ConditionError extends Error {}

/** The condition of a trigger, all dependencies where it names none. Throws ConditionError. */
export function conditionOf(conditions: string, dependencies: readonly string[]): Condition {
  if (conditions.trim() === '') return dependencies.length === 1 ? { kind: 'name', name: dependencies[0] ?? '' } : { kind: 'all', parts: dependencies.map((name) => ({ kind: 'name', name })) };
  return new Parser(conditions, dependencies).parse();
}

/** As the sensor's log writes it: `(a||b)&&c`. */
export function showCondition(condition: Condition, inner = false): string {
  if (condition.kind === 'name') return condition.name;
  const text = condition.parts.map((part) => showCondition(part, condition.kind === 'all')).join(condition.kind === 'all' ? '&&' : '||');
  return inner && condition.kind === 'any' ? `(${text})` : text;
}

export function namesIn(condition: Condition): string[] {
  return condition.kind === 'name' ? [condition.name] : [...new Set(condition.parts.flatMap(namesIn))];
}

export function meetsCondition(condition: Condition, has: (name: string) => boolean): boolean {
  if (condition.kind === 'name') return has(condition.name);
  return condition.kind === 'all' ? condition.parts.every((part) => meetsCondition(part, has)) : condition.parts.some((part) => meetsCondition(part, has));
}

const MAX_DEPTH = 100;

class Parser {
  readonly #tokens: { text: string; at: number }[] = [];
  #next = 0;

  constructor(
    private readonly source: string,
    private readonly dependencies: readonly string[],
  ) {
    for (const match of source.matchAll(/\s*(?:(&&|\|\||[()])|([\w-]+)|(\S))/g)) {
      const text = match[1] ?? match[2] ?? match[3] ?? '';
      const at = match.index + match[0].length - text.length;
      if (match[3] !== undefined) throw new ConditionError(`unexpected token ${JSON.stringify(text)} (1:${at + 1})`);
      this.#tokens.push({ text, at });
    }
  }

  parse(): Condition {
    const condition = this.#any(0);
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw new ConditionError(`unexpected token ${JSON.stringify(rest.text)} (1:${rest.at + 1})`);
    return condition;
  }

  #any(depth: number): Condition {
    return this.#joined('||', 'any', () => this.#joined('&&', 'all', () => this.#one(depth)));
  }

  #joined(sign: string, kind: 'all' | 'any', part: () => Condition): Condition {
    const parts = [part()];
    while (this.#tokens[this.#next]?.text === sign) {
      this.#next++;
      parts.push(part());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind, parts };
  }

  #one(depth: number): Condition {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw new ConditionError('unexpected token EOF');
    if (token.text === '(') {
      if (depth >= MAX_DEPTH) throw new ConditionError('the condition is nested too deeply');
      const inner = this.#any(depth + 1);
      if (this.#tokens[this.#next++]?.text !== ')') throw new ConditionError(`unexpected token EOF, expected ")"`);
      return inner;
    }
    // Dashes and underscores are the same to the expression.
    const name = this.dependencies.find((one) => one.replaceAll('-', '_') === token.text.replaceAll('-', '_'));
    if (name === undefined) throw new ConditionError(`unknown name ${token.text.replaceAll('-', '_')} (1:${token.at + 1})\n | ${this.source}\n | ${'.'.repeat(token.at)}^`);
    return { kind: 'name', name };
  }
}
