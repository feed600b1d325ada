import { mask, sameAnswer } from './mask.ts';

/** What one side of a comparison typed and saw, page by page. */
export interface ParitySide {
  /** `embedded`, `kind`, `existing`, `transcript`. */
  name: string;
  pages: ParityPage[];
}

export interface ParityPage {
  page: string;
  title: string;
  commands: ParityCommand[];
  /** By the case's id: `step1/solution-alone`. Empty where a side judges nothing. */
  verdicts: Record<string, 'passed' | 'failed' | 'skipped'>;
}

export interface ParityCommand {
  command: string;
  exitCode?: number;
  output: string;
}

export interface Difference {
  /**
   * `missing`: one side never ran it. Two runs of one cluster may show these, too: `order`, the same lines in another
   * order; `moment`, a workflow or pod that was still on its way when one side was asked.
   */
  kind: 'stdout' | 'exit-code' | 'field' | 'verdict' | 'order' | 'moment' | 'missing';
  /** The command, or the case. */
  what: string;
  /** With `field`: where in the JSON that was answered, `status.phase`. */
  field?: string;
  left: string;
  right: string;
}

export interface PageParity {
  page: string;
  title: string;
  /** Commands that both sides ran. */
  compared: number;
  verdicts: number;
  differences: Difference[];
}

export interface ParityReport {
  version: 1;
  scenario: string;
  left: string;
  right: string;
  /** No difference but in order and moment. */
  equal: boolean;
  pages: PageParity[];
}

export interface ParityOptions {
  scenario: string;
  /** What a namespace of the lab's own making is called in what is compared. */
  namespace: string;
}

/** Whether two runs of the very same cluster may differ so. */
export function isAccident({ kind }: Difference): boolean {
  return kind === 'order' || kind === 'moment';
}

/** A field of this many differing places is shown; more say little. */
const MOST_FIELDS = 12;

/** Pure: where two runs of one scenario differ, after what no two runs have in common was taken out. */
export function compareSides(left: ParitySide, right: ParitySide, options: ParityOptions): ParityReport {
  const pages = left.pages.map((page) => {
    const other = right.pages.find((one) => one.page === page.page);
    return comparePage(page, other ?? { page: page.page, title: page.title, commands: [], verdicts: {} }, options.namespace);
  });
  return { version: 1, scenario: options.scenario, left: left.name, right: right.name, equal: pages.every((page) => page.differences.every(isAccident)), pages };
}

function comparePage(left: ParityPage, right: ParityPage, namespace: string): PageParity {
  const differences: Difference[] = [];
  let compared = 0;
  const rest = [...right.commands];
  for (const command of left.commands) {
    const at = rest.findIndex((one) => plain(one.command) === plain(command.command));
    const [other] = at < 0 ? [undefined] : rest.splice(at, 1);
    if (other === undefined) {
      differences.push({ kind: 'missing', what: command.command, left: exitText(command), right: 'never run' });
      continue;
    }
    compared += 1;
    differences.push(...compareCommand(command, other, namespace));
  }
  differences.push(...rest.map((command): Difference => ({ kind: 'missing', what: command.command, left: 'never run', right: exitText(command) })));
  const cases = Object.keys(left.verdicts).filter((id) => right.verdicts[id] !== undefined);
  for (const id of cases) {
    const [one, two] = [left.verdicts[id], right.verdicts[id]];
    if (one !== two) differences.push({ kind: 'verdict', what: id, left: one ?? '', right: two ?? '' });
  }
  return { page: left.page, title: left.title, compared, verdicts: cases.length, differences };
}

/** Pure: one command and its answers on both sides. */
export function compareCommand(left: ParityCommand, right: ParityCommand, namespace: string): Difference[] {
  const out: Difference[] = [];
  const what = left.command;
  if (left.exitCode !== undefined && right.exitCode !== undefined && left.exitCode !== right.exitCode) out.push({ kind: 'exit-code', what, left: String(left.exitCode), right: String(right.exitCode) });
  const [one, two] = [masked(left.output, namespace), masked(right.output, namespace)];
  if (one === two || sameAnswer(one, two)) return out;
  const fields = differingFields(jsonIn(one), jsonIn(two));
  if (fields !== undefined) {
    // A JSON answer may still be preceded by headers that differ.
    const heads = [beforeJson(one), beforeJson(two)] as const;
    if (!sameAnswer(heads[0], heads[1])) out.push(...differingLines(what, heads[0], heads[1]));
    const [before, after] = [jsonIn(one), jsonIn(two)];
    return [...out, ...fields.slice(0, MOST_FIELDS).map((field): Difference => ({ kind: onItsWay(field.field, before) || onItsWay(field.field, after) ? 'moment' : 'field', what, ...field }))];
  }
  return [...out, ...differingLines(what, one, two)];
}

function differingLines(what: string, one: string, two: string): Difference[] {
  const [left, right] = [linesOf(one), linesOf(two)];
  if (left.length === right.length && sameAnswer([...left].sort().join('\n'), [...right].sort().join('\n'))) return [{ kind: 'order', what, left: left.join('\n'), right: right.join('\n') }];
  const common = new Set(right.map((line) => comparable(line)));
  const reverse = new Set(left.map((line) => comparable(line)));
  const only = (lines: string[], others: Set<string>) => lines.filter((line) => !others.has(comparable(line)));
  const [onlyLeft, onlyRight] = [only(left, common), only(right, reverse)];
  if (onlyLeft.length === onlyRight.length && onlyLeft.length > 0 && onlyLeft.every((line, i) => line !== withoutState(line) && withoutState(line) === withoutState(onlyRight[i] ?? ''))) return [{ kind: 'moment', what, left: onlyLeft.join('\n'), right: onlyRight.join('\n') }];
  // The same lines, but not as often.
  if (onlyLeft.length === 0 && onlyRight.length === 0) return [{ kind: 'stdout', what, left: `${left.length} lines`, right: `${right.length} lines` }];
  return [{ kind: 'stdout', what, left: onlyLeft.join('\n'), right: onlyRight.join('\n') }];
}

/** What goes well, at whichever point: a failure is none of these. */
const ON_ITS_WAY = /\b(Pending|Running|Succeeded|Completed|PodInitializing|ContainerCreating|Init:\d\/\d|\d\/\d)\b/g;

function withoutState(line: string): string {
  return comparable(line).replace(ON_ITS_WAY, '<STATE>').replace(/ {2,}/g, '  ');
}

/** Whether a field is part of the state of an object that had not come to its end yet. */
function onItsWay(field: string, whole: unknown): boolean {
  const match = /^(.*?)(?:status\.|metadata\.labels\.workflows\.argoproj\.io\/(?:phase|completed)$)/.exec(field);
  if (match === null) return false;
  const index = /^items\[(\d+)\]\.$/.exec(match[1] ?? '')?.[1];
  const items = isRecord(whole) ? whole['items'] : undefined;
  const object: unknown = match[1] === '' ? whole : index !== undefined && Array.isArray(items) ? items[Number(index)] : undefined;
  const status = isRecord(object) ? object['status'] : undefined;
  return isRecord(status) && ['', 'Pending', 'Running', undefined].some((phase) => status['phase'] === phase);
}

function comparable(line: string): string {
  return line.replace(/-[a-z0-9]{5}\b/g, '-<RAND>').trim();
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
}

function masked(text: string, namespace: string): string {
  // A shell says which process it sent to the background, and that one has ended, at whichever prompt comes next.
  const own = text.replaceAll('\r\n', '\n').replace(/argo-lab-[a-z0-9]{1,20}-[a-z0-9]{5}\b/g, namespace).replace(/^\[\d+\][+-]?\s+(\d+$|(Done|Terminated|Exit \d+)\b.*$)\n?/gm, '');
  return mask(own).replace(/\n+$/, '');
}

/** Blanks in a command are the author's business. */
function plain(command: string): string {
  return command.replace(/\\\n/g, ' ').replace(/\s+/g, ' ').trim();
}

function exitText({ exitCode }: ParityCommand): string {
  return exitCode === undefined ? 'ran' : `exit code ${exitCode}`;
}

const NO_JSON = Symbol('no JSON');

/** The JSON that an answer ends with; `curl -i` puts headers before it. */
function jsonIn(text: string): unknown {
  const at = startOfJson(text);
  if (at < 0) return NO_JSON;
  try {
    // What was masked where a number or nothing else stood is no JSON any more.
    return JSON.parse(text.slice(at).replace(/(":\s*)<(RV|N|DUR|TIME)>/g, '$1"<$2>"'));
  } catch {
    return NO_JSON;
  }
}

function beforeJson(text: string): string {
  return text.slice(0, Math.max(0, startOfJson(text)));
}

function startOfJson(text: string): number {
  return text.search(/^[{[]/m);
}

/** Pure: the paths at which two JSON values differ; undefined when one of them is none. */
export function differingFields(left: unknown, right: unknown): { field: string; left: string; right: string }[] | undefined {
  if (left === NO_JSON || right === NO_JSON || typeof left !== 'object' || typeof right !== 'object') return undefined;
  const out: { field: string; left: string; right: string }[] = [];
  walk(left, right, '', out);
  return out;
}

function walk(left: unknown, right: unknown, path: string, out: { field: string; left: string; right: string }[]): void {
  if (Array.isArray(left) && Array.isArray(right)) {
    for (let i = 0; i < Math.max(left.length, right.length); i++) walk(left[i], right[i], `${path}[${i}]`, out);
    return;
  }
  if (isRecord(left) && isRecord(right)) {
    // A key may be a generated name: both sides' keys are looked at as they are compared.
    const [one, two] = [keyed(left), keyed(right)];
    for (const key of new Set([...one.keys(), ...two.keys()])) walk(one.get(key), two.get(key), path === '' ? key : `${path}.${key}`, out);
    return;
  }
  const [one, two] = [show(left), show(right)];
  if (!sameAnswer(one, two)) out.push({ field: path, left: one, right: two });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyed(value: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(value).map(([key, inner]) => [comparable(key).replace(/-\d{6,10}$/, '-<N>'), inner]));
}

function show(value: unknown): string {
  return value === undefined ? '(absent)' : typeof value === 'string' ? value : JSON.stringify(value);
}
