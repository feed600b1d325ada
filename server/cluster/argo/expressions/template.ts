import { ExprError, compile, evalExpr, goJsonOf } from './expr/index.ts';
import { argoExprEnv, flattenedHas } from './env.ts';
import { lex } from './expr/lexer.ts';

/** Templating failed: `failed to resolve {{x}}`, or an expression's own message. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Go's strconv.Quote without the quotes: how a value goes into a JSON string. */
export function goQuoted(value: string): string {
  let out = '';
  for (const rune of value) {
    const code = rune.codePointAt(0) ?? 0;
    if (rune === '"' || rune === '\\') out += `\\${rune}`;
    else if (rune === '\n') out += '\\n';
    else if (rune === '\t') out += '\\t';
    else if (rune === '\r') out += '\\r';
    else if (code === 7) out += '\\a';
    else if (code === 8) out += '\\b';
    else if (code === 11) out += '\\v';
    else if (code === 12) out += '\\f';
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code === 0x2028 || code === 0x2029 || code === 0xfeff) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += rune;
  }
  return out;
}

/** Cuts a text into what stands between `{{` and `}}` and what does not; an open tag stays text. */
function cut(text: string): (string | { tag: string })[] {
  const parts: (string | { tag: string })[] = [];
  let pos = 0;
  for (;;) {
    const open = text.indexOf('{{', pos);
    const close = open < 0 ? -1 : text.indexOf('}}', open + 2);
    if (open < 0) {
      parts.push(text.slice(pos));
      return parts;
    }
    if (close < 0) throw new TemplateError(`Cannot find end tag="}}" in the template=${JSON.stringify(text)} starting from ${JSON.stringify(text.slice(open + 2))}`);
    parts.push(text.slice(pos, open), { tag: text.slice(open + 2, close) });
    pos = close + 2;
  }
}

/** Calls `visit` with each simple tag of a text (expressions are left out); what it throws stops the walk. */
export function visitTags(text: string, visit: (tag: string) => void): void {
  for (const part of cut(text)) if (typeof part !== 'string' && !part.tag.startsWith('=')) visit(part.tag);
}

export type Values = Readonly<Record<string, string>>;

/**
 * Replaces `{{tag}}` and `{{=expression}}` in the text of a JSON document. With `allowUnresolved` a tag that nothing
 * is known of stays as it is; else TemplateError `failed to resolve {{tag}}`. `more` is what expressions alone may name.
 * After argo-workflows v3.7.6 util/template
 */
export function replaceTags(json: string, values: Values, allowUnresolved: boolean, more: Readonly<Record<string, unknown>> = {}): string {
  if (!json.includes('{{')) return json;
  let env: Record<string, unknown> | undefined;
  let out = '';
  for (const part of cut(json)) {
    if (typeof part === 'string') out += part;
    else if (part.tag.startsWith('=')) {
      env ??= { ...argoExprEnv(values), ...more };
      out += expression(part.tag.slice(1), env, allowUnresolved);
    } else out += simple(part.tag, values, allowUnresolved);
  }
  return out;
}

function simple(tag: string, values: Values, allowUnresolved: boolean): string {
  const value = own(values, tag.trim());
  if (value !== undefined) return goQuoted(value);
  const nested = tag.lastIndexOf('{{');
  if (nested > 0) {
    const inner = own(values, tag.slice(nested + 2));
    if (inner !== undefined) return `{{${tag.slice(0, nested)}${goQuoted(inner)}`;
  }
  if (allowUnresolved) return `{{${tag}}}`;
  throw new TemplateError(`failed to resolve {{${tag}}}`);
}

const own = (values: Values, key: string): string | undefined => (Object.hasOwn(values, key) ? values[key] : undefined);

/** Variables that come later: an expression with one of them waits while unresolved tags are allowed. */
const LATE_VARIABLES = ['item', 'retries', 'lastRetry.exitCode', 'lastRetry.status', 'lastRetry.duration', 'lastRetry.message', 'workflow.status', 'workflow.failures'];

function waitsFor(source: string, env: Record<string, unknown>): boolean {
  return LATE_VARIABLES.some((variable) => source.includes(variable) && mentions(source, variable) && !flattenedHas(env, variable));
}

function mentions(source: string, variable: string): boolean {
  const show = (text: string) => lex(text).filter((token) => token.kind !== 'EOF').map((token) => `${token.kind}(${token.value})`).join(' ');
  try {
    return ` ${show(source)} `.includes(` ${show(variable)} `);
  } catch {
    return false;
  }
}

function expression(tag: string, env: Record<string, unknown>, allowUnresolved: boolean): string {
  const kept = `{{=${tag}}}`;
  let source: unknown;
  try {
    source = JSON.parse(`"${tag.replaceAll('\\u003c', '<').replaceAll('\\u003e', '>').replaceAll('\\u0026', '&')}"`);
  } catch (error) {
    if (allowUnresolved) return kept;
    throw new TemplateError(`failed to unmarshall JSON expression: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof source !== 'string') return kept;
  if (allowUnresolved && waitsFor(source, env)) return kept;
  let result: unknown;
  try {
    result = evalExpr(source, env);
  } catch (error) {
    if (allowUnresolved) return kept;
    throw new TemplateError(`failed to evaluate expression: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (result === null || result === undefined) {
    if (allowUnresolved) return kept;
    throw new TemplateError(`failed to evaluate expression ${JSON.stringify(tag)}`);
  }
  let json: string;
  try {
    json = goJsonOf(result);
  } catch (error) {
    if (allowUnresolved) return kept;
    throw new TemplateError(`failed to marshal evaluated expression: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (json.length > 1 && json.startsWith('"') && json.endsWith('"')) return json.slice(1, -1);
  return goQuoted(json);
}

/**
 * What one `{{tag}}` stands for in a scope: any value. Throws TemplateError.
 * After argo-workflows v3.7.6 util/template/resolve_var.go
 */
export function resolveVariable(text: string, scope: Readonly<Record<string, unknown>>): unknown {
  const tag = text.replace(/^\{\{/, '').replace(/\}\}$/, '').trim();
  if (!tag.startsWith('=')) {
    if (Object.hasOwn(scope, tag)) return scope[tag];
    throw new TemplateError(`Unable to resolve: ${JSON.stringify(tag)}`);
  }
  const source = tag.slice(1);
  try {
    compile(source, scope);
  } catch {
    throw new TemplateError(`Unable to compile: ${JSON.stringify(source)}`);
  }
  let result: unknown;
  try {
    result = evalExpr(source, scope);
  } catch (error) {
    if (error instanceof ExprError) throw new TemplateError(`Invalid expression: ${JSON.stringify(source)}`);
    throw error;
  }
  if (result === null) throw new TemplateError(`Unable to resolve: ${JSON.stringify(tag)}`);
  return result;
}
