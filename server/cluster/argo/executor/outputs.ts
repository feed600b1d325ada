import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { copyOut, type InsidePath, readEndInside, readInside, within } from '../../../lib/inside-folder.ts';
import type { ProgramContext } from '../../program.ts';
import { hasLocationOrKey, hasOutput } from '../types/template.ts';
import type { Artifact, Outputs, Template } from '../types/workflow.ts';
import { discard, MAX_ARTIFACT, oneName, saveArtifact, stage } from './artifacts.ts';
import { cleanPath } from './clean-path.ts';
import { MAX_TEXT, mountAround, placeAt } from './pod-files.ts';

const MAX_RESULT = 256 * 1024;

interface Place {
  at: InsidePath;
  /** Saved by the emissary, or in a volume that is mounted here as well. */
  saved: boolean;
}

/** Where a path of the main container is now. */
function placeOf(context: ProgramContext, template: Template, dir: InsidePath, kind: 'parameters' | 'artifacts', path: string): Place {
  const input = (template.inputs.artifacts ?? []).find((artifact) => hasLocationOrKey(artifact) && (path === artifact.path || path.startsWith(`${artifact.path ?? ''}/`)));
  const mount = mountAround(template, path)?.mountPath ?? input?.path;
  if (mount !== undefined) return { at: placeAt(context, `/mainctrfs${path}`), saved: false };
  return { at: within(dir, 'outputs', kind, kind === 'artifacts' ? `${path.replace(/\/$/, '')}.tgz` : path), saved: true };
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** What the main container has printed, when somebody asks for it. */
export async function captureResult(context: ProgramContext, template: Template, dir: InsidePath, outputs: Outputs): Promise<void> {
  if (context.env['ARGO_INCLUDE_SCRIPT_OUTPUT'] !== 'true' || !hasOutput(template)) return;
  const text = await readEndInside(within(dir, 'ctr', 'main', 'stdout'), 4 * MAX_RESULT).catch(() => '');
  const trimmed = text.endsWith('\n') ? text.slice(0, -1) : text;
  outputs.result = trimmed.length > MAX_RESULT ? trimmed.slice(-MAX_RESULT) : trimmed;
}

/** Output parameters, from the files that they name. Throws for one without file and default. */
export async function captureParameters(context: ProgramContext, template: Template, dir: InsidePath, outputs: Outputs): Promise<void> {
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
      value = await readInside(place.at, MAX_TEXT);
    } catch (error) {
      if (parameter.valueFrom?.default === undefined) throw new Error(isMissing(error) ? `open ${place.saved ? `/var/run/argo/outputs/parameters/${path}` : `/mainctrfs${path}`}: no such file or directory` : `open ${path}: permission denied`, { cause: error });
      value = parameter.valueFrom.default;
    }
    outputs.parameters.push({ ...parameter, value: value.endsWith('\n') ? value.slice(0, -1) : value });
  }
}

/** Output artifacts and, when asked for, the logs: uploaded. Throws with what went wrong, one after the other. */
export async function captureArtifacts(context: ProgramContext, template: Template, dir: InsidePath, outputs: Outputs, mains: string[]): Promise<void> {
  const saved: Artifact[] = [];
  const problems: string[] = [];
  const logs = template.archiveLocation?.archiveLogs === true;
  if ((template.outputs.artifacts ?? []).length === 0 && !logs) return;
  const work = await mkdtemp(join(await context.scratch(), 'out-'));
  try {
    for (const [i, artifact] of (template.outputs.artifacts ?? []).entries()) {
      let place: Place | undefined;
      try {
        const path = cleanPath(artifact);
        place = placeOf(context, template, dir, 'artifacts', path);
        saved.push(await saveArtifact(context, { ...artifact, path }, template.archiveLocation, await stage({ ...artifact, path }, place.at, join(work, String(i)), place.saved)));
      } catch (error) {
        const missing = isMissing(error);
        if (missing && artifact.optional === true) continue;
        problems.push(missing ? `open ${place?.saved === true ? `/var/run/argo/outputs/artifacts${artifact.path ?? ''}.tgz` : `/mainctrfs${artifact.path ?? ''}`}: no such file or directory` : error instanceof Error ? error.message : String(error));
      }
    }
    if (logs) {
      for (const name of mains) {
        try {
          const path = join(work, oneName(`${name}.log`));
          await copyOut(within(dir, 'ctr', name, 'combined'), path, MAX_ARTIFACT);
          saved.push(await saveArtifact(context, { name: `${name}-logs` }, template.archiveLocation, { path, fileName: `${name}.log` }));
        } catch (error) {
          problems.push(error instanceof Error ? error.message : String(error));
        }
      }
    }
  } finally {
    await discard(work);
  }
  if (saved.length > 0) outputs.artifacts = saved;
  if (problems.length > 0) throw new Error(problems.map((problem) => `${problem}; `).join(''));
}
