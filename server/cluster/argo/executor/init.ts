import { parseGoDuration } from '../../../lib/go-duration.ts';
import { makeFolderInside, within, writeInside } from '../../../lib/inside-folder.ts';
import type { ProgramContext } from '../../program.ts';
import { mainContainerNames, templateTypeOf } from '../types/template.ts';
import { decodeTemplate } from '../types/workflow.ts';
import { loadArtifact } from './artifacts.ts';
import { cleanPath } from './clean-path.ts';
import { EMISSARY } from './emissary.ts';
import { logger, sayInitialized } from './log.ts';
import { mountAround, placeAt } from './pod-files.ts';

/** `argoexec init`: lays out what the pod's other containers need. After argo-workflows v3.7.6 cmd/argoexec/commands/init.go */
export async function init(context: ProgramContext): Promise<void> {
  const log = logger(context);
  const dir = placeAt(context, '/var/run/argo');
  const text = context.env['ARGO_TEMPLATE'] ?? '';
  const template = decodeTemplate(JSON.parse(text));
  sayInitialized(context, template.name ?? '');
  await writeInside(within(dir, 'template'), text);
  await writeInside(within(dir, 'argoexec'), EMISSARY, 0o755);
  const lab = within(dir, 'lab');
  await makeFolderInside(within(lab, 'deps'), 0o755);
  const sidecars = (template.sidecars ?? []).map(({ name }) => name);
  for (const folder of [...[...mainContainerNames(template), ...sidecars].map((name) => within(dir, 'ctr', name)), within(dir, 'ctr'), within(dir, 'outputs'), dir]) await makeFolderInside(folder, 0o777);
  const set = template.containerSet;
  for (const { name, dependencies = [] } of set?.containers ?? []) {
    if (dependencies.length > 0) await writeInside(within(lab, 'deps', name), `${dependencies.join('\n')}\n`);
  }
  if (set?.retryStrategy !== undefined) await writeInside(within(lab, 'retries'), `${String(Number(set.retryStrategy['retries']))} ${(parseGoDuration(String(set.retryStrategy['duration'] ?? '')) ?? 0) / 1000}\n`);
  const inImage = (path: string) => mountAround(template, path) === undefined;
  const lines = async (name: string, paths: string[]) => {
    if (paths.length > 0) await writeInside(within(lab, name), `${paths.join('\n')}\n`);
  };
  await lines('parameters', (template.outputs.parameters ?? []).flatMap(({ valueFrom }) => (valueFrom?.path !== undefined && inImage(valueFrom.path) ? [valueFrom.path] : [])));
  await lines('artifacts', (template.outputs.artifacts ?? []).flatMap(({ path }) => (path !== undefined && inImage(path) ? [path] : [])));
  if (template.archiveLocation?.archiveLogs === true) await writeInside(within(lab, 'logs'), '');
  if (template.script !== undefined) {
    log('info', 'Loading script source to /argo/staging/script');
    await writeInside(placeAt(context, '/argo/staging/script'), template.script.source, 0o755);
  }
  log('info', 'Start loading input artifacts...');
  for (const artifact of template.inputs.artifacts ?? []) {
    log('info', `Downloading artifact: ${artifact.name}`);
    const path = templateTypeOf(template) === 'Data' ? (artifact.path ?? '/') : (artifact.path ?? '');
    const mount = mountAround(template, path);
    const clean = path === '' ? '' : cleanPath(artifact);
    const target = mount === undefined ? `/argo/inputs/artifacts/${artifact.name}` : `/mainctrfs${clean}`;
    await loadArtifact(context, artifact, template.archiveLocation, placeAt(context, target));
    log('info', `Successfully download file: ${target}`);
  }
}
