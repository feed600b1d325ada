import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import { readYamlDocuments } from '../../../lib/yaml.ts';
import { type App, CommandError } from './app.ts';
import { object, text } from './json-access.ts';

/** An error of the file system in Go's words. */
export function goFileError(error: unknown, operation: string, path: string): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const words = code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : code === 'EISDIR' ? 'is a directory' : code === 'ENOTDIR' ? 'not a directory' : String(error);
  return `${operation} ${path}: ${words}`;
}

/** Reads what the arguments name: files, `-` for standard input. Addresses are not fetched here, and say so. */
export async function readManifests(app: App, files: readonly string[]): Promise<string[]> {
  const out: string[] = [];
  for (const file of files) {
    if (file === '-') out.push(await app.world.stdin());
    else if (/^https?:\/\//.test(file)) out.push(await fetched(file));
    else {
      try {
        out.push(await readFile(file, 'utf8'));
      } catch (error) {
        throw new CommandError(goFileError(error, 'open', file));
      }
    }
  }
  return out;
}

async function fetched(address: string): Promise<string> {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new CommandError(`status ${response.status}`);
    return await response.text();
  } catch (error) {
    throw new CommandError(`Get ${JSON.stringify(address)}: ${error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error)}`);
  }
}

/** Every file below the given ones that looks like a manifest, in order. */
export async function manifestFiles(paths: readonly string[]): Promise<string[]> {
  const out: string[] = [];
  const visit = async (path: string, given: boolean): Promise<void> => {
    if (path === '-') {
      out.push(path);
      return;
    }
    let directory: boolean;
    try {
      directory = (await stat(path)).isDirectory();
    } catch (error) {
      throw new CommandError(goFileError(error, 'lstat', path));
    }
    if (directory) for (const name of (await readdir(path)).sort()) await visit(join(path, name), false);
    else if (given || /\.(ya?ml|json)$/.test(path)) out.push(path);
  };
  for (const path of paths) await visit(path, true);
  return out;
}

/** YAML's errors in the words of the Go library, as far as they are met. */
function goYamlError(code: string, message: string, line: number): string {
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY') return line > 1 ? `yaml: line ${line}: mapping values are not allowed in this context` : 'yaml: mapping values are not allowed in this context';
  if (code === 'TAB_AS_INDENT') return `yaml: line ${line}: found character that cannot start any token`;
  return `yaml: line ${line}: ${message.split(' at line')[0] ?? message}`;
}

/** The objects in a manifest of one or more YAML or JSON documents. */
export function parseObjects(manifest: string): { objects: JsonObject[]; problems: string[] } {
  const objects: JsonObject[] = [];
  const problems: string[] = [];
  const documents = readYamlDocuments(manifest);
  for (const [index, document] of (Array.isArray(documents) ? documents : []).entries()) {
    const broken = document.errors[0];
    if (broken !== undefined) {
      problems.push(`yaml file at index ${index} is not valid: error converting YAML to JSON: ${goYamlError(broken.code, broken.message, broken.linePos?.[0].line ?? 1)}`);
      continue;
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (isJsonObject(value)) objects.push(value);
  }
  return { objects, problems };
}

const ARGO_KINDS = new Set(['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow', 'WorkflowEventBinding', 'WorkflowTaskSet']);

/** The name that argo sees: it reads an object of a kind that is not Argo's as if the whole were its metadata. */
function nameRead(manifest: JsonObject): string {
  return text(ARGO_KINDS.has(text(manifest, 'kind')) ? object(manifest, 'metadata') : manifest, 'name');
}

/** The objects of one kind; others are named in a warning. */
export function objectsOfKind(app: Pick<App, 'log'>, manifests: readonly string[], kind: string): JsonObject[] {
  const out: JsonObject[] = [];
  for (const manifest of manifests) {
    const { objects, problems } = parseObjects(manifest);
    for (const problem of problems) app.log('error', problem);
    for (const one of objects) {
      if (text(one, 'kind') === kind) out.push(one);
      else if (text(one, 'kind') !== '') app.log('warning', `${nameRead(one)} is not of kind ${kind}. Ignoring...`);
    }
  }
  return out;
}
