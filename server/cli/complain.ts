/** The exit code of a command line that is not right. */
export const WRONG_USE = 2;

/** Says on standard error why a command ends, and returns its exit code: 1 for findings or a failure, 2 for wrong use. */
export function complain(message: string, code: number): number {
  process.stderr.write(`argo-lab: ${message}\n`);
  return code;
}

/** What can't be had, with what to do about it on a line of its own; for `complain`. */
export function notHere(title: string, { reason, next }: { reason: string; next?: string | undefined }): string {
  return `${title} can't be had here: ${reason}${next === undefined ? '' : `\n${next}`}`;
}
