import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { CoursesView } from '../../server/protocol/rest.ts';
import type { LabApi } from '../state/api.ts';
import { liveEvents } from '../state/live-events.ts';
import type { EventSourceLike } from '../state/live-events.ts';
import { allCards, findCards, isFiltered, noFilter, SEARCHABLE, unmet } from '../state/overview.ts';
import type { Filter } from '../state/overview.ts';
import { formatRoute } from '../state/route.ts';
import { troubleOf } from '../state/scenario-store.ts';
import type { Trouble } from '../state/session-model.ts';
import { allScenarios } from '../state/steps.ts';
import type { Timers } from '../state/timers.ts';
import { Brand } from './brand.tsx';
import { CourseList, FoundList } from './course-list.tsx';
import { Icon } from './icons.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { TroubleBox } from './trouble-box.tsx';

export interface StartMachine {
  api: LabApi;
  timers: Timers;
  openEvents(path: string): EventSourceLike;
}

/** All courses, what was done of them, and where to go on. */
export function StartPage({ machine }: { machine: StartMachine }): JSX.Element {
  const courses = useSignal<CoursesView | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const filter = useSignal<Filter>(noFilter);
  const cards = useComputed(() => (courses.value === undefined ? [] : allCards(courses.value)));
  const found = useComputed(() => (isFiltered(filter.value) ? findCards(cards.value, filter.value) : undefined));
  const load = () => {
    trouble.value = undefined;
    machine.api.courses().then(
      (view) => (courses.value = view),
      (error: unknown) => (trouble.value = troubleOf(error)),
    );
  };
  useEffect(() => {
    document.title = 'argo-lab';
    load();
  }, []);
  const author = courses.value?.author === true;
  useEffect(() => {
    if (!author) return;
    return liveEvents({ path: '/api/events', open: machine.openEvents, timers: machine.timers, onEvent: (event) => event.type === 'content' && load(), onState: () => undefined }).stop;
  }, [author]);
  const view = courses.value;
  const open = view === undefined ? undefined : allScenarios(view).find((card) => card.session !== undefined);
  return (
    <div class="start">
      <header class="start-bar">
        <Brand />
        <span class="grow" />
        <a class="icon-button" data-route href={formatRoute({ name: 'play' })} aria-label="Play a recording" title="Play a recording">
          <Icon name="film" />
        </a>
        <ThemeSwitch />
      </header>
      <main class="start-main">
        <section class="hero">
          <h1>Learn by doing</h1>
          <p>Read a step, type real commands into a real terminal, and be told whether it worked. Nothing you do here can break your machine’s cluster: each session has one of its own.</p>
          {open !== undefined && (
            <a class="button primary large" data-route href={formatRoute({ name: 'scenario', id: open.id })}>
              <Icon name="play" /> Go on with “{open.title}”
            </a>
          )}
        </section>
        {view?.notice !== undefined && (
          <p class="notice">
            <Icon name="warning" /> {view.notice}
          </p>
        )}
        {trouble.value !== undefined && <TroubleBox trouble={trouble.value} action="Try again" onAction={load} />}
        {view === undefined && trouble.value === undefined && (
          <p class="quiet" role="status">
            Loading the courses …
          </p>
        )}
        {view?.courses.length === 0 && <p class="quiet">There are no courses in the scenarios folder yet.</p>}
        {cards.value.length >= SEARCHABLE && <Search view={cards.value.map(({ card }) => card)} filter={filter.value} onFilter={(next) => (filter.value = next)} />}
        {view !== undefined && (found.value === undefined ? <CourseList view={view} /> : <FoundList key={JSON.stringify(filter.value)} found={found.value} providers={view.providers ?? []} />)}
      </main>
    </div>
  );
}

/** Finds scenarios by words; `/` leads here. */
function Search({ view, filter, onFilter }: { view: ReturnType<typeof allCards>[number]['card'][]; filter: Filter; onFilter(filter: Filter): void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof Element && event.target.closest('input, textarea, select') !== null)) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const broken = view.filter((card) => card.type === 'broken').length;
  const lacking = view.filter((card) => card.type === 'scenario' && unmet(card).length > 0).length;
  return (
    <search class="finder">
      <div class="finder-field">
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          aria-label="Find a scenario"
          placeholder={`Find in ${view.length} scenarios`}
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
          onKeyDown={(event) => event.key === 'Escape' && onFilter({ ...filter, text: '' })}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      {lacking > 0 && (
        <label class="finder-choice">
          <input type="checkbox" checked={filter.runnable} onChange={(event) => onFilter({ ...filter, runnable: event.currentTarget.checked, broken: false })} />
          Only what this machine can run
        </label>
      )}
      {broken > 0 && view.length > SEARCHABLE && (
        <label class="finder-choice">
          <input type="checkbox" checked={filter.broken} onChange={(event) => onFilter({ ...filter, broken: event.currentTarget.checked, runnable: false })} />
          Only what can’t be loaded ({broken})
        </label>
      )}
    </search>
  );
}
