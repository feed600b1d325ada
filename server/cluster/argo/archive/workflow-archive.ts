import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import { matchesLabels, type LabelSelector } from '../../store/selectors.ts';

export const ARCHIVING_STATUS = 'workflows.argoproj.io/workflow-archiving-status';

/** What a list asks for; an empty text or nothing at all is no condition. */
export interface ArchiveFilter {
  namespace?: string;
  name?: string;
  nameFilter?: string;
  namePrefix?: string;
  labels?: LabelSelector;
  /** Milliseconds; both ends count. */
  startedFrom?: number;
  startedTo?: number;
  createdFrom?: number;
  finishedTo?: number;
}

interface Archived {
  uid: string;
  name: string;
  namespace: string;
  labels: Record<string, string>;
  created: number;
  started: number;
  finished: number;
  workflow: JsonObject;
}

/**
 * Finished workflows, kept when their objects are gone. The real one keeps them in PostgreSQL or MySQL; here they live in
 * memory and in the cluster's snapshot. After argo-workflows v3.7.6 persist/sqldb/workflow_archive.go
 */
export class WorkflowArchive {
  readonly #byUid = new Map<string, Archived>();

  /** `restore` is what `snapshot()` of an earlier run returned. */
  constructor(restore: readonly JsonObject[] = []) {
    for (const workflow of restore) this.put(workflow);
  }

  put(workflow: JsonObject): void {
    const metadata = objectAt(workflow, 'metadata');
    const status = objectAt(workflow, 'status');
    const labels = { ...textsOf(metadata['labels']), [ARCHIVING_STATUS]: 'Persisted' };
    const kept = structuredClone({ ...workflow, metadata: { ...metadata, labels } });
    const uid = textAt(metadata, 'uid');
    this.#byUid.set(uid, { uid, name: textAt(metadata, 'name'), namespace: textAt(metadata, 'namespace'), labels, created: timeAt(metadata, 'creationTimestamp'), started: timeAt(status, 'startedAt'), finished: timeAt(status, 'finishedAt'), workflow: kept });
  }

  get(uid: string): JsonObject | undefined {
    const found = this.#byUid.get(uid);
    return found === undefined ? undefined : structuredClone(found.workflow);
  }

  /** The one that started last among those of a name. */
  latest(namespace: string, name: string): JsonObject | undefined {
    const [found] = this.#find({ namespace, name });
    return found === undefined ? undefined : structuredClone(found.workflow);
  }

  /** What lists show of each, the last started first. */
  list(filter: ArchiveFilter): JsonObject[] {
    return this.#find(filter).map(summary);
  }

  count(filter: ArchiveFilter): number {
    return this.#find(filter).length;
  }

  delete(uid: string): void {
    this.#byUid.delete(uid);
  }

  /** Forgets what ended before a time. */
  deleteFinishedBefore(time: number): void {
    for (const { uid, finished } of [...this.#byUid.values()]) if (finished < time) this.#byUid.delete(uid);
  }

  labelKeys(): string[] {
    return [...new Set([...this.#byUid.values()].flatMap(({ labels }) => Object.keys(labels)))].sort();
  }

  labelValues(key: string): string[] {
    return [...new Set([...this.#byUid.values()].flatMap(({ labels }) => labels[key] ?? []))].sort();
  }

  snapshot(): JsonObject[] {
    return [...this.#byUid.values()].map(({ workflow }) => workflow);
  }

  #find(filter: ArchiveFilter): Archived[] {
    return [...this.#byUid.values()].filter((one) => fits(one, filter)).sort((a, b) => b.started - a.started);
  }
}

function fits(one: Archived, { namespace = '', name = '', nameFilter = '', namePrefix = '', labels, startedFrom, startedTo, createdFrom, finishedTo }: ArchiveFilter): boolean {
  if (namespace !== '' && one.namespace !== namespace) return false;
  if (name !== '' && !(nameFilter === 'Contains' ? one.name.includes(name) : nameFilter === 'Prefix' ? one.name.startsWith(name) : one.name === name)) return false;
  if (!one.name.startsWith(namePrefix)) return false;
  if (labels !== undefined && !matchesLabels(labels, one.labels)) return false;
  return (startedFrom === undefined || one.started >= startedFrom) && (startedTo === undefined || one.started <= startedTo) && (createdFrom === undefined || one.created >= createdFrom) && (finishedTo === undefined || one.finished <= finishedTo);
}

/** The columns of the real table: enough for a list, without specification and nodes. */
function summary({ workflow, labels }: Archived): JsonObject {
  const metadata = objectAt(workflow, 'metadata');
  const status = objectAt(workflow, 'status');
  const suspend = objectAt(workflow, 'spec')['suspend'];
  const pick = (from: JsonObject, ...names: string[]): JsonObject => Object.fromEntries(names.flatMap((name) => (from[name] === undefined || from[name] === null ? [] : [[name, from[name]]])));
  return structuredClone({
    metadata: { ...pick(metadata, 'name', 'namespace', 'uid', 'creationTimestamp', 'annotations'), labels },
    spec: { arguments: {}, ...(suspend === undefined || suspend === null ? {} : { suspend }) },
    status: { ...pick(status, 'phase', 'startedAt', 'finishedAt', 'estimatedDuration', 'progress', 'message', 'resourcesDuration') },
  });
}

function objectAt(parent: JsonObject, name: string): JsonObject {
  const value = parent[name];
  return isJsonObject(value) ? value : {};
}

function textAt(parent: JsonObject, name: string): string {
  const value = parent[name];
  return typeof value === 'string' ? value : '';
}

function timeAt(parent: JsonObject, name: string): number {
  const ms = Date.parse(textAt(parent, name));
  return Number.isNaN(ms) ? 0 : ms;
}

function textsOf(value: unknown): Record<string, string> {
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)])) : {};
}
