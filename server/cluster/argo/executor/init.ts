import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseGoDuration } from '../../../lib/go-duration.ts';
import type { ProgramContext } from '../../program.ts';
import { mainContainerNames, templateTypeOf } from '../types/template.ts';
import { decodeTemplate } from '../types/workflow.ts';
import { loadArtifact } from './artifacts.ts';
import { cleanPath } from './clean-path.ts';
import { EMISSARY } from './emissary.ts';
import { confined } from './host-files.ts';
import { logger, sayInitialized } from './log.ts';
import { hostPath, mountAround } from './pod-files.ts';

/** `argoexec init`: lays out what the pod's other containers need. After argo-workflows v3.7.6 cmd/argoexec/commands/init.go */
export async function init(context: ProgramContext): Promise<void> {
  const log = logger(context);
  const dir = hostPath(context, '/var/run/argo');
  const text = context.env['ARGO_TEMPLATE'] ?? '';
  const template = decodeTemplate(JSON.parse(text));
  sayInitialized(context, template.name ?? '');
  await writeFile(join(dir, 'template'), text);
  const executable = join(dir, 'argoexec');
  await writeFile(executable, EMISSARY);
  await chmod(executable, 0o755);
  const lab = join(dir, 'lab');
  await mkdir(join(lab, 'deps'), { recursive: true });
  const sidecars = (template.sidecars ?? []).map(({ name }) => name);
  for (const name of [...mainContainerNames(template), ...sidecars]) {
    await mkdir(join(dir, 'ctr', name), { recursive: true });
    await chmod(join(dir, 'ctr', name), 0o777);
  }
  await mkdir(join(dir, 'outputs'), { recursive: true });
  for (const folder of [join(dir, 'ctr'), join(dir, 'outputs'), dir]) await chmod(folder, 0o777);
  const set = template.containerSet;
  for (const { name, dependencies = [] } of set?.containers ?? []) {
    if (dependencies.length > 0) await writeFile(join(lab, 'deps', name), `${dependencies.join('\n')}\n`);
  }
  if (set?.retryStrategy !== undefined) await writeFile(join(lab, 'retries'), `${String(Number(set.retryStrategy['retries']))} ${(parseGoDuration(String(set.retryStrategy['duration'] ?? '')) ?? 0) / 1000}\n`);
  const inImage = (path: string) => mountAround(template, path) === undefined;
  const lines = async (name: string, paths: string[]) => {
    if (paths.length > 0) await writeFile(join(lab, name), `${paths.join('\n')}\n`);
  };
  await lines('parameters', (template.outputs.parameters ?? []).flatMap(({ valueFrom }) => (valueFrom?.path !== undefined && inImage(valueFrom.path) ? [valueFrom.path] : [])));
  await lines('artifacts', (template.outputs.artifacts ?? []).flatMap(({ path }) => (path !== undefined && inImage(path) ? [path] : [])));
  if (template.archiveLocation?.archiveLogs === true) await writeFile(join(lab, 'logs'), '');
  if (template.script !== undefined) {
    log('info', 'Loading script source to /argo/staging/script');
    const script = hostPath(context, '/argo/staging/script');
    await writeFile(script, template.script.source);
    await chmod(script, 0o755);
  }
  log('info', 'Start loading input artifacts...');
  for (const artifact of template.inputs.artifacts ?? []) {
    log('info', `Downloading artifact: ${artifact.name}`);
    const path = templateTypeOf(template) === 'Data' ? (artifact.path ?? '/') : (artifact.path ?? '');
    const mount = mountAround(template, path);
    const clean = path === '' ? '' : cleanPath(artifact);
    const target = mount === undefined ? `/argo/inputs/artifacts/${artifact.name}` : `/mainctrfs${clean}`;
    const place = hostPath(context, target);
    if (mount !== undefined) await confined(hostPath(context, `/mainctrfs${mount.mountPath}`), place, false);
    await loadArtifact(context, artifact, template.archiveLocation, place);
    log('info', `Successfully download file: ${target}`);
  }
}
