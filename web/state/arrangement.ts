import { z } from 'zod';
import type { LayoutView } from '../../server/protocol/workbench.ts';

/** How a learner has arranged one scenario's page. */
export const Arrangement = z.object({ text: z.boolean(), editor: z.boolean(), split: z.boolean() });
export type Arrangement = z.infer<typeof Arrangement>;

const Stored = z.array(z.tuple([z.string(), Arrangement]));
const KEY = 'argo-lab.layouts';
/** Scenarios whose arrangement is remembered, the latest last. */
const KEPT = 100;

/** The arrangement that an author asks for. */
export function arrangementOf(layout: LayoutView | undefined): Arrangement {
  return {
    text: layout?.textHidden !== true,
    editor: layout?.kind === 'ide' || layout?.kind === 'editor-terminal',
    split: layout?.kind === 'terminal-terminal',
  };
}

export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

function read(storage: Storage): [string, Arrangement][] {
  try {
    const parsed = Stored.safeParse(JSON.parse(storage.getItem(KEY) ?? '[]'));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}

/** What was remembered for this scenario in this browser. */
export function rememberedArrangement(storage: Storage, scenario: string): Arrangement | undefined {
  return read(storage).find(([id]) => id === scenario)?.[1];
}

export function rememberArrangement(storage: Storage, scenario: string, arrangement: Arrangement): void {
  const others = read(storage).filter(([id]) => id !== scenario);
  storage.setItem(KEY, JSON.stringify([...others, [scenario, arrangement]].slice(-KEPT)));
}
