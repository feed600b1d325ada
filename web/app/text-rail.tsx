import type { JSX } from 'preact';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { Icon, StateMark } from './icons.tsx';

/** In place of the hidden text: the way back to it, and what its foot offers. */
export function TextRail({ store, go }: { store: ScenarioStore; go(page: string): void }): JSX.Element {
  const { previous, next } = store.around.value;
  const model = store.model.value;
  const page = store.pages.value.find((candidate) => candidate.id === store.page.value);
  const item = store.steps.value.find((step) => step.current);
  const show = () => {
    store.arrange({ text: true });
    requestAnimationFrame(() => document.querySelector<HTMLElement>('#step h1')?.focus());
  };
  return (
    <section class="text-rail" aria-label="Step, hidden">
      <button type="button" class="icon-button" aria-label="Show the text" title="Show the text" onClick={show}>
        <Icon name="text" />
      </button>
      {item !== undefined && (
        <h1 class="rail-title">
          <StateMark state={item.state} /> <span>{item.title}</span>
        </h1>
      )}
      <span class="grow" />
      <button type="button" class="icon-button" aria-label="Previous" title="Previous" disabled={previous === undefined} onClick={() => previous !== undefined && go(previous)}>
        <Icon name="left" />
      </button>
      {page?.checkable === true && (
        <button
          type="button"
          class="icon-button"
          aria-label="Check"
          title="Check"
          aria-disabled={model.checking === page.id || model.session?.state !== 'ready'}
          onClick={() =>
            // What failed is said in the text: it comes back then.
            void store.check().then(() => model.session?.state === 'ready' && store.model.value.reports[page.id]?.passed === false && store.arrange({ text: true }))
          }
        >
          <Icon name="check" />
        </button>
      )}
      <button type="button" class="icon-button" aria-label="Next" title="Next" disabled={next === undefined} onClick={() => next !== undefined && go(next)}>
        <Icon name="right" />
      </button>
    </section>
  );
}
