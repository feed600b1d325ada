import type { JsonObject } from '../../../../lib/json.ts';
import type { App, Command } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text } from '../json-access.ts';
import { manifestFiles, parseObjects, readManifests } from '../manifests.ts';
import { GrpcStatus } from '../../server/status.ts';
import { noKubernetes } from '../no-kubernetes.ts';
import { describeError } from '../transport.ts';
import { colours, plain } from '../workflow-view.ts';
import { atLeast } from './arguments.ts';
import { validateClusterWorkflowTemplate, validateCronWorkflow, validateWorkflow, validateWorkflowTemplate, type TemplateSource } from '../../server/validation.ts';

const KINDS: Record<string, string> = { workflows: 'Workflow', workflowtemplates: 'WorkflowTemplate', cronworkflows: 'CronWorkflow', clusterworkflowtemplates: 'ClusterWorkflowTemplate' };
const ROUTES: Record<string, { path: (namespace: string) => string; field: string }> = {
  Workflow: { path: (namespace) => `/api/v1/workflows/${namespace}/lint`, field: 'workflow' },
  WorkflowTemplate: { path: (namespace) => `/api/v1/workflow-templates/${namespace}/lint`, field: 'template' },
  CronWorkflow: { path: (namespace) => `/api/v1/cron-workflows/${namespace}/lint`, field: 'cronWorkflow' },
  ClusterWorkflowTemplate: { path: () => '/api/v1/cluster-workflow-templates/lint', field: 'template' },
};

/** Checks every manifest below the paths; prints what is wrong; 1 when anything is. */
export async function lintFiles(app: App, paths: readonly string[], flags: FlagValues, kinds: readonly string[]): Promise<number> {
  const files = await manifestFiles(paths);
  const texts = await Promise.all(files.map(async (file) => (await readManifests(app, [file]))[0] ?? ''));
  const parsed = texts.map((manifest) => parseObjects(manifest));
  const check = flags.on('offline') ? offline(parsed.flatMap(({ objects }) => objects)) : online(app);
  const findings: { file: string; problems: string[] }[] = [];
  let known = 0;
  for (const [index, { objects, problems }] of parsed.entries()) {
    const found = [...problems];
    for (const one of objects) {
      const kind = text(one, 'kind');
      if (!kinds.includes(kind)) continue;
      known++;
      try {
        await check(kind, one);
      } catch (error) {
        const metadata = object(one, 'metadata');
        const name = text(metadata, 'name') || text(metadata, 'generateName');
        found.push(`in ${name === '' ? 'object' : JSON.stringify(name)} (${kind}): ${app.transport.remote || !(error instanceof GrpcStatus) ? describeError(error) : error.message}`);
      }
    }
    if (found.length > 0) findings.push({ file: files[index] === '-' ? 'stdin' : (files[index] ?? ''), problems: found });
  }
  const paint = flags.on('no-color') ? plain : colours;
  const count = findings.reduce((sum, { problems }) => sum + problems.length, 0);
  if (flags.text('output') === 'simple') for (const { file, problems } of findings) for (const problem of problems) app.print(`${file}: ${problem}`);
  else if (count > 0) {
    for (const { file, problems } of findings) app.world.stdout(`${paint(4, file)}:\n${problems.map((problem) => `   ${paint(31, '✖')} ${problem}\n`).join('')}\n`);
    app.print(paint(31, `✖ ${count} linting errors found!`));
  } else if (known === 0) {
    app.print(paint(31, '✖ found nothing to lint in the specified paths, failing...'));
    return 1;
  } else app.print(`${paint(32, '✔')} no linting errors found!`);
  return count > 0 ? 1 : 0;
}

type Check = (kind: string, object: JsonObject) => Promise<void>;

function online(app: App): Check {
  return async (kind, one) => {
    const route = ROUTES[kind];
    if (route === undefined) return;
    const namespace = text(object(one, 'metadata'), 'namespace') || app.namespace;
    await app.transport.unary({ method: 'POST', path: route.path(encodeURIComponent(namespace)), body: { namespace, [route.field]: one } });
  };
}

/** References are looked up among the given objects alone. */
function offline(objects: readonly JsonObject[]): Check {
  const find = (kind: string, name: string): JsonObject => {
    const found = objects.find((one) => text(one, 'kind') === kind && text(object(one, 'metadata'), 'name') === name);
    return found ?? noKubernetes(kind, name);
  };
  const source: TemplateSource = { workflowTemplate: async (_namespace, name) => find('WorkflowTemplate', name), clusterWorkflowTemplate: async (name) => find('ClusterWorkflowTemplate', name) };
  return async (kind, one) => {
    const copy = structuredClone(one);
    if (kind === 'Workflow') await validateWorkflow(source, '', copy, { lint: true });
    else if (kind === 'WorkflowTemplate') await validateWorkflowTemplate(source, '', copy, { lint: true });
    else if (kind === 'ClusterWorkflowTemplate') await validateClusterWorkflowTemplate(source, copy, { lint: true });
    else if (kind === 'CronWorkflow') await validateCronWorkflow(source, '', copy);
  };
}

export const lint: Command = {
  path: ['lint'],
  check: atLeast(1),
  run: (app, args, flags) => {
    const asked = flags.all('kinds').filter((kind) => kind !== 'all');
    return lintFiles(app, args, flags, asked.length === 0 ? Object.values(KINDS) : asked.map((kind) => KINDS[kind] ?? kind));
  },
};
