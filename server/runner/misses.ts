import type { Exercise, Page } from '../scenario/model.ts';

/** A near miss that is still to be tried. */
export interface Miss {
  miss: Exercise['nearMisses'][number];
  /** 1 for the first of its page. */
  number: number;
}

/** The near misses of a scenario that nobody has tried yet; several walks take from them. */
export class Misses {
  readonly #waiting = new Map<string, Miss[]>();

  constructor(pages: readonly Page[]) {
    for (const page of pages) this.#waiting.set(page.id, (page.exercise?.nearMisses ?? []).map((miss, index) => ({ miss, number: index + 1 })));
  }

  get left(): number {
    return [...this.#waiting.values()].reduce((sum, list) => sum + list.length, 0);
  }

  has(page: Page): boolean {
    return (this.#waiting.get(page.id)?.length ?? 0) > 0;
  }

  take(page: Page): Miss | undefined {
    return this.#waiting.get(page.id)?.shift();
  }
}
