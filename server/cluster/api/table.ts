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
