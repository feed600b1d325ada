/** Runs one step of the set-up, saying what it does and how long it took. Progress goes to stderr. */
export async function step(title, work) {
  const started = performance.now();
  process.stderr.write(`  … ${title}\n`);
  const result = await work();
  process.stderr.write(`  ✓ ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
  return result;
}

/** Ends the process with a message that says what to do next. */
export function fail(message, next) {
  process.stderr.write(`argo-lab: ${message}\n${next ? `  ${next}\n` : ''}`);
  process.exit(1);
}
