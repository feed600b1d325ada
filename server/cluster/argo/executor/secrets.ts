import { readInside } from '../../../lib/inside-folder.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { ProgramContext } from '../../program.ts';
import { MAX_TEXT } from './pod-files.ts';

/** Reads a secret's file that is mounted beside the executor; empty when no secret is named. `ref` is a SecretKeySelector. */
export async function mountedSecret(context: ProgramContext, ref: unknown): Promise<string> {
  if (!isJsonObject(ref) || typeof ref['name'] !== 'string' || ref['name'] === '') return '';
  const place = `/argo/secret/${ref['name']}/${String(ref['key'])}`;
  const found = context.place(place);
  if (found === undefined) throw new Error(`open ${place}: no such file or directory`);
  return await readInside(found, MAX_TEXT).catch(() => {
    throw new Error(`open ${place}: no such file or directory`);
  });
}
