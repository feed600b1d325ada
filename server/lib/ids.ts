import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** Where names, uids and secrets come from, so that a test can make them predictable. */
export interface Ids {
  uuid(): string;
  /** The suffix that Kubernetes adds to a generateName: five characters without vowels and look-alikes. */
  suffix(): string;
  /** `length` characters of `a-z0-9`, as Argo's own name generator uses. */
  alphanumeric(length: number): string;
  /** An unguessable token of at least 128 bits, safe in a URL. */
  secret(): string;
}

// After kubernetes 1.32 staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789';

function pick(alphabet: string, length: number, random: (max: number) => number): string {
  let out = '';
  for (let i = 0; i < length; i++) out += alphabet.charAt(random(alphabet.length));
  return out;
}

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  suffix: () => pick(SUFFIX_ALPHABET, 5, (max) => randomInt(max)),
  alphanumeric: (length) => pick(ALPHANUMERIC, length, (max) => randomInt(max)),
  secret: () => randomBytes(24).toString('base64url'),
};

/** Ids that are the same in every run: for tests and byte-stable transcripts. */
export function seededIds(seed = 1): Ids {
  let state = seed >>> 0;
  // mulberry32: small, and good enough for names that only have to differ.
  const random = (max: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * max);
  };
  const hex = (n: number) => pick('0123456789abcdef', n, random);
  return {
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    suffix: () => pick(SUFFIX_ALPHABET, 5, random),
    alphanumeric: (length) => pick(ALPHANUMERIC, length, random),
    secret: () => hex(48),
  };
}
