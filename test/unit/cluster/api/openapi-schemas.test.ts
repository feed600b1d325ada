import { describe, expect, it } from 'vitest';
import { SchemaCollection } from '../../../../server/cluster/api/openapi/schemas.ts';
import { declaredDefault, enumValues, kindType, structType } from '../../../../server/cluster/api/schema/types.ts';

function schemaOf(ref: string): { description?: unknown; required?: unknown; properties: Record<string, Record<string, unknown>> } & Record<string, unknown> {
  const all = new SchemaCollection();
  const name = all.add(structType(ref));
  return all.schemas[name] as ReturnType<typeof schemaOf>;
}

describe('the schema of a built-in type', () => {
  it('names the values of an enumeration, and lists them in its text', () => {
    const { imagePullPolicy = {} } = schemaOf('core/v1.Container').properties;
    expect(imagePullPolicy['enum']).toEqual(['Always', 'IfNotPresent', 'Never']);
    expect(imagePullPolicy['description']).toMatch(/^Image pull policy\. [\s\S]*\n\nPossible enum values:\n - `"Always"`\n - `"IfNotPresent"`\n - `"Never"`$/);
  });

  it('names them for the elements of a list, too', () => {
    expect(schemaOf('core/v1.PersistentVolumeClaimSpec').properties['accessModes']?.['items']).toEqual({ type: 'string', default: '', enum: ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] });
  });

  it('finds the values of a type that converts another one', () => {
    expect(enumValues('discovery/v1', 'v1.AddressType')).toEqual(['FQDN', 'IPv4', 'IPv6']);
    expect(enumValues('networking/v1', 'v1.Protocol')).toEqual(['SCTP', 'TCP', 'UDP']);
    expect(enumValues('core/v1', 'v1.UniqueVolumeName')).toBeUndefined();
    expect(enumValues('core/v1', 'string')).toBeUndefined();
  });

  it('says what a field is when it is left out', () => {
    expect(schemaOf('core/v1.ContainerPort').properties['protocol']?.['default']).toBe('TCP');
    expect(declaredDefault('core/v1', 'ContainerPort', 'name')).toBeUndefined();
  });

  it('has an empty object as default only where Go has no pointer', () => {
    const { nodeAffinity } = schemaOf('core/v1.Affinity').properties;
    expect(nodeAffinity).toEqual({ description: expect.stringContaining('node affinity') as unknown, allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.NodeAffinity' }] });
    expect(schemaOf('apps/v1.Deployment').properties['spec']?.['default']).toEqual({});
  });

  it('says which structs are one value', () => {
    expect(schemaOf('core/v1.LocalObjectReference')['x-kubernetes-map-type']).toBe('atomic');
    expect(schemaOf('core/v1.PodSpec')['x-kubernetes-map-type']).toBeUndefined();
  });
});

describe('what is said of fields', () => {
  it('is there for every field of the kinds that a course meets', () => {
    const silent: string[] = [];
    for (const [version, kind] of [['v1', 'Pod'], ['v1', 'Service'], ['v1', 'ConfigMap'], ['v1', 'Secret'], ['apps/v1', 'Deployment'], ['batch/v1', 'Job'], ['batch/v1', 'CronJob'], ['rbac.authorization.k8s.io/v1', 'Role']] as const) {
      const type = kindType(version, kind);
      if (type === undefined) throw new Error(`no ${kind}`);
      const { properties } = schemaOf(type.ref);
      for (const [name, schema] of Object.entries(properties)) if (typeof schema['description'] !== 'string' || schema['description'] === '') silent.push(`${kind}.${name}`);
    }
    expect(silent).toEqual([]);
  });

  it('is of the emulated version, and knows what must be there', () => {
    const spec = schemaOf('core/v1.HostAlias');
    expect(spec.required).toEqual(['ip']);
    expect(schemaOf('core/v1.PodSecurityContext').properties['seLinuxChangePolicy']?.['description']).toEqual(expect.stringMatching(/^seLinuxChangePolicy defines/));
  });
});
