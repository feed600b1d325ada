/** Text that is put on one line where it fits, else on many. After go-cmp v0.7 cmp/report_text.go */
export type TextNode = { t: 'line'; s: string } | { t: 'wrap'; prefix: string; value: TextNode; suffix: string } | { t: 'list'; records: TextRecord[] };

export type Diff = '' | '-' | '+';

export interface TextRecord {
  diff?: Diff;
  key?: string;
  value: TextNode;
  elideComma?: boolean;
  comment?: Stats;
}

export interface Stats {
  name: string;
  identical: number;
  removed: number;
  inserted: number;
  modified: number;
}

export const line = (s: string): TextNode => ({ t: 'line', s });
export const wrap = (prefix: string, value: TextNode, suffix = ''): TextNode => ({ t: 'wrap', prefix, value, suffix });
export const braces = (records: TextRecord[]): TextNode => wrap('{', { t: 'list', records }, '}');
export const NIL = line('nil');
const ELLIPSIS = '...';
const MAX_COLUMNS = 80;

export function isEllipsis(node: TextNode | undefined): boolean {
  return node?.t === 'line' && node.s === ELLIPSIS;
}

export function appendEllipsis(records: TextRecord[], stats?: Stats): void {
  const last = records.at(-1);
  if (last === undefined || !isEllipsis(last.value)) records.push({ value: line(ELLIPSIS), elideComma: true, ...(stats === undefined ? {} : { comment: stats }) });
  else if (stats !== undefined) last.comment = last.comment === undefined ? stats : addStats(last.comment, stats);
}

export function addStats(a: Stats, b: Stats): Stats {
  return { name: a.name, identical: a.identical + b.identical, removed: a.removed + b.removed, inserted: a.inserted + b.inserted, modified: a.modified + b.modified };
}

export function sameText(a: TextNode, b: TextNode): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** On one line. */
export function lengthOf(node: TextNode): number {
  if (node.t === 'line') return Buffer.byteLength(node.s);
  if (node.t === 'wrap') return node.prefix.length + lengthOf(node.value) + node.suffix.length;
  return node.records.reduce((sum, { key = '', value }, index) => sum + key.length + (key === '' ? 0 : 2) + lengthOf(value) + (index < node.records.length - 1 ? 2 : 0), 0);
}

export function render(node: TextNode): string {
  return `  ${expanded(compacted(node, '').node, '', 0)}\n`;
}

function compacted(node: TextNode, diff: Diff): { text: string; node: TextNode } {
  if (node.t === 'line') return { text: node.s, node };
  if (node.t === 'wrap') {
    const { text, node: value } = compacted(node.value, diff);
    const whole = node.prefix + text + node.suffix;
    return { text: whole, node: value.t === 'line' ? line(whole) : { ...node, value } };
  }
  let multiLine = false;
  const parts: string[] = [];
  const records = node.records.map((record) => {
    if (record.diff === '+' || record.diff === '-') multiLine = true;
    const inner = compacted(record.value, record.diff === undefined || record.diff === '' ? diff : record.diff);
    if (inner.node.t !== 'line' || record.comment !== undefined) multiLine = true;
    parts.push(`${record.key === undefined ? '' : `${record.key}: `}${inner.text}`);
    return { ...record, value: inner.node };
  });
  const text = parts.join(', ');
  if (diff !== '' && Buffer.byteLength(text) > MAX_COLUMNS) multiLine = true;
  return { text, node: multiLine ? { t: 'list', records } : line(text) };
}

function indent(diff: Diff, depth: number): string {
  return `\n${diff === '' ? ' ' : diff} ${'\t'.repeat(depth)}`;
}

function expanded(node: TextNode, diff: Diff, depth: number): string {
  if (node.t === 'line') return node.s;
  if (node.t === 'wrap') return node.prefix + expanded(node.value, diff, depth) + node.suffix;
  const { records } = node;
  if (records.length > 0 && records.every(({ diff: own = '', key, value, comment }) => own === '' && key === undefined && value.t === 'line' && comment === undefined)) return batched(records, diff, depth);
  const keyPads = pads(records, ({ key, value }) => (key === undefined || value.t !== 'line' ? undefined : [...key].length));
  const valuePads = pads(records, ({ value, comment }) => (value.t !== 'line' || isEllipsis(value) || comment === undefined ? undefined : [...value.s].length));
  const rows = records.map((record, i) => {
    const own = record.diff === undefined || record.diff === '' ? diff : record.diff;
    const key = record.key === undefined ? '' : `${record.key}: `;
    const comment = record.comment === undefined ? '' : ` // ${statsText(record.comment)}`;
    return `${indent(own, depth + 1)}${key}${' '.repeat(keyPads[i] ?? 0)}${expanded(record.value, own, depth + 1)}${record.elideComma === true ? '' : ','}${' '.repeat(valuePads[i] ?? 0)}${comment}`;
  });
  return rows.join('') + indent(diff, depth);
}

/** Simple values share lines. */
function batched(records: readonly TextRecord[], diff: Diff, depth: number): string {
  let out = '';
  let batch = '';
  const emit = (): void => {
    if (batch !== '') out += indent(diff, depth + 1) + batch.trimEnd();
    batch = '';
  };
  for (const { value } of records) {
    const text = value.t === 'line' ? value.s : '';
    if (Buffer.byteLength(batch) + Buffer.byteLength(text) + 2 > MAX_COLUMNS) emit();
    batch += `${text}, `;
  }
  emit();
  return out + indent(diff, depth);
}

/** Spaces that line up neighbours; what has no length parts them. */
function pads(records: readonly TextRecord[], lengthOfRecord: (record: TextRecord) => number | undefined): number[] {
  const lengths = records.map(lengthOfRecord);
  const out: number[] = records.map(() => 0);
  let start = 0;
  for (let i = 0; i <= lengths.length; i++) {
    if (lengths[i] !== undefined) continue;
    const widest = Math.max(0, ...lengths.slice(start, i).map((length) => length ?? 0));
    for (let j = start; j < i; j++) out[j] = widest - (lengths[j] ?? 0);
    start = i + 1;
  }
  return out;
}

function statsText(stats: Stats): string {
  const counts: [number, string][] = [[stats.identical, 'identical'], [stats.removed, 'removed'], [stats.inserted, 'inserted'], [stats.modified, 'modified']];
  const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const sum = counts.reduce((total, [count]) => total + count, 0);
  const name = sum > 1 ? `${stats.name}s`.replace(/ys$/, 'ies') : stats.name;
  return said.length <= 2 ? `${said.join(' and ')} ${name}` : `${said.slice(0, -1).join(', ')}, and ${said.at(-1) ?? ''} ${name}`;
}
