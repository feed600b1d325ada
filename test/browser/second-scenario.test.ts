import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { axeFindings } from '../harness/browser.ts';
import { lesson } from '../harness/in-browser.ts';
import type { Learner } from '../harness/learner.ts';

/** The second scenario: every block of every step is run in order, the last step's exercise by its own solution. */
const SCENARIO = 'argo-workflows/access-tokens';

lesson('a learner in the second scenario', { scenarios: join(import.meta.dirname, '../../scenarios'), timeout: 240_000, oneWay: true }, (at) => {
  let learner: Learner;
  beforeAll(async () => {
    ({ learner } = at);
    await learner.go(SCENARIO, 'intro');
    await learner.ready();
  }, 120_000);

  const failures = async () => (await learner.check()).filter((check) => !check.passed).map((check) => check.title);
  const next = async (heading: string, button = 'Next') => {
    await learner.button(button).click();
    await learner.heading(heading);
  };

  it('gives an account no more rights than it needs', async () => {
    await next('Least privilege', 'Begin');
    expect((await learner.runAll()).at(-1)).toContain('\nyes\nno\n');
    expect(await failures()).toEqual([]);
  });

  it('keeps a token in a Secret', async () => {
    await next('A token in a Secret');
    expect((await learner.runAll()).at(-1)).toMatch(/Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6/);
    expect(await failures()).toEqual([]);
  });

  it('sees what the token may do and what it may not', async () => {
    await next('What the token may do');
    await learner.run('kubectl -n argo port-forward');
    await learner.passesLive('The Argo Server answers on localhost:2746');
    const answers = [await learner.printed(() => learner.runButtons().nth(1).click()), await learner.printed(() => learner.runButtons().nth(2).click())];
    expect(answers.map((answer) => /HTTP\/1\.1 \d+ \w+/.exec(answer)?.[0])).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 403 Forbidden']);
    expect(await failures()).toEqual([]);
  });

  it('uses the token with the argo command', async () => {
    await next('The token and the argo command');
    await learner.runAll();
    expect(await failures()).toEqual([]);
  });

  it('takes the token back, and makes another one', async () => {
    await next('Taking a token back');
    const printed = await learner.runAll();
    expect(printed[0]).toContain('secret "jenkins.service-account-token" deleted');
    expect(printed[1]).toContain('HTTP/1.1 401 Unauthorized');
    await learner.runSolution();
    expect(await failures()).toEqual([]);
  });

  it('sees at the end that all is done', async () => {
    await next('Recap', 'Finish');
    await learner.page.getByText('All 5 steps are done.').waitFor();
    expect(await axeFindings(learner.page)).toEqual([]);
    expect(learner.problems).toEqual([]);
  });
});
