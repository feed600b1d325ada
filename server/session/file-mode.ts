/** The permissions that chmod(1) would give to a fresh file of 644 under a umask of 022; 644 for what it would refuse. */
export function octalMode(text: string | undefined): number {
  let mode = 0o644;
  if (text === undefined) return mode;
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  for (const clause of text.split(',')) {
    const parts = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
    if (parts === null) return 0o644;
    const [, who = '', changes = ''] = parts;
    const classes = who === '' || who.includes('a') ? 0o777 : (who.includes('u') ? 0o700 : 0) | (who.includes('g') ? 0o070 : 0) | (who.includes('o') ? 0o007 : 0);
    for (const [, operator, letters = ''] of changes.matchAll(/([-+=])([rwxXst]*)/g)) {
      const bits = (letters.includes('r') ? 0o444 : 0) | (letters.includes('w') ? 0o222 : 0) | (letters.includes('x') || (letters.includes('X') && (mode & 0o111) !== 0) ? 0o111 : 0);
      // Without a class, the umask's bits stay as they are.
      const change = bits & classes & (who === '' ? ~0o022 : 0o777);
      mode = operator === '+' ? mode | change : operator === '-' ? mode & ~change : (mode & ~classes) | change;
    }
  }
  return mode;
}
