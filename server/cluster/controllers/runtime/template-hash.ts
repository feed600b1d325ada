import { goDump } from '../../api/schema/go-dump.ts';

const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a over 32 bits. */
export function fnv32a(data: string | Uint8Array): number {
  let hash = BASIS;
  for (const byte of Buffer.from(data)) hash = Math.imul(hash ^ byte, PRIME) >>> 0;
  return hash >>> 0;
}

/** FNV-1 over 32 bits. */
export function fnv32(data: string | Uint8Array): number {
  let hash = BASIS;
  for (const byte of Buffer.from(data)) hash = (Math.imul(hash, PRIME) ^ byte) >>> 0;
  return hash;
}

/** Digits as letters that form no words: the form of `pod-template-hash`. After k8s.io/apimachinery/pkg/util/rand SafeEncodeString */
export function safeEncode(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text)) out += SAFE.charAt(byte % SAFE.length);
  return out;
}

/** What `pod-template-hash` says of a template. After kubernetes 1.32 pkg/controller/controller_utils.go ComputeHash */
export function templateHash(template: unknown, collisions?: number): string {
  const count = Buffer.alloc(collisions === undefined ? 0 : 8);
  if (collisions !== undefined) count.writeUInt32LE(collisions >>> 0);
  return safeEncode(String(fnv32a(Buffer.concat([Buffer.from(goDump(template, 'core/v1.PodTemplateSpec')), count]))));
}

/** What `controller-revision-hash` says of what a revision holds, as it is stored. After kubernetes 1.32 pkg/controller/history HashControllerRevision */
export function revisionHash(data: string, collisions: number): string {
  return safeEncode(String(fnv32(Buffer.from(`${data}${collisions}`))));
}

/** JSON as Go writes maps: keys in order, and what HTML would take for its own as numbers. */
export function goJson(value: unknown): string {
  return JSON.stringify(sorted(value)).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}
