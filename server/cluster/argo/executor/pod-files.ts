import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramContext } from '../../program.ts';
import { overlapping } from '../controller/pod-spec.ts';
import { decodeTemplate } from '../types/workflow.ts';
import type { Template, VolumeMount } from '../types/workflow.ts';

/** The folder or file of this machine that stands at a path in the executor's container. Throws when none does. */
export function hostPath(context: ProgramContext, path: string): string {
  const found = context.hostPath(path);
  if (found === undefined) throw new Error(`open ${path}: no such file or directory`);
  return found;
}

/** What `init` has left for the containers after it. */
export async function templateOf(context: ProgramContext): Promise<Template> {
  return decodeTemplate(JSON.parse(await readFile(join(hostPath(context, '/var/run/argo'), 'template'), 'utf8')));
}

/** The template's own mounts in its main container. */
export function mountsOf(template: Template): VolumeMount[] {
  return template.container?.volumeMounts ?? template.script?.volumeMounts ?? template.containerSet?.volumeMounts ?? [];
}

/** The mount of the main container that a path lies in; undefined when the path is in the image. */
export const mountAround = (template: Template, path: string): VolumeMount | undefined => overlapping(mountsOf(template), path);
