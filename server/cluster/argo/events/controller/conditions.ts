import { z } from 'zod';
import { rfc3339 } from '../../../../lib/clock.ts';

const Condition = z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string().optional(), reason: z.string().optional(), message: z.string().optional() });
type Condition = z.infer<typeof Condition>;
const Status = z.object({ conditions: z.array(Condition).nullish() });

/** The conditions of an object's status. After argo-events v1.9.9 pkg/apis/events/v1alpha1/status_types.go */
export class Conditions {
  #list: readonly Condition[];
  readonly #now: number;

  constructor(status: unknown, now: number) {
    this.#list = Status.safeParse(status).data?.conditions ?? [];
    this.#now = now;
  }

  /** Every round begins with conditions that are not known. */
  init(...types: string[]): void {
    for (const type of types) this.#set({ type, status: 'Unknown' });
  }

  isTrue(type: string, reason?: string, message?: string): void {
    this.#set({ type, status: 'True', ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) });
  }

  isFalse(type: string, reason: string, message: string): void {
    this.#set({ type, status: 'False', reason, message });
  }

  get list(): readonly Condition[] {
    return this.#list;
  }

  #set(condition: Condition): void {
    const { lastTransitionTime: _at, ...old } = this.#list.find(({ type }) => type === condition.type) ?? { type: '', status: '' };
    if (JSON.stringify(sorted(old)) === JSON.stringify(sorted(condition))) return;
    this.#list = [...this.#list.filter(({ type }) => type !== condition.type), { ...condition, lastTransitionTime: rfc3339(this.#now) }].sort((a, b) => (a.type < b.type ? -1 : 1));
  }
}

const sorted = (condition: object) => Object.entries(condition).sort();

/** Ready is what has conditions, and all of them true. */
export function isReady(status: unknown): boolean {
  const conditions = Status.safeParse(status).data?.conditions ?? [];
  return conditions.length > 0 && conditions.every(({ status: value }) => value === 'True');
}
