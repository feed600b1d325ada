/** Characters of all warnings of one answer, and of each once those are too many. After kubernetes 1.32 apiserver/pkg/endpoints/filters/warning.go */
const MOST = 4 * 1024;
const MOST_EACH = 256;

/** Adds a warning to those of an answer, unless it is there already or they are too many: then all are cut short first. */
export function addWarning(warnings: string[], text: string): void {
  if (warnings.includes(text)) return;
  if (lengthOf(warnings) + text.length <= MOST) return void warnings.push(text);
  for (const [i, warning] of warnings.entries()) if (warning.length > MOST_EACH) warnings[i] = warning.slice(0, MOST_EACH);
  const short = text.slice(0, MOST_EACH);
  if (!warnings.includes(short) && lengthOf(warnings) + short.length <= MOST) warnings.push(short);
}

const lengthOf = (warnings: readonly string[]): number => warnings.reduce((sum, { length }) => sum + length, 0);
