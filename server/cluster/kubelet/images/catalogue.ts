import { createHash } from 'node:crypto';
import type { ImageEntry } from '../../program.ts';
import { parseImageReference, repositoryKey, type ImageReference } from './reference.ts';

export type ImageLookup =
  | { kind: 'found'; reference: ImageReference; entry: ImageEntry; imageID: string; size: number }
  | { kind: 'missing'; reference: ImageReference }
  | { kind: 'invalid' };

/** Which image references the cluster knows, and what stands behind them. */
export interface ImageRegistry {
  lookup(image: string): ImageLookup;
  /** Adds an entry, or takes the place of the one with the same repository and tags; the returned function takes it away. */
  register(entry: ImageEntry): () => void;
  /** Repositories in alphabetical order. */
  names(): string[];
}

export function createImageRegistry(entries: readonly ImageEntry[] = []): ImageRegistry {
  /** By repository, or by repository and tag for an entry that has only some tags. */
  const byName = new Map<string, ImageEntry>();
  const register = (entry: ImageEntry) => {
    const repository = repositoryKey(entry.repository);
    const undo = (entry.tags?.map((tag) => `${repository}:${tag}`) ?? [repository]).map((key) => {
      const before = byName.get(key);
      byName.set(key, entry);
      return () => {
        if (byName.get(key) !== entry) return;
        if (before === undefined) byName.delete(key);
        else byName.set(key, before);
      };
    });
    return () => undo.forEach((one) => one());
  };
  for (const entry of entries) register(entry);
  return {
    register,
    names: () => [...new Set([...byName.values()].map(({ repository }) => repositoryKey(repository)))].sort(),
    lookup(image) {
      const reference = parseImageReference(image);
      if (reference === undefined) return { kind: 'invalid' };
      const { repository } = reference;
      // What a digest stands for can't be known here: any version will do.
      const entry = byName.get(`${repository}:${reference.tag}`) ?? byName.get(repository) ?? (reference.digest === undefined ? undefined : [...byName.values()].find((one) => repositoryKey(one.repository) === repository));
      if (entry === undefined) return { kind: 'missing', reference };
      const hash = createHash('sha256').update(reference.canonical).digest('hex');
      return {
        kind: 'found',
        reference,
        entry,
        imageID: `${reference.name}@${reference.digest ?? `sha256:${hash}`}`,
        size: entry.size ?? 1_000_000 + (Number.parseInt(hash.slice(0, 6), 16) % 9_000_000),
      };
    },
  };
}

/** What containerd says about an image that does not exist. */
export function pullError(reference: ImageReference): string {
  const name = reference.canonical;
  return `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
}

/** Whether a tag can be taken for one that was loaded onto the node beforehand, so that `imagePullPolicy: Never` works. */
export function isPlausibleTag(tag: string): boolean {
  return tag === 'latest' || tag === 'stable' || /^v?\d/.test(tag);
}
