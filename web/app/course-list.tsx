import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { CoursesView, CourseTree, ProviderView } from '../../server/protocol/rest.ts';
import { allCards, MANY } from '../state/overview.ts';
import type { Found } from '../state/overview.ts';
import { Icon } from './icons.tsx';
import { Broken, Scenario } from './scenario-card.tsx';

/** Cards shown at once of what was found; the rest on demand, so that each key pressed answers at once. */
const PAGE = 60;

export function CourseList({ view }: { view: CoursesView }): JSX.Element {
  const many = allCards(view).length > MANY;
  return (
    <>
      {view.courses.map((course, i) => (
        <Course key={course.id} course={course} level={2} providers={view.providers ?? []} folds={many && view.courses.length > 1} begins={i === 0} />
      ))}
    </>
  );
}

interface CourseProps {
  course: CourseTree;
  level: number;
  providers: readonly ProviderView[];
  /** Can be folded, as there are many. */
  folds: boolean;
  /** The first one begins unfolded. */
  begins: boolean;
}

function Course({ course, level, providers, folds, begins }: CourseProps): JSX.Element {
  const Heading = level === 2 ? 'h2' : 'h3';
  const cards = allCards({ courses: [course] });
  const scenarios = cards.flatMap(({ card }) => (card.type === 'scenario' ? [card] : []));
  const finished = scenarios.filter((card) => card.finished).length;
  const broken = cards.length - scenarios.length;
  const open = useSignal(!folds || begins || scenarios.some((card) => card.session !== undefined));
  return (
    <section class="course" aria-label={course.title}>
      <div class="course-head">
        {folds ? (
          <Heading>
            <button type="button" class="course-fold" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
              <Icon name={open.value ? 'down' : 'right'} /> {course.title}
            </button>
          </Heading>
        ) : (
          <Heading>{course.title}</Heading>
        )}
        {scenarios.length > 0 && (
          <span class="quiet">
            {finished} of {scenarios.length} finished
          </span>
        )}
        {broken > 0 && folds && <span class="badge failed">{broken} can’t be loaded</span>}
      </div>
      {course.description !== '' && <p class="course-text">{course.description}</p>}
      {open.value && (
        <ul class="cards">
          {course.items.map((item) => {
            if (item.type === 'scenario') return <Scenario key={item.id} card={item} providers={providers} />;
            if (item.type === 'broken') return <Broken key={item.id} card={item} />;
            return (
              <li key={item.course.id} class="cards-course">
                <Course course={item.course} level={level + 1} providers={providers} folds={folds} begins={false} />
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** What a search found, without the courses' frames. */
export function FoundList({ found, providers }: { found: readonly Found[]; providers: readonly ProviderView[] }): JSX.Element {
  const shown = useSignal(PAGE);
  return (
    <section aria-label="Found">
      <h2 class="sr-only">Found</h2>
      <p class="quiet" role="status">
        {found.length === 0 ? 'Nothing is called like that.' : found.length === 1 ? '1 scenario' : `${found.length} scenarios`}
      </p>
      <ul class="cards">
        {found.slice(0, shown.value).map(({ card, courses }) => (card.type === 'scenario' ? <Scenario key={card.id} card={card} providers={providers} within={courses.join(' › ')} /> : <Broken key={card.id} card={card} within={courses.join(' › ')} />))}
      </ul>
      {found.length > shown.value && (
        <button type="button" class="button" onClick={() => (shown.value += PAGE)}>
          Show more ({found.length - shown.value} left)
        </button>
      )}
    </section>
  );
}
