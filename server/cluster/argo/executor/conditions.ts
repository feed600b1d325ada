import { execFile } from 'node:child_process';
import { isJsonObject } from '../../../lib/json.ts';

/** Reads a dotted path with indexes and `#(k==v)`, as gjson does; undefined when it leads nowhere. */
export function valueAt(root: unknown, path: string): unknown {
  let value: unknown = root;
  for (const part of path.split(/\.(?![^(]*\))/)) {
    const filter = /^#\(([^)=!<>]+)(==|!=|=)?"?([^")]*)"?\)(#)?$/.exec(part);
    if (filter !== null && Array.isArray(value)) {
      const [, key = '', operator, wanted = '', all] = filter;
      const fits = (item: unknown): boolean => {
        const own = valueAt(item, key);
        return operator === undefined ? own !== undefined : (String(own) === wanted) === (operator !== '!=');
      };
      value = all === undefined ? (value.find(fits) as unknown) : value.filter(fits);
    } else if (part === '#' && Array.isArray(value)) value = value.length;
    else if (Array.isArray(value)) value = value[Number(part)] as unknown;
    else if (isJsonObject(value)) value = value[part.replaceAll('\\.', '.')];
    else return undefined;
  }
  return value;
}

type Operator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One term of a condition. */
export interface Requirement {
  key: string;
  operator: Operator;
  values: string[];
}

/** Takes a condition apart: the syntax of label selectors, over paths; sorted by path. Throws for one that makes no sense. */
export function parseCondition(condition: string): Requirement[] {
  const terms = condition.split(/,(?![^(]*\))/).map((term) => term.trim());
  const requirements = terms.map((term): Requirement => {
    const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
    if (set !== null) return { key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notin', values: (set[3] ?? '').split(',').map((value) => value.trim()).sort() };
    const compared = /^([^\s=!<>]+(?:\([^)]*\))?[^\s=!<>]*)\s*(==|!=|=|>|<)\s*(\S*)$/.exec(term);
    if (compared !== null) {
      const operators: Record<string, Operator> = { '>': 'gt', '<': 'lt', '==': '==', '!=': '!=', '=': '=' };
      return { key: compared[1] ?? '', operator: operators[compared[2] ?? ''] ?? '=', values: [compared[3] ?? ''] };
    }
    if (/^!\s*\S+$/.test(term)) return { key: term.slice(1).trim(), operator: '!', values: [] };
    if (/^\S+$/.test(term)) return { key: term, operator: 'exists', values: [] };
    const stray = term.split(/\s+/)[1] ?? '';
    throw new Error(`unable to parse requirement: found '${stray}', expected: in, notin, =, ==, !=, gt, lt`);
  });
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** As Kubernetes prints a selector: `status.phase==Succeeded`, `a in (x,y)`. */
export function showSelector(requirements: readonly Requirement[]): string {
  return requirements
    .map(({ key, operator, values }) => {
      if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`;
      if (operator === 'exists') return key;
      if (operator === '!') return `!${key}`;
      return `${key}${operator === 'gt' ? '>' : operator === 'lt' ? '<' : operator}${values[0] ?? ''}`;
    })
    .join(',');
}

/** As Go prints the struct of a requirement: `{status.phase == [Succeeded]}`. */
export const showRequirement = ({ key, operator, values }: Requirement): string => `{${key} ${operator} [${values.join(' ')}]}`;

/** Whether an object meets a requirement. */
export function meets(object: unknown, { key, operator, values }: Requirement): boolean {
  const found = valueAt(object, key);
  const text = found === undefined || found === null ? '' : typeof found === 'object' ? JSON.stringify(found) : String(found as string | number | boolean);
  const has = found !== undefined;
  switch (operator) {
    case 'exists':
      return has;
    case '!':
      return !has;
    case '!=':
    case 'notin':
      return !has || !values.includes(text);
    case 'gt':
      return has && Number(text) > Number(values[0]);
    case 'lt':
      return has && Number(text) < Number(values[0]);
    default:
      return has && values.includes(text);
  }
}

const JQ_LIMIT_MS = 5000;
const NOBODY = 65534;
const JQ_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** With so much memory, and no word of this machine in its environment: a filter sees that. */
const JQ = `ulimit -v 1048576; ulimit -c 0; jq=$(PATH=$1 command -v jq) || exit 127; exec "$jq" -r -c "$2"`;

/** What a jq filter makes of an object: its outputs, one a line. Needs `jq` on this machine for more than a plain path. Throws. */
export async function jqFilter(object: unknown, filter: string): Promise<string> {
  const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));
  const plain = /^\s*((?:\.[A-Za-z_]\w*)+|\.)\s*$/.exec(filter)?.[1];
  if (plain !== undefined) return show(plain === '.' ? object : valueAt(object, plain.slice(1)));
  // Modules would be files of this machine. They stand before all else, but for comments; these may stand within, too.
  const bare = filter.replace(/^(?:\s+|#[^\n]*(?:\n|$))+/, '');
  const directive = /^(?:module|import|include)\b/.exec(bare)?.[0] ?? /\bmodulemeta\b/.exec(filter)?.[0];
  if (directive !== undefined) throw new Error(`cannot load module: ${/"((?:[^"\\]|\\.)*)"/.exec(bare)?.[0] ?? directive}`);
  return await new Promise<string>((resolve, reject) => {
    // The space keeps a filter that begins with a minus from being an option; older versions of jq know no `--`.
    const nobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const child = execFile('/bin/sh', ['-c', JQ, 'jq', process.env['PATH'] ?? '', ` ${filter}`], { ...nobody, env: { PATH: JQ_PATH }, cwd: '/', timeout: JQ_LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error('code' in error && error.code === 127 ? 'this machine has no jq' : stderr.replace(/^jq: /, '').trim() || error.message));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(object));
  });
}
