import { stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';

/** An object as Go prints it: the struct's fields, and the creation time even when there is none. */
function printed(kind: string, object: JsonObject): JsonObject {
  const normal = normalize(kind, object);
  const metadata = isJsonObject(normal['metadata']) ? normal['metadata'] : {};
  const { kind: _kind, apiVersion: _version, ...rest } = normal;
  return { kind, apiVersion: 'argoproj.io/v1alpha1', ...rest, metadata: { ...metadata, creationTimestamp: metadata['creationTimestamp'] ?? null } };
}

export function asJson(kind: string, object: JsonObject): string {
  return `${JSON.stringify(printed(kind, object), undefined, 4)}\n`;
}

/** YAML as sigs.k8s.io/yaml writes it: keys sorted, lists not indented, short strings plain. */
export function asYaml(kind: string, object: JsonObject): string {
  return yamlText(printed(kind, object));
}

export function yamlText(value: Json): string {
  return stringify(value, { sortMapEntries: true, lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false, defaultStringType: 'PLAIN', singleQuote: true, version: '1.1', compat: 'yaml-1.1' });
}
