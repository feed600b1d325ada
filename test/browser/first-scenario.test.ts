import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { axeFindings } from '../harness/browser.ts';
import { lesson } from '../harness/in-browser.ts';
import type { Learner } from '../harness/learner.ts';

/** The whole first scenario as a learner does it: each block is run, each exercise done, in a real browser. */
const COURSE = ['Getting started', 'Templates', 'Inputs and outputs', 'Reuse', 'When a workflow fails', 'Using the API', 'Access tokens in depth'];

lesson('a learner in the first scenario', { scenarios: join(import.meta.dirname, '../../scenarios'), timeout: 240_000, oneWay: true }, (at) => {
  let learner: Learner;
  beforeAll(() => {
    ({ learner } = at);
  });

  const passed = (titles: string[]) => titles.map((title) => ({ title, passed: true }));
  const curl = (path: string, body: unknown) => `curl -s http://localhost:2746/api/v1/${path} -H "Authorization: $ARGO_TOKEN" -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  const template = (name: string, word: string) => ({ template: { metadata: { name }, spec: { entrypoint: 'main', templates: [{ name: 'main', container: { image: 'busybox', command: ['echo'], args: [word] } }] } } });
  const next = async (heading: string, button = 'Next') => {
    await learner.button(button).click();
    await learner.heading(heading);
  };

  it('finds the course and starts', async () => {
    await learner.page.getByRole('heading', { level: 2, name: 'Argo Workflows' }).waitFor();
    expect(await learner.page.locator('.card h3').allInnerTexts()).toEqual(COURSE);
    await learner.page.getByRole('link', { name: 'Start: Using the API' }).click();
    await learner.heading('Introduction');
    await learner.ready();
    expect(await learner.run('kubectl get pods')).toMatch(/NAME +READY +STATUS +RESTARTS +AGE\nargo-server-\w+-\w+ +1\/1 +Running /);
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('reaches the info endpoint without a token', async () => {
    await next('Info endpoint', 'Begin');
    expect(await learner.run('kubectl -n argo port-forward')).toMatch(/\[1\] \d+\n/);
    await learner.passesLive('The Argo Server answers on localhost:2746');
    expect(await learner.run('curl http://localhost:2746/api/v1/info')).toContain('{"code":16,"message":"token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/"}');
    expect(await learner.run('curl -i')).toContain('HTTP/1.1 401 Unauthorized');
    expect(await learner.check()).toEqual(passed(['The Argo Server answers on localhost:2746', 'You asked the info endpoint without a token']));
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('makes an account and a token', async () => {
    await next('Access token');
    expect(await learner.run('kubectl create role')).toContain('role.rbac.authorization.k8s.io/jenkins created\n');
    expect(await learner.run('kubectl create sa')).toContain('serviceaccount/jenkins created\n');
    expect(await learner.run('kubectl create rolebinding')).toContain('rolebinding.rbac.authorization.k8s.io/jenkins created\n');
    await learner.run('ARGO_TOKEN=');
    expect(await learner.run('echo')).toMatch(/Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6/);
    expect(await learner.run('curl http://localhost:2746/api/v1/info')).toContain('{"modals":{"feedback":false,"firstTimeUser":false,"newVersion":false}}');
    expect(await learner.check()).toEqual(passed(['The role jenkins may create, get and list', 'ARGO_TOKEN is a living token of jenkins', 'You asked the info endpoint with the token']));
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('creates a workflow with curl, and a template in the exercise', async () => {
    await next('Create a workflow');
    const blocks = learner.runButtons();
    const created = await learner.printed(() => blocks.nth(0).click());
    expect(created).toMatch(/\{"metadata":\{"name":"hello-world-[a-z0-9]{5}","generateName":"hello-world-"/);
    await learner.passesLive('A workflow was created through the API, and it succeeded');
    expect(await learner.printed(() => blocks.nth(1).click())).toContain('"phase":"Succeeded"');
    expect(await learner.printed(() => blocks.nth(2).click())).toContain('\nSucceeded\n');
    expect(await learner.printed(() => blocks.nth(3).click())).toMatch(/NAME +STATUS +AGE +MESSAGE +CREATOR\nhello-world-\w+ +Succeeded +\w+ +system-serviceaccount-argo-jenkins/);
    await learner.type(curl('workflow-templates/argo', template('my-template', 'hello template')));
    await learner.type(curl('workflows/argo/submit', { resourceKind: 'WorkflowTemplate', resourceName: 'my-template' }));
    await learner.passesLive('The template was submitted through the API, and the workflow succeeded');
    expect(await learner.check()).toEqual(passed(['A workflow was created through the API, and it succeeded', 'A WorkflowTemplate was created through the API', 'The template was submitted through the API, and the workflow succeeded']));
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('starts workflows by events, and annotates them in the exercise', async () => {
    await next('Webhooks');
    expect(await learner.run('kubectl apply -f hello-workflowtemplate.yaml')).toContain('workflowtemplate.argoproj.io/hello created\n');
    expect(await learner.run('kubectl apply -f hello-workfloweventbinding.yaml')).toContain('workfloweventbinding.argoproj.io/hello created\n');
    const events = learner.page.locator('#step article > .prose .tool-run[aria-label*="api/v1/events"]');
    expect(await learner.printed(() => events.nth(0).click())).toContain('{}');
    await learner.passesLive('An event started a workflow from the template hello');
    expect(await learner.run('argo logs @latest')).toMatch(/hello-\w+: hello events\nhello-\w+: time="[^"]+" level=info msg="sub-process exited" argo=true error="<nil>"\n/);
    expect(await learner.printed(() => events.nth(1).click())).toContain('{}');
    await learner.type(`sed -i 's/^  submit:/  submit:\\n    metadata:\\n      annotations:\\n        message: payload.message/' hello-workfloweventbinding.yaml`);
    expect(await learner.type('kubectl apply -f hello-workfloweventbinding.yaml')).toContain('workfloweventbinding.argoproj.io/hello configured\n');
    await learner.type(`curl http://localhost:2746/api/v1/events/argo/- -H "Authorization: $ARGO_TOKEN" -d '{"message": "annotated"}'`);
    await learner.passesLive('The binding puts annotations on the workflows that it creates');
    expect(await learner.check()).toEqual(passed(['An event started a workflow from the template hello', 'The binding puts annotations on the workflows that it creates']));
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('logs in to the API docs with the token and sends requests from there', async () => {
    await next('API docs');
    const token = /Bearer \S+/.exec(await learner.run('echo'))?.[0] ?? '';
    const link = learner.page.locator('#step [data-port="2746"]').first();
    await link.click();
    const frame = learner.page.frameLocator('.panel:not(.panel-hidden) iframe');
    await frame.getByLabel('Token').fill(token);
    await frame.locator('form').getByRole('button', { name: 'Login' }).click();
    await link.click();

    const operation = (path: string) => frame.locator('.opblock-post', { has: frame.locator(`[data-path="${path}"]`) });
    const send = async (path: string, body: unknown) => {
      const block = operation(path);
      await block.locator('.opblock-summary-control').click();
      await block.getByRole('button', { name: 'Try it out' }).click();
      await block.getByPlaceholder('namespace').fill('argo');
      await block.locator('textarea').fill(JSON.stringify(body));
      await block.getByRole('button', { name: 'Execute' }).click();
      return block.locator('.live-responses-table .response-col_status').last().innerText();
    };
    expect(await send('/api/v1/workflow-templates/{namespace}', template('from-the-docs', 'hello docs'))).toMatch(/^200/);
    await learner.passesLive('A WorkflowTemplate was created from the API docs');
    expect(await send('/api/v1/workflows/{namespace}/submit', { resourceKind: 'WorkflowTemplate', resourceName: 'from-the-docs' })).toMatch(/^200/);
    await learner.passesLive('That template was submitted, and the workflow succeeded');
    expect(await learner.check()).toEqual(passed(['A WorkflowTemplate was created from the API docs', 'That template was submitted, and the workflow succeeded']));
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('sees at the end that all is done, here and on the start page', async () => {
    await next('Recap', 'Finish');
    await learner.page.getByText('All 5 steps are done.').waitFor();
    expect(await axeFindings(learner.page)).toEqual([]);
    await learner.page.getByRole('link', { name: 'All courses', exact: true }).click();
    await learner.page.locator('.card', { hasText: 'Using the API' }).getByText('5 / 5').waitFor();
    expect(learner.problems).toEqual([]);
  });
});
