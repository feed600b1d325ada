import { entriesOf } from './source-file.ts';

/** What a scenario's index is called: JSON first; the older dialect also has it in YAML. Letters of either case. */
const NAMES = ['index.json', 'index.yaml', 'index.yml'];
const MOST_ENTRIES = 20_000;

export function isIndexName(name: string): boolean {
  return NAMES.includes(name.toLowerCase());
}

export function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

/** The names that an index may have, the first one first: JSON before YAML, as written here before other cases. */
export function inOrder(names: readonly string[]): string[] {
  const rank = (name: string) => NAMES.indexOf(name.toLowerCase()) * 2 + (NAMES.includes(name) ? 0 : 1);
  return names.filter(isIndexName).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** The name of the index that a folder has; undefined where it has none. */
export function indexIn(folder: string): string | undefined {
  return inOrder((entriesOf(folder, MOST_ENTRIES)?.entries ?? []).map((entry) => entry.name))[0];
}
