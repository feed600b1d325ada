/** Label and field selectors: parsing as kubectl's users write them, and matching. */

export type LabelRequirement =
  | { key: string; operator: 'in' | 'notin'; values: string[] }
  | { key: string; operator: 'exists' | '!' }
  | { key: string; operator: 'gt' | 'lt'; value: number };

export type LabelSelector = readonly LabelRequirement[];

/** Why a selector could not be read; the text is the one that Kubernetes answers with. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/** After kubernetes 1.32 staging/src/k8s.io/apimachinery/pkg/labels/selector.go */
export function parseLabelSelector(text: string): LabelSelector {
  const parser = new Parser(text);
  const requirements: LabelRequirement[] = [];
  if (parser.peek() === '') return requirements;
  const start = parser.peek();
  if (!isIdentifier(start) && start !== '!') throw new SelectorError(`found '${start}', expected: !, identifier, or 'end of string'`);
  for (;;) {
    try {
      requirements.push(parser.requirement());
    } catch (error) {
      throw error instanceof SelectorError ? new SelectorError(`unable to parse requirement: ${error.message}`) : error;
    }
    const next = parser.take();
    if (next === '') return requirements;
    if (next !== ',') throw new SelectorError(`found '${next}', expected: ',' or 'end of string'`);
    const after = parser.peek();
    if (!isIdentifier(after) && after !== '!') throw new SelectorError(`found '${after}', expected: identifier after ','`);
  }
}

export function matchesLabels(selector: LabelSelector, labels: Record<string, string> | undefined): boolean {
  return selector.every((r) => {
    const value = labels?.[r.key];
    switch (r.operator) {
      case 'in':
        return value !== undefined && r.values.includes(value);
      case 'notin':
        return value === undefined || !r.values.includes(value);
      case 'exists':
        return value !== undefined;
      case '!':
        return value === undefined;
      case 'gt':
        return value !== undefined && /^-?\d+$/.test(value) && Number(value) > r.value;
      case 'lt':
        return value !== undefined && /^-?\d+$/.test(value) && Number(value) < r.value;
    }
  });
}

/** The `matchLabels`/`matchExpressions` form that specs carry. An absent selector matches nothing, an empty one all. */
export function matchesLabelSelector(
  selector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: string; values?: string[] }[] } | undefined,
  labels: Record<string, string> | undefined,
): boolean {
  if (selector === undefined) return false;
  const requirements: LabelRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: 'in', values: [value] }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (operator === 'In') requirements.push({ key, operator: 'in', values: values ?? [] });
    else if (operator === 'NotIn') requirements.push({ key, operator: 'notin', values: values ?? [] });
    else if (operator === 'Exists') requirements.push({ key, operator: 'exists' });
    else if (operator === 'DoesNotExist') requirements.push({ key, operator: '!' });
    else return false;
  }
  return matchesLabels(requirements, labels);
}

export interface FieldRequirement {
  field: string;
  value: string;
  negated: boolean;
}

/** `metadata.name=x,status.phase!=Running`; `\,` `\=` and `\\` stand for themselves. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitUnescaped(text)) {
    if (term === '') continue;
    const match = /^((?:[^\\=!]|\\.|!(?!=))*?)(==|!=|=)(.*)$/s.exec(term);
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    const bare = value.replace(/\\./g, '').search(/=/);
    if (bare >= 0) throw new SelectorError(`invalid field selector: unescaped character in value: ${'='.charCodeAt(0)}`);
    requirements.push({ field, value: value.replace(/\\([\\,=])/g, '$1'), negated: operator === '!=' });
  }
  return requirements;
}

function splitUnescaped(text: string): string[] {
  const terms: string[] = [''];
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '\\') terms[terms.length - 1] += c + text.charAt(++i);
    else if (c === ',') terms.push('');
    else terms[terms.length - 1] += c;
  }
  return terms;
}

const isIdentifier = (token: string): boolean => token !== '' && !['(', ')', ',', '!', '=', '==', '!=', '<', '>'].includes(token);

class Parser {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g) ?? [];
  }

  peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  take(): string {
    const token = this.peek();
    this.#at++;
    return token;
  }

  requirement(): LabelRequirement {
    let negated = false;
    if (this.peek() === '!') {
      negated = true;
      this.take();
    }
    const key = this.take();
    if (!isIdentifier(key)) throw new SelectorError(`found '${key}', expected: identifier`);
    checkKey(key);
    if (negated) return { key, operator: '!' };
    const next = this.peek();
    if (next === '' || next === ',') return { key, operator: 'exists' };
    const operator = this.take();
    switch (operator) {
      case '=':
      case '==':
        return { key, operator: 'in', values: [this.#value(key)] };
      case '!=':
        return { key, operator: 'notin', values: [this.#value(key)] };
      case 'in':
      case 'notin':
        return { key, operator, values: this.#values(key) };
      case '>':
      case '<': {
        const value = this.#value(key);
        if (!/^-?\d+$/.test(value)) throw new SelectorError(`values[0]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`);
        return { key, operator: operator === '>' ? 'gt' : 'lt', value: Number(value) };
      }
      default:
        throw new SelectorError(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  #value(key: string): string {
    const next = this.peek();
    if (next === '' || next === ',') return '';
    const value = this.take();
    if (!isIdentifier(value)) throw new SelectorError(`found '${value}', expected: identifier`);
    checkValue(key, value);
    return value;
  }

  #values(key: string): string[] {
    const open = this.take();
    if (open !== '(') throw new SelectorError(`found '${open}' expected: '('`);
    const values: string[] = [];
    if (this.peek() === ')') {
      this.take();
      return [''];
    }
    for (;;) {
      const token = this.take();
      if (token === ',') {
        values.push('');
        continue;
      }
      if (!isIdentifier(token)) throw new SelectorError(`found '${token}', expected: ',', ')' or identifier`);
      checkValue(key, token);
      values.push(token);
      const next = this.take();
      if (next === ')') return values;
      if (next !== ',') throw new SelectorError(`found '${next}', expected: ',' or ')'`);
    }
  }
}

const NAME_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function checkKey(key: string): void {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (!/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name)) throw new SelectorError(`<nil>: Invalid value: "${key}": ${NAME_TEXT}`);
}

function checkValue(key: string, value: string): void {
  if (value.length > 63) throw new SelectorError(`values[0][${key}]: Invalid value: "${value}": must be no more than 63 characters`);
  if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) throw new SelectorError(`values[0][${key}]: Invalid value: "${value}": ${VALUE_TEXT}`);
}
