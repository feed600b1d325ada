/** The few counters of `/metrics` that say something here. `started` is in milliseconds. */
export function metricsPage(started: number): string {
  return [
    '# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.',
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${started / 1000}`,
    '',
  ].join('\n');
}
