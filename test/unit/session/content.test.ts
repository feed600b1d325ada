import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../../server/lib/clock.ts';
import { systemIds } from '../../../server/lib/ids.ts';
import { createContent } from '../../../server/session/course-content.ts';

it('what rendering needs is loaded once somebody looks at the list, whatever is in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'content-'));
  try {
    await expect(createContent([folder], systemIds, systemClock).warm()).resolves.toBeUndefined();
    await expect(createContent([join(folder, 'nowhere')], systemIds, systemClock).warm()).resolves.toBeUndefined();
    await mkdir(join(folder, 'c/s'), { recursive: true });
    await writeFile(join(folder, 'c/s/index.json'), JSON.stringify({ details: { steps: [{ title: 'One', text: 'one.md' }] } }));
    await writeFile(join(folder, 'c/s/one.md'), '```bash\nif true; then echo "$HOME"; fi\n```\n');
    const content = createContent([folder], systemIds, systemClock);
    const [first, second] = [content.warm(), content.warm()];
    expect(second).toBe(first);
    await first;
    const [course] = await content.courses();
    const [item] = course?.items ?? [];
    if (item?.type !== 'scenario' || item.scenario.steps[0] === undefined) throw new Error('no step');
    expect((await content.renderPage(item.scenario, item.scenario.steps[0])).html).toContain('t-token-keyword');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
