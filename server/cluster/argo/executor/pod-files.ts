import { type InsidePath, readInside, within } from '../../../lib/inside-folder.ts';
import type { ProgramContext } from '../../program.ts';
import { overlapping } from '../controller/pod-spec.ts';
import { decodeTemplate } from '../types/workflow.ts';
import type { Template, VolumeMount } from '../types/workflow.ts';

/** Bytes of a template, a manifest, a parameter at most. */
export const MAX_TEXT = 16 * 1024 * 1024;

/** What stands at a path in the executor's container, which other containers of the pod write as well. Throws when nothing does. */
export function placeAt(context: ProgramContext, path: string): InsidePath {
  const found = context.place(path);
  if (found === undefined) throw new Error(`open ${path}: no such file or directory`);
  return found;
}

/** What `init` has left for the containers after it. */
export async function templateOf(context: ProgramContext): Promise<Template> {
  return decodeTemplate(JSON.parse(await readInside(within(placeAt(context, '/var/run/argo'), 'template'), MAX_TEXT)));
}

/** The template's own mounts in its main container. */
export function mountsOf(template: Template): VolumeMount[] {
  return template.container?.volumeMounts ?? template.script?.volumeMounts ?? template.containerSet?.volumeMounts ?? [];
}

/** The mount of the main container that a path lies in; undefined when the path is in the image. */
export const mountAround = (template: Template, path: string): VolumeMount | undefined => overlapping(mountsOf(template), path);
