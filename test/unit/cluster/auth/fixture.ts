import type { GroupResource, KubeObject } from '../../../../server/cluster/store/object.ts';
import type { ObjectReader } from '../../../../server/cluster/store/reader.ts';

/** Objects by resource, as a reader hands them out; change `objects` to change the cluster. */
export class FakeReader implements ObjectReader {
  readonly objects: { resource: string; object: KubeObject }[] = [];

  add(resource: string, object: Omit<KubeObject, 'apiVersion' | 'kind'> & Partial<Pick<KubeObject, 'apiVersion' | 'kind'>>): this {
    this.objects.push({ resource, object: { ...object, apiVersion: object.apiVersion ?? 'v1', kind: object.kind ?? 'X' } as KubeObject });
    return this;
  }

  remove(resource: string, name: string): void {
    const index = this.objects.findIndex((o) => o.resource === resource && o.object.metadata.name === name);
    if (index >= 0) this.objects.splice(index, 1);
  }

  get(resource: GroupResource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.objects.find((o) => o.resource === resource.resource && o.object.metadata.name === name && (o.object.metadata.namespace ?? undefined) === namespace)?.object;
  }

  list(resource: GroupResource, namespace?: string): KubeObject[] {
    return this.objects.filter((o) => o.resource === resource.resource && (namespace === undefined || o.object.metadata.namespace === namespace)).map((o) => o.object);
  }
}

export function withBootstrap(reader: FakeReader, objects: readonly { type: { resource: string }; object: KubeObject }[]): FakeReader {
  for (const { type, object } of objects) reader.add(type.resource, object);
  return reader;
}

/** Whatever the function throws. */
export function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}
