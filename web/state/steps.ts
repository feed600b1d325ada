import type { CheckReport, CoursesView, CourseTree, PageView, ScenarioCard, ScenarioView } from '../../server/protocol/rest.ts';

/** How the course stands with one page. `failed`: the last check said no. */
export type StepState = 'done' | 'failed' | 'current' | 'open';

export interface StepItem {
  id: string;
  title: string;
  /** `Introduction`, `Step 2`, `Finish`. */
  label: string;
  state: StepState;
  current: boolean;
}

/** The finishing page that a scenario has, whether its author wrote one or not, unless he wants none. */
export const FINISH = 'finish';

/** The pages, with a finishing page at the end. */
export function withFinish(scenario: ScenarioView): PageView[] {
  if (scenario.layout?.finishHidden === true || scenario.pages.some((page) => page.id === FINISH)) return scenario.pages;
  return [...scenario.pages, { id: FINISH, title: 'Finished', html: '', checks: [], checkable: false, hints: [] }];
}

export function stepItems(pages: readonly PageView[], done: readonly string[], reports: Readonly<Record<string, CheckReport>>, current: string): StepItem[] {
  let number = 0;
  return pages.map((page) => {
    const isStep = page.id !== 'intro' && page.id !== FINISH;
    if (isStep) number += 1;
    const label = page.id === 'intro' ? 'Introduction' : page.id === FINISH ? 'Finish' : `Step ${number}`;
    const isCurrent = page.id === current;
    const state: StepState = done.includes(page.id) ? 'done' : reports[page.id]?.results.some((result) => !result.passed) === true ? 'failed' : isCurrent ? 'current' : 'open';
    return { id: page.id, title: page.title, label, state, current: isCurrent };
  });
}

/** Steps done and steps in all: introduction and finish don't count. */
export function progress(items: readonly StepItem[]): { done: number; total: number } {
  const steps = items.filter((item) => item.id !== 'intro' && item.id !== FINISH);
  return { done: steps.filter((item) => item.state === 'done').length, total: steps.length };
}

export function neighbours(pages: readonly { id: string }[], current: string): { previous: string | undefined; next: string | undefined } {
  const at = pages.findIndex((page) => page.id === current);
  if (at < 0) return { previous: undefined, next: undefined };
  return { previous: pages[at - 1]?.id, next: pages[at + 1]?.id };
}

/** The page to show: the wanted one where it exists, else where the session left off, else the first. */
export function currentPage(pages: readonly { id: string }[], wanted: string | undefined, last: string | undefined): string {
  for (const id of [wanted, last]) if (id !== undefined && pages.some((page) => page.id === id)) return id;
  return pages[0]?.id ?? FINISH;
}

/** All scenario cards in reading order. */
export function allScenarios(view: CoursesView): ScenarioCard[] {
  const walk = (course: CourseTree): ScenarioCard[] => course.items.flatMap((item) => (item.type === 'scenario' ? [item] : item.type === 'course' ? walk(item.course) : []));
  return view.courses.flatMap(walk);
}

/** The scenario after this one in its course, to go on with. */
export function nextScenario(view: CoursesView, id: string): ScenarioCard | undefined {
  const list = allScenarios(view);
  const at = list.findIndex((card) => card.id === id);
  return at < 0 ? undefined : list[at + 1];
}
