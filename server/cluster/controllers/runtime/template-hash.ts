const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** FNV-1a over 32 bits. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}

/** Digits as letters that form no words: the form of `pod-template-hash`. After k8s.io/apimachinery/pkg/util/rand SafeEncodeString */
export function safeEncode(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text)) out += SAFE.charAt(byte % SAFE.length);
  return out;
}

/** A short name for a template: the same for equal templates, whatever the order of their fields. */
export function templateHash(template: unknown, collisions = 0): string {
  return safeEncode(String(fnv32a(canonical(template) + (collisions > 0 ? String(collisions) : ''))));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${canonical(v)}`).join(',')}}`;
}
