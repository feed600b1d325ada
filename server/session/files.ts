import { posix } from 'node:path';
import { LabError } from '../lib/errors.ts';
import { runToEnd, type RunOptions, type RunResult } from '../sandbox/run.ts';
import type { Place } from '../sandbox/sandbox.ts';

/** A file to put into a place; `path` is absolute as the place sees it, or begins with `~/`. */
export interface PlacedFile {
  path: string;
  data: Uint8Array;
  /** Octal, such as `755` or `+x`; what chmod understands. */
  mode?: string;
}

/**
 * Writes files from inside the place: the server never follows a path that the learner could have replaced by a link
 * to somewhere else. All files travel in one stream, each with its length.
 */
export async function writeFiles(place: Place, all: readonly PlacedFile[]): Promise<void> {
  const files: PlacedFile[] = [];
  for (const file of all) if (!(await seeded(place, file))) files.push(file);
  if (files.length === 0) return;
  const script = ['set -e', ...files.map((_, i) => `f=\${${i + 1}}; mkdir -p "\${f%/*}"; head -c ${files[i]?.data.length ?? 0} >"$f"`), ...files.flatMap((file, i) => (file.mode === undefined ? [] : [`chmod ${quote(file.mode)} "\${${i + 1}}"`]))].join('\n');
  const paths = files.map((file) => (file.path.startsWith('~/') ? `${place.homeInside}${file.path.slice(1)}` : file.path));
  const result = await runToEnd(place.command(['/bin/sh', '-c', script, 'argo-lab', ...paths]), { stdin: Buffer.concat(files.map((file) => file.data)), timeoutMs: 30_000 });
  if (result.code !== 0) throw new LabError('internal', `writing ${paths.join(', ')} failed: ${result.stderr.trim()}`);
}

/** The quick way, without a process: into a home in which nothing has run yet. */
async function seeded(place: Place, file: PlacedFile): Promise<boolean> {
  const prefix = file.path.startsWith('~/') ? '~/' : `${place.homeInside}/`;
  const mode = file.mode === undefined ? 0o644 : file.mode === '+x' ? 0o755 : /^[0-7]{3,4}$/.test(file.mode) ? Number.parseInt(file.mode, 8) : undefined;
  const path = posix.normalize(file.path.slice(prefix.length));
  if (mode === undefined || !file.path.startsWith(prefix) || path.startsWith('..')) return false;
  return place.seed(path, file.data, mode);
}

/** A file as the place's processes would read it; undefined when missing. At most 1 MiB. */
export async function readPlaceFile(place: Place, path: string): Promise<string | undefined> {
  const relative = path.replace(/^~\//, '').replace(place.homeInside + '/', '');
  if (relative.startsWith('/') || relative.split('/').includes('..')) throw new LabError('forbidden', `${path} is outside the home folder`);
  const result = await runToEnd(place.command(['/bin/cat', '--', relative], { cwd: place.homeInside }), { timeoutMs: 10_000, maxBytes: 1024 * 1024 });
  return result.code === 0 ? result.stdout : undefined;
}

/** Runs a script's text in the place as a file of its own, with bash where it names no other program. */
export function runScriptText(place: Place, name: string, text: string, options: Omit<RunOptions, 'stdin'> & { env?: Record<string, string> }): Promise<RunResult> {
  const unix = text.replace(/\r\n/g, '\n');
  const body = unix.startsWith('#!') ? unix : `#!/bin/bash\n${unix}`;
  const runner = 'd=$(mktemp -d) && f="$d/$1" && cat >"$f" && chmod 700 "$f" && "$f" </dev/null; code=$?; rm -rf "$d"; exit $code';
  return runToEnd(place.command(['/bin/sh', '-c', runner, 'argo-lab', name], { env: options.env ?? {} }), { ...options, stdin: body });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
