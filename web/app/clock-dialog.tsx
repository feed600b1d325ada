import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { ClockView } from '../../server/protocol/rest.ts';
import type { ScenarioStore } from '../state/scenario-store.ts';

const STEPS = [
  { title: '1 minute', seconds: 60 },
  { title: '1 hour', seconds: 3600 },
  { title: '1 day', seconds: 86_400 },
] as const;

/** Says what time it is in the session's cluster, and moves its clock forward. */
export function ClockDialog({ store, onClose }: { store: ScenarioStore; onClose(): void }): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const clock = useSignal<ClockView | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const ask = (seconds: number) => {
    busy.value = true;
    store
      .clock(seconds)
      .then(
        (view) => {
          clock.value = view;
          problem.value = undefined;
        },
        (error: unknown) => (problem.value = error instanceof Error ? error.message : String(error)),
      )
      .finally(() => (busy.value = false));
  };
  useEffect(() => {
    ref.current?.showModal();
    ask(0);
  }, []);
  return (
    <dialog ref={ref} class="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>Move the cluster’s clock forward</h2>
      <p role="status">{clock.value === undefined ? 'Asking the cluster for its time …' : <>In the cluster it is {inWords(clock.value.now)}.</>}</p>
      <p class="quiet">What is due by then happens at once: cron workflows, deadlines, what is deleted after a while. Tokens grow older too, and the clock can’t go back until the session is reset.</p>
      {problem.value !== undefined && <p role="alert">{problem.value}</p>}
      <div class="dialog-buttons">
        {STEPS.map(({ title, seconds }) => (
          <button key={title} type="button" class="button primary" disabled={busy.value || clock.value === undefined} onClick={() => ask(seconds)}>
            {title}
          </button>
        ))}
        <button type="button" class="button" onClick={() => ref.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

/** `2026-11-23T18:15:20Z` → `2026-11-23 18:15:20 UTC`: as the cluster's own logs have it. */
function inWords(time: string): string {
  return `${time.replace('T', ' ').replace(/Z$/, '')} UTC`;
}
