import { isScalar, parse, parseDocument, YAMLParseError } from 'yaml';
import { yamlText } from './yaml-text.ts';

export type Language = 'yaml' | 'json';
/** From the top of an object to one of its values: names of fields and places in lists. */
export type Path = readonly (string | number)[];
export type Fields = Readonly<Record<string, unknown>>;

export function write(value: unknown, language: Language): string {
  return language === 'yaml' ? yamlText(value) : JSON.stringify(value, null, 2);
}

/** Reads one object from YAML or JSON (JSON is YAML too); throws with line and column, or with what there is instead of an object. */
export function readObject(text: string): Fields {
  const value = readOne(text);
  if (isFields(value)) return value;
  throw new Error(`The text must be one object, with fields such as “metadata:” and “spec:”; it is ${whatIs(value)}.`);
}

function readOne(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError && error.code === 'MULTIPLE_DOCS') throw new Error('The text has several documents, divided by “---”: only one object can be taken at a time.', { cause: error });
    throw error;
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whatIs(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a piece of text' : `a ${typeof value}`;
}

/** What stands at a path; undefined where the path leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

/** The fields at a path; none where there is anything else. */
export function fieldsAt(value: unknown, path: Path): Fields {
  const found = valueAt(value, path);
  return isFields(found) ? found : {};
}

export function listAt(value: unknown, path: Path): readonly unknown[] {
  const found: unknown = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

/** The object with another value at a path; undefined takes it away, and with it what it leaves empty. */
export function withValue(object: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const inner = withValue(valueAt(object, [key]), rest, value);
  if (typeof key === 'number') {
    const list: unknown[] = Array.isArray(object) ? [...object] : [];
    if (inner === undefined) list.splice(key, 1);
    else list[key] = inner;
    return list.length === 0 && value === undefined ? undefined : list;
  }
  const fields = isFields(object) ? object : {};
  if (inner !== undefined) return { ...fields, [key]: inner };
  const left = Object.entries(fields).filter(([name]) => name !== key);
  return left.length === 0 && value === undefined ? undefined : Object.fromEntries(left);
}

/** The text with another value at a path. In YAML, comments and the order of what is not touched stay. Throws where the text can't be read. */
export function setInText(text: string, language: Language, path: Path, value: unknown): string {
  const changed = withValue(readObject(text), path, value) ?? {};
  if (language === 'json') return write(changed, language);
  try {
    return setInYaml(text, path, value, changed);
  } catch {
    // Anchors and the like: the text is written anew.
    return write(changed, language);
  }
}

function setInYaml(text: string, path: Path, value: unknown, changed: unknown): string {
  const document = parseDocument(text);
  if (value === undefined) {
    // What a removal leaves empty goes with it: it is taken away where the first part of the path is gone.
    let depth = path.length - 1;
    while (depth > 0 && valueAt(changed, path.slice(0, depth)) === undefined) depth -= 1;
    document.deleteIn(path.slice(0, depth + 1));
  } else {
    // A field that is written without a value holds nothing that could take one in.
    for (let end = 1; end < path.length; end++) {
      const node: unknown = document.getIn(path.slice(0, end), true);
      if (node === undefined) break;
      if (isScalar(node) && node.value === null) document.setIn(path.slice(0, end), document.createNode(typeof path[end] === 'number' ? [] : {}));
    }
    document.setIn(path, document.createNode(value));
  }
  if (JSON.stringify(document.toJS()) !== JSON.stringify(changed)) throw new Error('the text says something else');
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
