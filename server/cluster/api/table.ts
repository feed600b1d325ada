import { isJsonObject } from '../../lib/json.ts';
import type { KubeObject } from '../store/object.ts';
import { badRequest } from './errors.ts';
import type { TablePrinter } from './hooks.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import { partialMetadata, writeObject } from './serialize.ts';

export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** Throws ApiStatus 400. */
export function readIncludeObject(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'Metadata' || value === 'Object' || value === 'None') return value;
  throw badRequest(`Unable to convert to Table as requested: includeObject: Invalid value: "${value}": must be 'Metadata', 'Object', 'None', or empty`);
}

export interface TableRequest {
  info: ResourceInfo;
  printer: TablePrinter;
  /** Milliseconds since the epoch, for ages. */
  now: number;
  include: IncludeObject;
  version: string;
  metadata: Record<string, unknown>;
  /** Later tables of a watch leave their columns out. */
  withoutColumns?: boolean;
}

/** Objects as a meta.k8s.io Table. */
export function writeTable(objects: readonly KubeObject[], request: TableRequest): unknown {
  const { info, printer, now, include, version, metadata } = request;
  const rowObject = (object: KubeObject): unknown => {
    if (include === 'None') return null;
    return include === 'Object' ? writeObject(info, object) : partialMetadata(object, version);
  };
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: request.withoutColumns === true ? null : printer.columns(info),
    rows: objects.map((object) => {
      const { cells, conditions } = printer.row(info, object, now);
      return { cells, ...(conditions === undefined || conditions.length === 0 ? {} : { conditions }), object: rowObject(object) };
    }),
  };
}

/** Scales are no resource of their own: their columns stand here. The name's and the age's are taken from `others`. */
export function scalePrinter(others: TablePrinter): TablePrinter {
  const deployments: ResourceInfo = { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment', singular: 'deployment', namespaced: true, verbs: [] };
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    columns() {
      const columns = others.columns(deployments);
      const named = (name: string) => columns.filter((column) => column.name === name);
      const own = (name: string, description: string) => ({ name, type: 'integer', format: '', description, priority: 0 });
      return [...named('Name'), own('Desired', 'desired number of instances for the scaled object.'), own('Available', 'actual number of observed instances of the scaled object.'), ...named('Age')];
    },
    row(_info, object, now) {
      const { cells } = others.row(deployments, { ...object, apiVersion: 'apps/v1', kind: 'Deployment', spec: {}, status: {} }, now);
      const age = others.columns(deployments).findIndex((column) => column.name === 'Age');
      const spec = isJsonObject(object.spec) ? object.spec : {};
      const status = isJsonObject(object.status) ? object.status : {};
      return { cells: [object.metadata.name, number(spec.replicas), number(status.replicas), cells[age]] };
    },
  };
}
