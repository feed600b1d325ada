import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kindsGuide } from '../../server/checks/guide.ts';
import { rulesTable } from '../../server/scenario/lint/index.ts';

const FILE = join(import.meta.dirname, '../../scenarios/README.md');

/** The author's guide with its generated parts as they should be. Written by `npx tsx test/harness/author-guide.ts`. */
export function authorGuide(): { is: string; shouldBe: string } {
  const is = readFileSync(FILE, 'utf8');
  let shouldBe = is;
  for (const [name, text] of Object.entries({ kinds: kindsGuide(), rules: rulesTable() })) {
    const [begin, end] = [`<!-- ${name}: made from the code by test/harness/author-guide.ts -->`, `<!-- /${name} -->`];
    const [from, to] = [shouldBe.indexOf(begin), shouldBe.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`scenarios/README.md has no place for the ${name}`);
    shouldBe = `${shouldBe.slice(0, from + begin.length)}\n\n${text}\n\n${shouldBe.slice(to)}`;
  }
  return { is, shouldBe };
}

if (process.argv[1]?.endsWith('author-guide.ts') === true) writeFileSync(FILE, authorGuide().shouldBe);
