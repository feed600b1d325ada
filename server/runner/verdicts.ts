import type { CheckReport } from '../protocol/rest.ts';
import type { Exercise } from '../scenario/model.ts';
import type { Finding } from './report.ts';

/** Pure: what the answers of checks say about an exercise. */

type Result = CheckReport['results'][number];

function said(result: Result): string {
  return result.why === '' ? result.observed : result.why;
}

/** Whether a failing check says what its author promised. */
function says(result: Result, words: string): boolean {
  const wanted = words.trim();
  return result.why.includes(wanted) || result.observed.includes(wanted);
}

function about(result: Result): Pick<Finding, 'expected' | 'observed' | 'why' | 'next'> {
  return { expected: result.expected, observed: result.observed, why: result.why, next: result.next };
}

/** Before anything was done, the check has to fail, for the reason that the author expects. */
export function judgeBefore(report: CheckReport, exercise: Exercise | undefined): Finding[] {
  if (report.passed) {
    return [
      {
        severity: 'error',
        code: 'check-passes-early',
        message: 'The check passes before anything was done.',
        expected: exercise === undefined ? 'a check that fails until the step is done' : `a check that fails with “${exercise.expectBefore}”`,
        observed: report.results.map((result) => `${result.title}: passed`).join('\n'),
        why: 'A learner who does nothing is told that the step is done.',
        next: 'Ask for something that only the step’s own work brings about: an object, a request since the step was opened (sinceStep), a value.',
      },
    ];
  }
  const first = report.results.find((result) => !result.passed);
  if (exercise === undefined || first === undefined || says(first, exercise.expectBefore)) return [];
  return [
    {
      severity: 'error',
      code: 'wrong-reason-before',
      message: `The check “${first.title}” fails before, but not for the reason that expectBefore names.`,
      expected: exercise.expectBefore,
      observed: said(first),
      next: 'Change expectBefore to what is said, if that helps a learner who has done nothing yet; else change the check.',
    },
  ];
}

/** After the solution, every check of the step has to pass. */
export function judgeAfter(report: CheckReport, what: string): Finding[] {
  return report.results
    .filter((result) => !result.passed)
    .map((result) => ({ severity: 'error', code: 'solution-fails', message: `The check “${result.title}” fails after ${what}.`, ...about(result) }));
}

/** A near miss has to fail, with its own words. */
export function judgeNearMiss(report: CheckReport, miss: Exercise['nearMisses'][number]): Finding[] {
  if (report.passed) {
    return [
      {
        severity: 'error',
        code: 'near-miss-passes',
        message: `The near miss “${miss.title}” passes.`,
        expected: `a failing check that says “${miss.expectMessage}”`,
        observed: report.results.map((result) => `${result.title}: passed`).join('\n'),
        why: 'A learner who makes this mistake is told that the step is done.',
        next: 'Make the check look at what this near miss gets wrong.',
      },
    ];
  }
  const failing = report.results.filter((result) => !result.passed);
  if (failing.some((result) => says(result, miss.expectMessage))) return [];
  return [
    {
      severity: 'error',
      code: 'near-miss-message',
      message: `The near miss “${miss.title}” fails, but nothing says what its author expects.`,
      expected: miss.expectMessage,
      observed: failing.map((result) => `${result.title}: ${said(result)}`).join('\n'),
      next: 'Change what is expected, if what is said helps a learner who made this mistake; else give the check words for it.',
    },
  ];
}

/** A step's solution has to leave the checks of other steps as they were. */
export function judgeOthers(before: ReadonlyMap<string, CheckReport>, after: ReadonlyMap<string, CheckReport>, solved: string): Finding[] {
  const findings: Finding[] = [];
  for (const [page, earlier] of before) {
    const later = after.get(page);
    if (later === undefined || earlier.passed === later.passed) continue;
    const failing = later.results.find((result) => !result.passed);
    findings.push(
      later.passed
        ? {
            severity: 'error',
            code: 'leak-passes',
            message: `The solution of ${solved} also passes the check of ${page}.`,
            expected: `the check of ${page} fails until its own step is done`,
            observed: 'it passes',
            next: `Make the check of ${page} ask for something that only its own step brings about.`,
          }
        : {
            severity: 'error',
            code: 'leak-breaks',
            message: `The solution of ${solved} breaks the check of ${page}.`,
            expected: `the check of ${page} still passes`,
            observed: failing === undefined ? 'it fails' : `${failing.title}: ${said(failing)}`,
            next: `Where that is meant, write undoes: [${page}] into the exercise; else let the solution leave that work alone.`,
          },
    );
  }
  return findings;
}
