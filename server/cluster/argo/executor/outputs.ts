import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramContext } from '../../program.ts';
import { hasLocationOrKey, hasOutput } from '../types/template.ts';
import type { Artifact, Outputs, Template } from '../types/workflow.ts';
import { saveArtifact, stage } from './artifacts.ts';
import { cleanPath } from './clean-path.ts';
import { confined } from './host-files.ts';
import { hostPath, mountAround } from './pod-files.ts';

const MAX_RESULT = 256 * 1024;

interface Place {
  path: string;
  /** The folder that the file has to lie in. */
  root: string;
  /** Saved by the emissary, or in a volume that is mounted here as well. */
  saved: boolean;
}

/** Where a path of the main container is now. */
function placeOf(context: ProgramContext, template: Template, dir: string, kind: 'parameters' | 'artifacts', path: string): Place {
  const input = (template.inputs.artifacts ?? []).find((artifact) => hasLocationOrKey(artifact) && (path === artifact.path || path.startsWith(`${artifact.path ?? ''}/`)));
  const mount = mountAround(template, path)?.mountPath ?? input?.path;
  if (mount !== undefined) return { path: hostPath(context, `/mainctrfs${path}`), root: hostPath(context, `/mainctrfs${mount}`), saved: false };
  return { path: join(dir, 'outputs', kind, kind === 'artifacts' ? `${path.replace(/\/$/, '')}.tgz` : path), root: dir, saved: true };
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** What the main container has printed, when somebody asks for it. */
export async function captureResult(context: ProgramContext, template: Template, dir: string, outputs: Outputs): Promise<void> {
  if (context.env['ARGO_INCLUDE_SCRIPT_OUTPUT'] !== 'true' || !hasOutput(template)) return;
  const text = await confined(dir, join(dir, 'ctr', 'main', 'stdout')).then((path) => readFile(path, 'utf8'), () => '');
  const trimmed = text.endsWith('\n') ? text.slice(0, -1) : text;
  outputs.result = trimmed.length > MAX_RESULT ? trimmed.slice(-MAX_RESULT) : trimmed;
}

/** Output parameters, from the files that they name. Throws for one without file and default. */
export async function captureParameters(context: ProgramContext, template: Template, dir: string, outputs: Outputs): Promise<void> {
  const parameters = template.outputs.parameters ?? [];
  if (parameters.length === 0) return;
  outputs.parameters = [];
  for (const parameter of parameters) {
    const path = parameter.valueFrom?.path ?? '';
    if (path === '') {
      outputs.parameters.push(parameter);
      continue;
    }
    const place = placeOf(context, template, dir, 'parameters', path);
    let value: string;
    try {
      value = await readFile(await confined(place.root, place.path), 'utf8');
    } catch (error) {
      if (parameter.valueFrom?.default === undefined) throw new Error(isMissing(error) ? `open ${place.saved ? `/var/run/argo/outputs/parameters/${path}` : `/mainctrfs${path}`}: no such file or directory` : `open ${path}: permission denied`, { cause: error });
      value = parameter.valueFrom.default;
    }
    outputs.parameters.push({ ...parameter, value: value.endsWith('\n') ? value.slice(0, -1) : value });
  }
}

/** Output artifacts and, when asked for, the logs: uploaded. Throws with what went wrong, one after the other. */
export async function captureArtifacts(context: ProgramContext, template: Template, dir: string, outputs: Outputs, mains: string[]): Promise<void> {
  const saved: Artifact[] = [];
  const problems: string[] = [];
  const staging = join(dir, 'lab', 'staging');
  for (const artifact of template.outputs.artifacts ?? []) {
    let place: Place | undefined;
    try {
      const path = cleanPath(artifact);
      place = placeOf(context, template, dir, 'artifacts', path);
      const real = await confined(place.root, place.path);
      saved.push(await saveArtifact(context, { ...artifact, path }, template.archiveLocation, await stage({ ...artifact, path }, real, staging, place.saved)));
    } catch (error) {
      const missing = isMissing(error);
      if (missing && artifact.optional === true) continue;
      problems.push(missing ? `open ${place?.saved === true ? `/var/run/argo/outputs/artifacts${artifact.path ?? ''}.tgz` : `/mainctrfs${artifact.path ?? ''}`}: no such file or directory` : error instanceof Error ? error.message : String(error));
    }
  }
  if (template.archiveLocation?.archiveLogs === true) {
    for (const name of mains) {
      try {
        const path = await confined(dir, join(dir, 'ctr', name, 'combined'));
        saved.push(await saveArtifact(context, { name: `${name}-logs` }, template.archiveLocation, { path, fileName: `${name}.log` }));
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  if (saved.length > 0) outputs.artifacts = saved;
  if (problems.length > 0) throw new Error(problems.map((problem) => `${problem}; `).join(''));
}
