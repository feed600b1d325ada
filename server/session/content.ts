import type { CheckContext, CheckResult } from '../checks/check.ts';
import type { PageView } from '../protocol/rest.ts';
import { LabError } from '../lib/errors.ts';
import type { Course, Page, Problem, Scenario } from '../scenario/model.ts';

/** What sessions need of scenarios and checks; plugged together in wire.ts. */
export interface Content {
  /** Read anew when files have changed. */
  courses(): Promise<Course[]>;
  /** Somebody knows that files have changed: they are looked at again at once. */
  changed(): void;
  /** Somebody looks at the list: what rendering needs is loaded and tried on the first scenario, so that the next page opened is there soon. Once; never rejects. */
  warm(): Promise<void>;
  /** `languages`: those that the reader reads, the best first. */
  renderPage(scenario: Scenario, page: Page, languages?: readonly string[]): Promise<PageView>;
  /** In the page's order; `live` limits to the checks that are cheap enough to run while the learner works. */
  runChecks(page: Page, context: CheckContext, only: 'all' | 'live'): Promise<CheckResult[]>;
}

export function isCheckable(page: Page): boolean {
  return page.checks.length > 0 || page.verify !== undefined;
}

/** Why a scenario can't be shown: it is broken (and where), or there is none of this id. */
export function noScenario(courses: readonly Course[], id: string): LabError {
  const within = (items: Course['items']): Problem[] | undefined => {
    for (const item of items) {
      const problems = item.type === 'course' ? within(item.course.items) : item.type === 'broken' && item.id === id ? item.problems : undefined;
      if (problems !== undefined) return problems;
    }
    return undefined;
  };
  const problems = within(courses.flatMap((course) => course.items));
  if (problems === undefined) return new LabError('not-found', 'there is no such scenario');
  const first = problems.find(({ severity }) => severity === 'error') ?? problems[0];
  return new LabError('scenario-broken', `the files of this scenario can't be read${first === undefined ? '' : `: ${first.file}${first.line === undefined ? '' : `:${first.line}`} ${first.message}`}`, 'Its author can mend that; then try again.');
}

/** Every scenario of the courses, by id. */
export function scenariosOf(courses: readonly Course[]): Map<string, Scenario> {
  const out = new Map<string, Scenario>();
  const walk = (course: Course) => {
    for (const item of course.items) {
      if (item.type === 'scenario') out.set(item.scenario.id, item.scenario);
      else if (item.type === 'course') walk(item.course);
    }
  };
  for (const course of courses) walk(course);
  return out;
}
