import { globMatcher } from './glob.ts';

const MOST_PATTERNS = 100;

/**
 * What `environment.exclusionPatterns` leaves out of the editor's tree. Paths are relative to the folder that the tree
 * shows. A pattern with a slash stands for a path (`./go/*`), one without for a name anywhere; whatever is below something
 * left out is, too.
 */
export function leftOut(patterns: readonly string[]): (path: string) => boolean {
  const matchers = patterns.slice(0, MOST_PATTERNS).flatMap((pattern) => {
    const plain = pattern.trim().replace(/\/+$/, '');
    return plain === '' ? [] : [globMatcher(plain.includes('/') ? plain.replace(/^\/+/, '') : `**/${plain}`)];
  });
  return (path) => {
    const parts = path.split('/');
    return matchers.some((matches) => parts.some((_, index) => matches(parts.slice(0, index + 1).join('/'))));
  };
}
