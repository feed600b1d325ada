/** RFC 6902 as Kubernetes applies it. After evanphx/json-patch v4.12 patch.go: `replace` of a missing key adds it. */
import { isRecord, own, put, sameJson, type JsonRecord } from './json-values.ts';
import { ApiStatus } from '../status.ts';

/** How many operations a patch may hold. */
const MAX_OPERATIONS = 10_000;
/** Bytes that all copies of a patch may add. After kubernetes 1.32 apiserver/pkg/server/config.go (JSONPatchMaxCopyBytes) */
const MAX_COPIED = 3 * 1024 * 1024;

/** What operations of a patch work on. */
interface Root {
  value: unknown;
  /** Bytes that were copied so far. */
  copied: number;
}

/** Applies `patch` to a copy of `document`. Throws ApiStatus 400 for what is no patch, 422 for what does not apply. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw new ApiStatus(400, 'BadRequest', `error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type []handlers.jsonPatchOp`);
  }
  if (patch.length > MAX_OPERATIONS) {
    throw new ApiStatus(413, 'RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`);
  }
  const root: Root = { value: structuredClone(document), copied: 0 };
  for (const operation of patch) {
    if (!isRecord(operation)) throw new ApiStatus(400, 'BadRequest', `error decoding patch: json: cannot unmarshal ${goKind(operation)} into Go value of type handlers.jsonPatchOp`);
    apply(root, operation);
  }
  return root.value;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

/** The API server does not say what was wrong. */
function rejected(): ApiStatus {
  return new ApiStatus(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

function apply(root: Root, operation: JsonRecord): void {
  const { op, path, from } = operation;
  const value = structuredClone(operation.value ?? null);
  if (typeof path !== 'string') throw rejected();
  switch (op) {
    case 'add':
      return add(root, path, value);
    case 'remove':
      return remove(root, path);
    case 'replace':
      return replace(root, path, value);
    case 'test':
      if (!sameJson(read(root, path, true) ?? null, value)) throw rejected();
      return;
    case 'move':
    case 'copy': {
      if (typeof from !== 'string') throw rejected();
      const moved = read(root, from, op === 'move');
      if (op === 'move') remove(root, from);
      else root.copied += Buffer.byteLength(JSON.stringify(moved) ?? '');
      if (root.copied > MAX_COPIED) throw rejected();
      return add(root, path, structuredClone(moved));
    }
    default:
      throw rejected();
  }
}

function split(path: string): string[] {
  return path.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The container of what the path names, and the last part of the path. */
function locate(root: Root, path: string): [JsonRecord | unknown[], string] {
  const parts = split(path);
  const key = parts.pop();
  if (key === undefined) throw rejected();
  let at = root.value;
  for (const part of parts) at = Array.isArray(at) ? at[index(at, part)] : isRecord(at) ? own(at, part) : undefined;
  if (!Array.isArray(at) && !isRecord(at)) throw rejected();
  return [at, key];
}

function index(list: readonly unknown[], part: string, limit = list.length - 1): number {
  if (!/^-?\d+$/.test(part)) throw rejected();
  const number = Number(part);
  const at = number < 0 ? number + limit + 1 : number;
  if (at < 0 || at > limit) throw rejected();
  return at;
}

function read(root: Root, path: string, lenient: boolean): unknown {
  if (path === '') return root.value;
  const [container, key] = locate(root, path);
  if (Array.isArray(container)) return container[index(container, key)];
  if (!lenient && !Object.hasOwn(container, key)) throw rejected();
  return own(container, key);
}

function add(root: Root, path: string, value: unknown): void {
  const [container, key] = locate(root, path);
  if (!Array.isArray(container)) put(container, key, value);
  else if (key === '-') container.push(value);
  else container.splice(index(container, key, container.length), 0, value);
}

function remove(root: Root, path: string): void {
  const [container, key] = locate(root, path);
  if (Array.isArray(container)) container.splice(index(container, key), 1);
  else if (Object.hasOwn(container, key)) delete container[key];
  else throw rejected();
}

function replace(root: Root, path: string, value: unknown): void {
  const [container, key] = locate(root, path);
  if (Array.isArray(container)) container[index(container, key)] = value;
  else put(container, key, value);
}
