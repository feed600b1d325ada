import type { ResourceType } from '../../client.ts';
import { apiVersionOf, parseApiVersion } from '../../store/object.ts';
import { BUILTIN_RESOURCES } from './builtin-resources.ts';
import type { ResourceInfo } from './resource-info.ts';

const keyOf = (type: ResourceType): string => `${type.group}/${type.version}/${type.resource}`;

/** The registry of what is served: the built-in resources, and those that CustomResourceDefinitions add and remove. */
export class Scheme {
  readonly #byType = new Map<string, ResourceInfo>();
  readonly #byKind = new Map<string, ResourceInfo>();
  readonly #listeners = new Set<() => void>();

  constructor(resources: readonly ResourceInfo[] = BUILTIN_RESOURCES) {
    for (const info of resources) this.#add(info);
  }

  find(type: ResourceType): ResourceInfo | undefined {
    return this.#byType.get(keyOf(type));
  }

  /** By `apiVersion` and `kind` as they stand in an object. */
  findKind(apiVersion: string, kind: string): ResourceInfo | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** Every version of a resource. */
  versionsOf(group: string, resource: string): ResourceInfo[] {
    return this.all().filter((info) => info.group === group && info.resource === resource);
  }

  all(): ResourceInfo[] {
    return [...this.#byType.values()];
  }

  hasGroupVersion(apiVersion: string): boolean {
    const { group, version } = parseApiVersion(apiVersion);
    return this.all().some((info) => info.group === group && info.version === version);
  }

  register(info: ResourceInfo): void {
    this.#add(info);
    this.#changed();
  }

  unregister(type: ResourceType): void {
    const info = this.#byType.get(keyOf(type));
    if (info === undefined) return;
    this.#byType.delete(keyOf(type));
    this.#byKind.delete(`${apiVersionOf(info)}/${info.kind}`);
    this.#changed();
  }

  /** Calls `listener` after each change; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(info: ResourceInfo): void {
    this.#byType.set(keyOf(info), info);
    this.#byKind.set(`${apiVersionOf(info)}/${info.kind}`, info);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
