import type { Dashboard, LayoutKind, NamedTerminal, Problem } from './model.ts';
import { type IndexText, type Read, readIndexFile } from './read-file.ts';
import { type EndPageFile, IndexFile, type PageFile, StrictIndexFile } from './schema.ts';
import { fieldName, problemsOf } from './source-position.ts';

/** An index (index.json, or index.yaml) with aliases and misplaced keys put where they belong. */
export interface Index {
  file: IndexFile;
  json: IndexText;
  intro?: EndPageFile;
  steps: PageFile[];
  finish?: EndPageFile;
  /** Where each of them stands in the file, for what is said about it. */
  path: { intro: string[]; steps: string[]; finish: string[]; assets: string[] };
  assets: { host: string; index: number; file: string; target: string; chmod?: string }[];
}

/** Whether a value looks like a scenario's index, not like the index.json of something else. */
export function isScenarioIndex(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && ['details', 'backend', 'steps'].some((key) => Object.hasOwn(value, key));
}

const MISPLACED = ['intro', 'steps', 'finish', 'assets'] as const;

/** Generators write `null` where there is nothing: a key with it counts as absent. */
function withoutNulls(value: unknown, depth = 0): unknown {
  // Deeper than any key that is read; YAML may refer to itself there.
  if (depth > 20) return value;
  if (Array.isArray(value)) return value.map((inner) => withoutNulls(inner, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner, depth + 1)]])));
}

/** Reads and normalises an index; `label` is how problems name the file. */
export async function readIndex(path: string, label: string): Promise<Read<Index>> {
  const read = await readIndexFile(path, label);
  if (!read.ok) return read;
  const json = read.value;
  const problems: Problem[] = [...read.problems];
  const value = withoutNulls(json.value);
  const parsed = IndexFile.safeParse(value);
  if (!parsed.success) return { ok: false, problems: [...problems, ...problemsOf(label, 'field-type', 'error', parsed.error, json.place)] };
  const strict = StrictIndexFile.safeParse(value);
  if (!strict.success) problems.push(...problemsOf(label, 'field-type', 'warning', strict.error, json.place));
  const file = parsed.data;
  const details: Partial<NonNullable<IndexFile['details']>> = file.details ?? {};
  for (const key of MISPLACED) {
    if (file[key] === undefined) continue;
    const used = details[key] === undefined;
    problems.push({ code: 'key-misplaced', file: label, ...json.place([key]), field: key, message: `“${key}” belongs into “details”${used ? '; other hosts do not look for it here' : ', where there is another one: this one is ignored'}`, severity: 'warning' });
  }
  if (file.backend?.background !== undefined) problems.push({ code: 'key-misplaced', file: label, ...json.place(['backend', 'background']), field: 'backend.background', message: '“background” belongs into a page, such as details.intro; here it is ignored', severity: 'warning' });

  const pathOf = (key: 'intro' | 'steps' | 'finish' | 'assets') => (details[key] === undefined && file[key] !== undefined ? [key] : ['details', key]);
  const assetsPath = pathOf('assets');
  const assets: Index['assets'] = [];
  for (const [host, list] of Object.entries(details.assets ?? file.assets ?? {})) {
    for (const [index, { file: name, target, chmod }] of (list ?? []).entries()) assets.push({ host, index, file: name, target, ...(chmod === undefined ? {} : { chmod }) });
    const raw = rawAt(json.value, [...assetsPath, host]);
    if (raw !== undefined && !Array.isArray(raw)) problems.push({ code: 'assets-object', file: label, ...json.place([...assetsPath, host]), field: fieldName([...assetsPath, host]), message: `the assets of ${host} should be a list`, severity: 'warning' });
  }
  const intro = details.intro ?? file.intro;
  const finish = details.finish ?? file.finish;
  return {
    ok: true,
    problems,
    value: { file, json, steps: details.steps ?? file.steps ?? [], assets, ...(intro === undefined ? {} : { intro }), ...(finish === undefined ? {} : { finish }), path: { intro: pathOf('intro'), steps: pathOf('steps'), finish: pathOf('finish'), assets: assetsPath } },
  };
}

function rawAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

/** `interface.layout` of Killercoda, else `environment.uilayout` of Katacoda. */
const LAYOUTS: Readonly<Record<string, LayoutKind>> = {
  terminal: 'terminal',
  ide: 'ide',
  editor: 'ide',
  vscode: 'ide',
  'ide-terminal': 'ide-terminal',
  'editor-terminal': 'ide-terminal',
  'editor-terminal-v1': 'ide-terminal',
  'editor-terminal-split': 'ide-terminal',
  'vscode-terminal': 'ide-terminal',
  'vscode-terminal-split': 'ide-terminal',
  'terminal-terminal': 'terminal-terminal',
  'terminal-split': 'terminal-terminal',
  'terminal-iframe': 'terminal-preview',
  'terminal-iframe-split': 'terminal-preview',
  'editor-iframe-split': 'ide-preview',
  'editor-iframe': 'ide-preview',
  iframe: 'preview',
  text: 'text',
};

export function layoutOf(file: IndexFile): { layout: LayoutKind; unknown?: string } {
  const written = file.interface?.layout ?? file.interface?.uilayout ?? file.environment?.uilayout;
  if (written === undefined || written === '') return { layout: file.environment?.showide === true ? 'ide' : 'terminal' };
  const name = written.trim().toLowerCase();
  return Object.hasOwn(LAYOUTS, name) ? { layout: LAYOUTS[name] ?? 'terminal' } : { layout: 'terminal', unknown: written };
}

export function dashboardsOf(file: IndexFile): Dashboard[] {
  const { environment, backend } = file;
  if (environment?.showdashboard === false) return [];
  const listed = environment?.dashboards ?? backend?.dashboards;
  if (listed === undefined) return environment?.dashboard !== undefined && backend?.port !== undefined ? [{ name: environment.dashboard, port: backend.port, path: '/' }] : [];
  return listed.flatMap((dashboard, index): Dashboard[] => {
    const name = dashboard.name ?? (dashboard.port === undefined ? `Tab ${index + 1}` : `Port ${dashboard.port}`);
    const href = dashboard.href ?? '';
    const katacoda = /\[\[(?:HOST\d{0,2}|CLIENT)_SUBDOMAIN\]\]-(\d{1,5})-\[\[KATACODA_HOST\]\](?:\.environments\.katacoda\.com|\.\[\[KATACODA_DOMAIN\]\])?(\/[^\s]*)?/.exec(href) ?? /\{\{TRAFFIC_HOST\d_(\d{1,5})\}\}(\/[^\s]*)?/.exec(href);
    if (katacoda?.[1] !== undefined) return [{ name, port: Number(katacoda[1]), path: katacoda[2] ?? '/' }];
    if (/^https?:\/\//i.test(href)) return [{ name, url: href }];
    return dashboard.port === undefined ? [] : [{ name, port: dashboard.port, path: href.startsWith('/') ? href : '/' }];
  });
}

export function terminalsOf(file: IndexFile): NamedTerminal[] {
  return (file.environment?.terminals ?? []).map((terminal, index) => ({
    name: terminal.name ?? `Terminal ${index + 2}`,
    ...(terminal.target === undefined ? {} : { host: terminal.target }),
    ...(terminal.command === undefined || terminal.command === '' ? {} : { command: terminal.command }),
  }));
}
