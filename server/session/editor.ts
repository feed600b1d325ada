import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { LabError } from '../lib/errors.ts';
import { atRoot } from '../protocol/placeholders.ts';
import { runToEnd, type RunResult } from '../sandbox/run.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { leftOut } from '../scenario/editor-tree.ts';
import type { FileEntry, FileView, FolderView, MovedFile, SavedFile } from '../protocol/workbench.ts';

/** Bytes of a file that is edited at most. */
export const MAX_TEXT = 1024 * 1024;
const MAX_ENTRIES = 2000;
const LIMIT_MS = 20_000;
/** Parts of a place that are not the learner's: programs, devices, the lab's own. */
const NOT_SHOWN = /^\/(?:usr|bin|sbin|lib|lib64|proc|sys|dev|opt\/argo-lab[^/]*)(?:\/|$)/;

/**
 * The files of a place as its editor sees them. Everything is done by a process inside the place, as the learner: a link,
 * however it was put in the way and whenever, leads nowhere that a command typed in the terminal would not reach, and
 * links are followed only where they stay in what may be edited.
 */
export class Editor {
  /** `tree`: the folder that the editor shows, and what of it the author leaves out. Such a file can still be opened by its name. */
  constructor(
    private readonly place: Place,
    private readonly tree: { root?: string | undefined; leftOut?: readonly string[] | undefined } = {},
  ) {}

  async list(path: string): Promise<FolderView> {
    const folder = await this.#real(path);
    const hidden = await this.#hiddenIn(folder);
    const result = await this.#run('[ -d "$1" ] || exit 3; cd -- "$1" && find . -mindepth 1 -maxdepth 1 -printf "%y %s %f\\0" 2>/dev/null | head -z -n 2001', [folder], 4 * MAX_TEXT);
    if (result.code === 3) throw await this.#missing(folder, 'folder');
    if (result.code !== 0) throw new LabError('forbidden', `${path} may not be read`);
    const lines = result.stdout.split('\0').filter((line) => line !== '');
    const entries = lines.slice(0, MAX_ENTRIES).map((line): FileEntry => {
      const [, kind = '', size = '0', name = ''] = /^(\S+) (\d+) ([^]*)$/.exec(line) ?? [];
      return { name, type: kind === 'f' ? 'file' : kind === 'd' ? 'folder' : 'other', ...(kind === 'f' ? { size: Number(size) } : {}) };
    });
    return { path: folder, entries: entries.filter((entry) => !NOT_SHOWN.test(posix.join(folder, entry.name)) && !hidden(entry.name)), ...(lines.length > MAX_ENTRIES ? { truncated: true } : {}) };
  }

  async read(path: string): Promise<FileView> {
    const file = await this.#real(path);
    const result = await this.#run(`[ -f "$1" ] || exit 3; [ -r "$1" ] || exit 4; s=$(stat -c "%s %y" -- "$1") || exit 4; echo "$s"; [ "\${s%% *}" -gt ${MAX_TEXT} ] || exec head -c ${MAX_TEXT} -- "$1"`, [file], MAX_TEXT + 200, true);
    if (result.code === 3) throw await this.#missing(file, 'file');
    if (result.code !== 0) throw new LabError('forbidden', `${path} may not be read`);
    const bytes = result.bytes ?? Buffer.alloc(0);
    const end = bytes.indexOf(0x0a);
    const head = bytes.subarray(0, end).toString('utf8');
    const size = Number(head.split(' ')[0]);
    if (size > MAX_TEXT) return { path: file, version: versionOf(head), unreadable: 'large', size };
    const content = bytes.subarray(end + 1);
    const text = textOf(content);
    return { path: file, version: versionOf(content), ...(text === undefined ? { unreadable: 'binary' as const } : { text }), size: content.length };
  }

  /** Whole or not at all: the old content stays until the new one is complete. `version` as `SaveFile` has it. */
  async save(path: string, text: string, version: string | null | undefined): Promise<SavedFile> {
    const bytes = Buffer.from(text);
    if (bytes.length > MAX_TEXT) throw new LabError('bad-request', `a file that is edited here has at most ${MAX_TEXT} bytes`);
    const file = await this.#real(path);
    const script = `p=$1; want=$2; size=$3
[ ! -d "$p" ] || exit 3
[ ! -e "$p" ] || [ -f "$p" ] || exit 3
if [ -e "$p" ]; then
  [ "$want" != new ] || exit 9
  if [ "$want" != any ]; then have=$(sha256sum <"$p") || exit 4; [ "\${have%% *}" = "$want" ] || exit 9; fi
elif [ "$want" != any ] && [ "$want" != new ]; then exit 9; fi
mkdir -p -- "\${p%/*}/" || exit 5
t="\${p%/*}/.\${p##*/}.$$.saving"
trap 'rm -f -- "$t"' EXIT
head -c "$size" >"$t" || exit 5
[ "$(stat -c %s -- "$t")" = "$size" ] || exit 5
[ ! -e "$p" ] || chmod --reference="$p" -- "$t" || exit 5
mv -f -- "$t" "$p" || exit 5`;
    const wanted = version === undefined ? 'any' : version === null ? 'new' : /^[0-9a-f]{64}$/.test(version) ? version : 'other';
    const result = await this.#run(script, [file, wanted, String(bytes.length)], 4000, false, bytes);
    if (result.code === 9) throw new LabError('conflict', `${path} has been changed meanwhile`, 'Look at what it holds now, or save again to overwrite it.');
    if (result.code === 3) throw new LabError('bad-request', `${path} is no file`);
    if (result.code !== 0) throw refusal(path, result);
    return { path: file, version: versionOf(bytes) };
  }

  async makeFolder(path: string): Promise<void> {
    const result = await this.#run('mkdir -p -- "$1"', [await this.#real(path)]);
    if (result.code !== 0) throw refusal(path, result);
  }

  /** Gives a file or folder another name or place; never in the place of another one. A link itself is moved. */
  async rename(path: string, to: string): Promise<MovedFile> {
    const [from, target] = [await this.#itself(path, 'renamed'), await this.#itself(to, 'replaced')];
    if (`${target}/`.startsWith(`${from}/`) && target !== from) throw new LabError('bad-request', `${path} can't be moved into itself`);
    const result = await this.#run(
      `[ -e "$1" ] || [ -L "$1" ] || exit 3
[ ! -e "$2" ] && [ ! -L "$2" ] || exit 9
mkdir -p -- "\${2%/*}/" || exit 5
mv -nT -- "$1" "$2" || exit 5
[ ! -e "$1" ] && [ ! -L "$1" ] || exit 9`,
      [from, target],
    );
    if (result.code === 3) throw new LabError('not-found', `there is no ${path}`);
    if (result.code === 9) throw new LabError('conflict', `there is a ${to} already`, 'Choose another name, or delete that first.');
    if (result.code !== 0) throw refusal(path, result);
    return { path: target };
  }

  /** A link itself goes, not what it leads to. */
  async remove(path: string): Promise<void> {
    const target = await this.#itself(path, 'deleted');
    const result = await this.#run('[ -e "$1" ] || [ -L "$1" ] || exit 3; rm -rf --one-file-system -- "$1"', [target]);
    if (result.code === 3) throw new LabError('not-found', `there is no ${path}`);
    if (result.code !== 0) throw refusal(path, result);
  }

  /** What of these paths there is and when it changed last: a text that differs when anything did. */
  async fingerprint(paths: readonly string[]): Promise<Map<string, string>> {
    const result = await this.#run('for p; do stat -c "%y %s %i" -- "$p" 2>/dev/null || echo -; done', [...paths], 64 * 1024);
    const lines = result.stdout.split('\n');
    return new Map(paths.map((path, index) => [path, lines[index] ?? '-']));
  }

  async #hiddenIn(folder: string): Promise<(name: string) => boolean> {
    const patterns = this.tree.leftOut ?? [];
    const way = patterns.length === 0 ? '..' : posix.relative(await this.#real(this.tree.root ?? '~'), folder);
    if (way === '..' || way.startsWith('../')) return () => false;
    const hides = leftOut(patterns);
    return (name) => hides(posix.join(way, name));
  }

  /** A thing itself, not what it may lead to: the folder that it is in with links followed, and its name. */
  async #itself(path: string, what: string): Promise<string> {
    const plain = this.#inside(path);
    if (plain === '/' || plain === this.place.homeInside || posix.dirname(plain) === '/') throw new LabError('bad-request', `${path} can't be ${what}`);
    const target = posix.join(await this.#real(posix.dirname(plain)), posix.basename(plain));
    this.#allowed(target, path);
    return target;
  }

  /** Where a path really leads, links followed; what is missing at its end is kept as it is. */
  async #real(path: string): Promise<string> {
    const plain = this.#inside(path);
    const result = await this.#run('readlink -m -- "$1" && readlink -m -- "$2"', [plain, this.place.homeInside]);
    const [real = '', home = ''] = result.stdout.split('\n');
    if (result.code !== 0 || !real.startsWith('/')) throw new LabError('bad-request', `${path} leads in a circle`);
    this.#allowed(real, path, home);
    return real;
  }

  #inside(path: string): string {
    // eslint-disable-next-line no-control-regex
    if (path === '' || path.length > 4096 || /[\u0000-\u001f]/.test(path)) throw new LabError('bad-request', 'this is no path');
    const home = this.place.homeInside;
    // Scenarios take /root for the home: without a sandbox it is another folder.
    const below = /^(?:~|\/root)(?:\/(.*))?$/s.exec(atRoot(path));
    const full = posix.resolve(home, below === null ? path : `./${below[1] ?? ''}`);
    this.#allowed(full, path);
    return full;
  }

  /** `home`: where the home really is, when that is known. */
  #allowed(full: string, path: string, home = this.place.homeInside): void {
    const { isolation, homeInside } = this.place;
    const own = isolation === 'bubblewrap' ? !NOT_SHOWN.test(full) : [homeInside, home, '/tmp'].some((root) => full === root || full.startsWith(`${root}/`));
    if (!own) throw new LabError('bad-request', `${path} is not among the files of this session`);
  }

  async #missing(path: string, what: string): Promise<LabError> {
    const { code } = await this.#run('[ -e "$1" ]', [path]);
    return code === 0 ? new LabError('bad-request', `${path} is no ${what}`) : new LabError('not-found', `there is no ${what} ${path}`);
  }

  #run(script: string, args: string[], maxBytes = 64 * 1024, raw = false, stdin: Uint8Array = Buffer.alloc(0)): Promise<RunResult> {
    return runToEnd(this.place.command(['/bin/sh', '-c', script, 'argo-lab', ...args], { cwd: '/', env: { LC_ALL: 'C' } }), { timeoutMs: LIMIT_MS, maxBytes, raw, stdin });
  }
}

function refusal(path: string, result: RunResult): LabError {
  if (/No space left|Disk quota/.test(result.stderr)) return new LabError('conflict', 'the session has no room left for this file', 'Delete what you no longer need, then save again.');
  if (result.timedOut) return new LabError('timeout', `${path} could not be written in time`);
  return new LabError('bad-request', `${path}: ${result.stderr.trim().split('\n').at(-1)?.replace(/^.*: /, '') ?? 'can’t be written'}`);
}

function versionOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Undefined for what is no text that an editor could give back unchanged. */
function textOf(content: Buffer): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}
