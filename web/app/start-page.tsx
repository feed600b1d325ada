import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { BrokenCard, CoursesView, CourseTree, ScenarioCard } from '../../server/protocol/rest.ts';
import type { LabApi } from '../state/api.ts';
import { formatRoute } from '../state/route.ts';
import { troubleOf } from '../state/scenario-store.ts';
import type { Trouble } from '../state/session-model.ts';
import { allScenarios } from '../state/steps.ts';
import { Icon } from './icons.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { TroubleBox } from './trouble-box.tsx';

/** All courses, what was done of them, and where to go on. */
export function StartPage({ api }: { api: LabApi }): JSX.Element {
  const courses = useSignal<CoursesView | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const load = () => {
    trouble.value = undefined;
    api.courses().then(
      (view) => (courses.value = view),
      (error: unknown) => (trouble.value = troubleOf(error)),
    );
  };
  useEffect(() => {
    document.title = 'argo-lab';
    load();
  }, []);
  const open = courses.value === undefined ? undefined : allScenarios(courses.value).find((card) => card.session !== undefined);
  return (
    <div class="start">
      <header class="start-bar">
        <Brand />
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
        {courses.value?.notice !== undefined && (
          <p class="notice">
            <Icon name="warning" /> {courses.value.notice}
          </p>
        )}
        {trouble.value !== undefined && <TroubleBox trouble={trouble.value} action="Try again" onAction={load} />}
        {courses.value === undefined && trouble.value === undefined && <p class="quiet" role="status">Loading the courses …</p>}
        {courses.value?.courses.length === 0 && <p class="quiet">There are no courses in the scenarios folder yet.</p>}
        {courses.value?.courses.map((course) => <Course key={course.id} course={course} level={2} />)}
      </main>
    </div>
  );
}

export function Brand(): JSX.Element {
  return (
    <a class="brand" data-route href="/" aria-label="argo-lab: all courses">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false" class="brand-mark">
        <rect width="32" height="32" rx="8" />
        <path class="brand-prompt" d="M8 10l6 6-6 6" />
        <path class="brand-cursor" d="M17 22h7" />
      </svg>
      <span>argo-lab</span>
    </a>
  );
}

function Course({ course, level }: { course: CourseTree; level: 2 | 3 }): JSX.Element {
  const Heading = level === 2 ? 'h2' : 'h3';
  const scenarios = course.items.filter((item) => item.type === 'scenario');
  const finished = scenarios.filter((card) => card.finished).length;
  return (
    <section class="course" aria-label={course.title}>
      <div class="course-head">
        <Heading>{course.title}</Heading>
        {scenarios.length > 0 && (
          <span class="quiet">
            {finished} of {scenarios.length} finished
          </span>
        )}
      </div>
      {course.description !== '' && <p class="course-text">{course.description}</p>}
      <ul class="cards">
        {course.items.map((item) => {
          if (item.type === 'scenario') return <Scenario key={item.id} card={item} />;
          if (item.type === 'broken') return <Broken key={item.id} card={item} />;
          return (
            <li key={item.course.id} class="cards-course">
              <Course course={item.course} level={3} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Scenario({ card }: { card: ScenarioCard }): JSX.Element {
  const done = Math.min(card.steps, card.done.filter((id) => /^step\d+$/.test(id)).length);
  const verb = card.session !== undefined ? 'Resume' : card.finished ? 'Start again' : 'Start';
  return (
    <li class="card">
      <div class="card-text">
        <h3>
          {card.title}
          {card.finished && (
            <span class="badge done">
              <Icon name="check" /> finished
            </span>
          )}
        </h3>
        <p>{card.description}</p>
        <p class="card-facts">
          {[card.difficulty, card.time, `${card.steps} ${card.steps === 1 ? 'step' : 'steps'}`].filter((fact) => fact !== undefined && fact !== '').map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
      <div class="card-foot">
        <div class="card-progress">
          <progress max={Math.max(1, card.steps)} value={done} aria-label={`Steps done of ${card.title}`} />
          <span class="quiet">
            {done} / {card.steps}
          </span>
        </div>
        <a class={card.finished ? 'button' : 'button primary'} data-route href={formatRoute({ name: 'scenario', id: card.id })} aria-label={`${verb}: ${card.title}`}>
          {verb} <Icon name="right" />
        </a>
      </div>
    </li>
  );
}

function Broken({ card }: { card: BrokenCard }): JSX.Element {
  return (
    <li class="card broken">
      <h3>
        {card.title}
        <span class="badge failed">
          <Icon name="warning" /> can’t be loaded
        </span>
      </h3>
      <ul class="problems">
        {card.problems.map((problem, i) => (
          <li key={i}>
            <code>{[problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':')}</code>
            {problem.field !== undefined && (
              <>
                {' '}
                <code>{problem.field}</code>
              </>
            )}{' '}
            {problem.message}
          </li>
        ))}
      </ul>
    </li>
  );
}
