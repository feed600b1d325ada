import { Document, Scalar, parse, visit } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';

/** An object as Go prints it: the struct's fields, its kind only where it came with one, the creation time always. */
function printed(kind: string, object: JsonObject): JsonObject {
  const normal = normalize(kind, object);
  const metadata = isJsonObject(normal['metadata']) ? normal['metadata'] : {};
  return { ...normal, metadata: { ...metadata, creationTimestamp: metadata['creationTimestamp'] ?? null } };
}

export function asJson(kind: string, object: JsonObject): string {
  return `${JSON.stringify(printed(kind, object), undefined, 4)}\n`;
}

/** YAML as sigs.k8s.io/yaml writes it: keys sorted, lists not indented, short strings plain. */
export function asYaml(kind: string, object: JsonObject): string {
  return yamlText(printed(kind, object));
}

export function yamlText(value: Json): string {
  const document = new Document(value, { aliasDuplicateObjects: false, sortMapEntries: true, version: '1.1', compat: 'yaml-1.1' });
  visit(document, {
    Scalar(key, node) {
      // Go quotes twice what would else be read as something other than a text, and once what holds odd characters.
      if (key !== 'key' && typeof node.value === 'string' && readsAsOther(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  // The field path of server-side apply is a lone dot, which Go leaves plain.
  return document.toString({ lineWidth: 0, indentSeq: false, singleQuote: true }).replaceAll(/^(\s*(?:- )*)'\.':/gm, '$1.:');
}

/** Whether YAML 1.1 would read the plain text as a boolean, a number, nothing or a time. */
function readsAsOther(text: string): boolean {
  if (text === '') return true;
  if (!/^[\w.+:~-]{1,40}$/.test(text)) return false;
  try {
    return typeof parse(text, { version: '1.1', logLevel: 'silent' }) !== 'string';
  } catch {
    return false;
  }
}
