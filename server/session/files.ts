import { posix } from 'node:path';
import { LabError } from '../lib/errors.ts';
import { atRoot } from '../protocol/placeholders.ts';
import { runToEnd, type RunOptions, type RunResult } from '../sandbox/run.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { octalMode } from './file-mode.ts';

/** A file to put into a place; `path` is absolute as the place sees it, or begins with `~/`. */
export interface PlacedFile {
  path: string;
  data: Uint8Array;
  /** What chmod understands, such as `755` or `+x`; what it does not is ignored. */
  mode?: string;
}

/** Files a process writes at most: their names are its arguments. */
const BATCH = 400;

/**
 * Writes files from inside the place: the server never follows a path that the learner could have replaced by a link
 * to somewhere else. Files travel in streams, each with its length.
 */
export async function writeFiles(place: Place, all: readonly PlacedFile[]): Promise<void> {
  const files: PlacedFile[] = [];
  for (const file of all) if (!(await seeded(place, file))) files.push(file);
  for (let from = 0; from < files.length; from += BATCH) await writeBatch(place, files.slice(from, from + BATCH));
}

const WRITE = `while [ $# -gt 0 ]; do
  mkdir -p "\${1%/*}/" && head -c "$2" >"$1" || exit 1
  [ "$3" = - ] || chmod -- "$3" "$1" 2>/dev/null
  shift 3
done
exit 0`;

async function writeBatch(place: Place, files: readonly PlacedFile[]): Promise<void> {
  const inside = (path: string) => (path.startsWith('~/') ? `${place.homeInside}${path.slice(1)}` : path);
  const result = await runToEnd(place.command(['/bin/sh', '-c', WRITE, 'argo-lab', ...files.flatMap((file) => [inside(file.path), String(file.data.length), file.mode ?? '-'])]), { stdin: Buffer.concat(files.map((file) => file.data)), timeoutMs: 30_000 });
  if (result.code !== 0) throw new LabError('internal', `writing ${files.length === 1 ? files[0]?.path : `${files.length} files`} failed: ${result.stderr.trim()}`);
}

/** The quick way, without a process: into a home in which nothing has run yet. */
async function seeded(place: Place, file: PlacedFile): Promise<boolean> {
  const prefix = file.path.startsWith('~/') ? '~/' : `${place.homeInside}/`;
  if (!file.path.startsWith(prefix)) return false;
  const path = posix.normalize(file.path.slice(prefix.length));
  return !path.startsWith('..') && place.seed(path, file.data, octalMode(file.mode));
}

/** The path as the place's processes see it: `~/…` and relative paths lead to the home. Without a sandbox, only the home and /tmp are the lab's to look at. */
export function pathInside(place: Place, written: string): string {
  const path = atRoot(written);
  // eslint-disable-next-line no-control-regex
  if (path === '' || path.length > 4096 || /[\u0000-\u001f]/.test(path)) throw new LabError('bad-request', 'this is no path');
  const home = place.homeInside;
  const below = path === '~' || path === '/root' ? '.' : path.startsWith('~/') ? path.slice(2) : path.startsWith('/root/') ? path.slice('/root/'.length) : undefined;
  const full = posix.resolve(home, below ?? path);
  if (place.isolation === 'none' && ![home, '/tmp'].some((root) => full === root || full.startsWith(`${root}/`))) throw new LabError('forbidden', `${path} is outside the home folder`);
  return full;
}

/** A file as the place's processes would read it; undefined when missing or no regular file. At most 1 MiB. */
export async function readPlaceFile(place: Place, path: string): Promise<string | undefined> {
  const result = await runToEnd(place.command(['/bin/sh', '-c', '[ -f "$1" ] && exec head -c 1048576 -- "$1"', 'argo-lab', pathInside(place, path)], { cwd: place.homeInside }), { timeoutMs: 10_000, maxBytes: 1024 * 1024 });
  return result.code === 0 ? result.stdout : undefined;
}

export interface PlaceFileState {
  /** What the path leads to; `link` where that is missing. */
  type: 'file' | 'folder' | 'link' | 'other';
  link: boolean;
  size: number;
  mode: number;
  modifiedAt: number;
}

/** What lies at a path; undefined when nothing does. */
export async function statPlaceFile(place: Place, path: string): Promise<PlaceFileState | undefined> {
  const script = 'stat -c "%F|%s|%a|%Y" -- "$1" || exit 1; stat -L -c "%F|%s|%a|%Y" -- "$1" 2>/dev/null || :';
  const result = await runToEnd(place.command(['/bin/sh', '-c', script, 'argo-lab', pathInside(place, path)], { cwd: place.homeInside, env: { LC_ALL: 'C' } }), { timeoutMs: 10_000 });
  if (result.code !== 0) return undefined;
  const [itself = '', target] = result.stdout.trim().split('\n');
  const [kind = '', size = '0', mode = '0', modified = '0'] = (target ?? itself).split('|');
  const type = kind.startsWith('regular') ? 'file' : kind === 'directory' ? 'folder' : kind === 'symbolic link' ? 'link' : 'other';
  return { type, link: itself.startsWith('symbolic link'), size: Number(size), mode: Number.parseInt(mode, 8), modifiedAt: Number(modified) * 1000 };
}

export interface ScriptOptions extends Omit<RunOptions, 'stdin'> {
  env?: Record<string, string>;
  /** Files inside the place that take the output instead of the result. */
  logs?: { stdout: string; stderr: string };
}

/** Shells whose scripts bash runs; anything else that a script's first line names is asked itself. */
const SHELLS = /^#!\s*(\/\S*\/)?(env\s+(-\S+\s+)*)?(ba|da|a|z|k)?sh(\s|$)/;

/** Runs a script's text in the place as a file of its own: with bash, whatever its mode says, unless it is for no shell at all. It reads nothing. */
export function runScriptText(place: Place, name: string, text: string, options: ScriptOptions): Promise<RunResult> {
  const body = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const program = body.startsWith('#!') && !SHELLS.test(body.slice(0, 200)) ? '"$f"' : 'bash "$f"';
  const output = options.logs === undefined ? '' : ' >>"$2" 2>>"$3"';
  const folder = options.logs === undefined ? '' : 'mkdir -p "${2%/*}"; ';
  const runner = `${folder}d=$(mktemp -d) && f="$d/$1" && cat >"$f" && chmod 700 "$f" && ${program} </dev/null${output}; code=$?; rm -rf "$d"; exit $code`;
  const logs = options.logs === undefined ? [] : [options.logs.stdout, options.logs.stderr];
  return runToEnd(place.command(['/bin/sh', '-c', runner, 'argo-lab', name, ...logs], { env: options.env ?? {} }), { ...options, stdin: body });
}

/** Runs a line with bash in a folder of the place. */
export function runLine(place: Place, line: string, options: ScriptOptions & { folder?: string }): Promise<RunResult> {
  const cwd = options.folder === undefined ? place.homeInside : pathInside(place, options.folder);
  return runToEnd(place.command(['/bin/bash', '-c', line], { cwd, env: options.env ?? {} }), { ...options, stdin: '' });
}
