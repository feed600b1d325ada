import { posix } from 'node:path';

/** An artifact's path without `.` and `..`. Throws when it leads out of the folder that it names. After argo-workflows v3.7.6 pkg/apis/workflow/v1alpha1/workflow_types.go CleanPath */
export function cleanPath(artifact: { name: string; path?: string }): string {
  const path = artifact.path ?? '';
  if (path === '') throw new Error(`Artifact '${artifact.name}' did not specify a path`);
  const at = path.indexOf('/../');
  const safe = at >= 0 ? path.slice(0, at) : path.endsWith('/..') ? path.slice(0, -3) : '';
  const normal = posix.normalize(path);
  const cleaned = normal.length > 1 ? normal.replace(/\/$/, '') : normal;
  if (safe !== '' && (!cleaned.startsWith(`${safe}/`) || cleaned.length <= safe.length + 1)) {
    throw new Error(`Artifact '${artifact.name}' attempted to use a path containing '..'. Directory traversal is not permitted`);
  }
  return cleaned;
}
