import { parseGoDuration } from '../../../lib/go-duration.ts';

/** Go durations, and whole numbers as seconds, in milliseconds; undefined for anything else. */
export function durationOf(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) * 1000 : parseGoDuration(text);
}

/** The same, or an error in Argo's words. After argo-workflows v3.7.6 pkg/apis/workflow/v1alpha1/common.go */
export function mustDurationOf(text: string): number {
  const ms = durationOf(text);
  if (ms === undefined) throw new Error(`unable to parse ${text} as a duration: ${goDurationProblem(text)}`);
  return ms;
}

/** What Go's time.ParseDuration says of a text that is no duration. After Go's src/time/format.go */
export function goDurationProblem(text: string): string {
  const shown = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, '');
  while (rest !== '') {
    const amount = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (amount === undefined) break;
    const unit = /^[^.\d]*/.exec(rest.slice(amount.length))?.[0] ?? '';
    if (unit === '') return `time: missing unit in duration ${shown}`;
    if (!['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h'].includes(unit)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}`;
    rest = rest.slice(amount.length + unit.length);
  }
  return `time: invalid duration ${shown}`;
}
