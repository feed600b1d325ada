import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CoursesView } from '../../server/protocol/rest.ts';
import type { LabApi } from '../state/api.ts';
import { formatRoute } from '../state/route.ts';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { FINISH, nextScenario, progress } from '../state/steps.ts';
import { Icon, StateMark } from './icons.tsx';

/** The last page: what was done, what is left, and what comes next. */
export function FinishPanel({ store, api, go }: { store: ScenarioStore; api: LabApi; go(page: string): void }): JSX.Element {
  const courses = useSignal<CoursesView | undefined>(undefined);
  useEffect(() => {
    api.courses().then(
      (view) => (courses.value = view),
      () => undefined,
    );
  }, []);
  const steps = store.steps.value.filter((step) => step.id !== 'intro' && step.id !== FINISH);
  const { done, total } = progress(store.steps.value);
  const next = courses.value === undefined ? undefined : nextScenario(courses.value, store.id);
  return (
    <section class="finish" aria-label="Summary">
      <p class="finish-count">{done === total ? `All ${total} steps are done.` : `${done} of ${total} steps are done.`}</p>
      <ol class="finish-list">
        {steps.map((step) => (
          <li key={step.id}>
            <StateMark state={step.state} />
            <a
              href={formatRoute({ name: 'scenario', id: store.id, page: step.id })}
              onClick={(event) => {
                event.preventDefault();
                go(step.id);
              }}
            >
              {step.title}
            </a>
          </li>
        ))}
      </ol>
      <div class="finish-links">
        {next !== undefined && (
          <a class="button primary" data-route href={formatRoute({ name: 'scenario', id: next.id })}>
            Next scenario: {next.title} <Icon name="right" />
          </a>
        )}
        <a class="button" data-route href="/">
          <Icon name="home" /> All courses
        </a>
      </div>
    </section>
  );
}
