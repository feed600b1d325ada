const GENERATED = '[bcdfghjklmnpqrstvwxz2456789]{5}';

/**
 * Takes out of an answer what cannot be the same twice: uids, times, durations, tokens, generated names, versions,
 * addresses and runs of blanks; the estimate that Argo makes from how long earlier runs took; and what a port-forward in
 * the background says of connections that were cut, at whichever moment it does. Everything else has to be equal.
 */
export function mask(text: string): string {
  return text
    .replace(/\x1b\[[0-9;]*m/g, '')
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<JWT>')
    .replace(/\b(LS0tLS1CRUdJ|ZXlK)[A-Za-z0-9+/=]+/g, '<BASE64>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<UID>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<TIME>')
    .replace(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (GMT|UTC)/g, '<TIME>')
    .replace(/[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d [+-]\d{4} \([^)]*\)/g, '<TIME>')
    // What Go prints of a time, as `argo wait` does.
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} [A-Z]{3,4}\b/g, '<TIME>')
    .replace(/(\bresourceVersion\\*"?: ?\\*")\d+/gi, '$1<RV>')
    .replace(/(x-ratelimit-remaining: )\d+/gi, '$1<N>')
    .replace(/("?memory"?: ?)\d+/g, '$1<N>')
    .replace(/"estimatedDuration":\d+,/g, '')
    .replace(/^ +estimatedDuration: \d+\n/gm, '')
    .replace(/^E\d{4} [\d:.]+ +\d+ portforward\.go:.*\n/gm, '')
    .replace(/\d+s\*\((1 cpu|100Mi memory)\)/g, '<N>*($1)')
    .replace(/(\bWorkflow Size=)\d+/g, '$1<N>')
    .replace(/(content-length: )\d+/gi, '$1<N>')
    .replace(/("?generation"?: ?)\d+/g, '$1<N>')
    .replace(/\b10\.\d+\.\d+\.\d+\b/g, '<IP>')
    .replace(/\b(hello|hello-world|my-template|canary)-[a-z0-9]{5}\b/g, '$1-<RAND>')
    .replace(new RegExp(`-[0-9a-f]{7,10}-${GENERATED}\\b`, 'g'), '-<HASH>-<RAND>')
    .replace(new RegExp(`-${GENERATED}\\b`, 'g'), '-<RAND>')
    .replace(/(?<![\w.-])(\d+d)?(\d+h)?(\d+m)?\d+(\.\d+)?(s|ms|µs)\b(?![\w-])/g, '<DUR>')
    .replace(/(?<![\w.-])\d+m(?=\s|$)/gm, '<DUR>')
    .replace(/\b\d+ (second|minute)s?\b/g, '<DUR>')
    .replace(/ after \d+ ms:/g, ' after <N> ms:')
    .replace(/[ \t]+$/gm, '')
    .replace(/(?<=\S) {2,}/g, '  ');
}

/** Any last part of a name that Kubernetes or Argo may have made up: also takes words of five letters. */
function withoutSuffixes(text: string): string {
  return text.replace(/-[a-z0-9]{5}\b/g, '-<RAND>').replace(/-\d{6,10}(?=-|\b)/g, '-<N>').replace(/^\[\d+\]([+-]?) +\d+$/gm, '[N]$1 <PID>').replace(/ +/g, ' ').trim();
}

/** Whether two answers differ only in what no two runs have in common; the order of lines counts. */
export function sameAnswer(one: string, other: string): boolean {
  const [left, right] = [mask(one).replace(/\n+$/, ''), mask(other).replace(/\n+$/, '')];
  return left === right || withoutSuffixes(left) === withoutSuffixes(right);
}
