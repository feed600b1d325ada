import { z } from 'zod';
import type { KubeObject } from '../../store/object.ts';
import type { TableColumn, TablePrinter } from '../hooks.ts';
import type { PrinterColumn, ResourceInfo } from '../scheme/resource-info.ts';
import { humanDuration } from './format.ts';
import { findPath } from './json-path.ts';
import { builtInRow, type Row } from './printers.ts';
import data from './data/columns.json' with { type: 'json' };

export { findPath } from './json-path.ts';
export { humanDuration } from './format.ts';

/** `[name, type, format, priority, index of the description]`, by `group/version/resource`: what a real server says. */
const Tables = z.record(z.string(), z.array(z.tuple([z.string(), z.string(), z.string(), z.number(), z.number()])));
let tables: z.infer<typeof Tables> | undefined;

const NAME_KEY = 'v1/configmaps';

function builtInColumns(key: string): TableColumn[] | undefined {
  tables ??= Tables.parse(data.tables);
  return tables[key]?.map(([name, type, format, priority, description]) => ({ name, type, format, description: data.descriptions[description] ?? '', priority }));
}

/** The columns that every kind has: its name, and when it was made. */
function common(): { name: TableColumn; created: TableColumn } {
  const [name, , age] = builtInColumns(NAME_KEY) ?? [];
  if (name === undefined || age === undefined) throw new Error(`no columns for ${NAME_KEY}`);
  return { name, created: { ...age, name: 'Created At', type: 'date' } };
}

/** Tables as `kubectl get` asks for them: built-in kinds by their printers, custom ones by their definition's columns. */
export const tablePrinter: TablePrinter = {
  columns(info: ResourceInfo): TableColumn[] {
    const known = info.custom === undefined ? builtInColumns([...(info.group === '' ? [] : [info.group]), info.version, info.resource].join('/')) : undefined;
    if (known !== undefined) return known;
    const { name, created } = common();
    if (info.custom === undefined) return [name, created];
    return [name, ...columnsOf(info).map((c) => ({ name: c.name, type: c.type, format: c.format ?? '', description: c.description ?? (c === AGE ? created.description : `Custom resource definition column (in JSONPath format): ${c.jsonPath}`), priority: c.priority ?? 0 }))];
  },
  row(info: ResourceInfo, object: KubeObject, now: number): Row {
    if (info.custom === undefined) return builtInRow(info.group, info.resource, object, now) ?? { cells: [object.metadata.name, object.metadata.creationTimestamp ?? null] };
    return { cells: [object.metadata.name, ...columnsOf(info).map((column) => customCell(column, object, now))] };
  },
};

const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function columnsOf(info: ResourceInfo): readonly PrinterColumn[] {
  const own = info.custom?.printerColumns ?? [];
  return own.length === 0 ? [AGE] : own;
}

/** After kubernetes 1.32 apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go */
function customCell({ type, jsonPath }: PrinterColumn, object: KubeObject, now: number): unknown {
  const found = findPath(object, jsonPath);
  const [first] = found;
  if (first === undefined) return null;
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : typeof first === 'string' && /^-?\d+$/.test(first) ? Number(first) : null;
    case 'number':
      return typeof first === 'number' ? first : typeof first === 'string' && first !== '' && !Number.isNaN(Number(first)) ? Number(first) : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date': {
      const at = typeof first === 'string' ? Date.parse(first) : Number.NaN;
      return typeof first !== 'string' ? null : Number.isNaN(at) ? '<invalid>' : humanDuration(now - at);
    }
    default:
      return found.map((value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value === null ? '' : String(value))).join(' ');
  }
}
