import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';

/** A part of the page whose code is fetched on demand. */
export interface Lazy<T> {
  value: Signal<T | undefined>;
  /** The code could not be fetched: the lab is gone, or another version of it runs by now. */
  failed: Signal<boolean>;
  load(): void;
}

export function lazy<T>(fetch: () => Promise<T>): Lazy<T> {
  const value = signal<T | undefined>(undefined);
  const failed = signal(false);
  let loading = false;
  const load = () => {
    if (loading || value.value !== undefined) return;
    loading = true;
    failed.value = false;
    fetch().then(
      (loaded) => {
        value.value = loaded;
        loading = false;
      },
      () => {
        failed.value = true;
        loading = false;
      },
    );
  };
  return { value, failed, load };
}
