import { z } from 'zod';
import { FieldRule, complaint, demand } from '../fields.ts';
import { defineKind, fail, pass } from '../kind.ts';
import { ResourceName, findResource, labelOf, listResources } from '../resources.ts';

const Spec = z
  .object({
    resource: ResourceName,
    namespace: z.string().default('argo'),
    /** Without a name, one object of those that `selector` picks has to obey all fields. */
    name: z.string().optional(),
    selector: z.string().optional(),
    exists: z.boolean().default(true),
    fields: z.array(FieldRule).default([]),
    clusterScoped: z.boolean().default(false),
  })
  .strict();

/** An object exists (or does not), and its fields are as they should be. */
export const resource = defineKind({
  name: 'resource',
  description: 'Is there an object in the cluster (or none), and are its fields as they should be?',
  example: `resource:
  resource: apps/v1/deployments
  namespace: default
  name: web
  fields:
    - {path: spec.replicas, equals: 3}`,
  schema: Spec,
  async run(spec, context) {
    const namespace = spec.clusterScoped ? undefined : spec.namespace;
    const label = labelOf(spec.resource, spec.name);
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    const conditions = spec.fields.map(demand).join(', and ');
    const expected = spec.exists ? `${label} exists${where}${conditions === '' ? '' : `, and ${conditions}`}` : `${label} does not exist${where}`;
    const found = spec.name === undefined ? await listResources(context.client, spec.resource, namespace, spec.selector) : [await findResource(context.client, spec.resource, namespace, spec.name)].filter((object) => object !== undefined);
    if (!spec.exists) {
      return found.length === 0 ? pass(expected, `there is no ${label}${where}`) : fail(expected, `${found.map((object) => labelOf(spec.resource, object.metadata.name)).join(', ')} exists${where}`, `${label} is still there.`, `Delete it: kubectl delete ${spec.resource.resource} ${found[0]?.metadata.name ?? ''}`);
    }
    if (found.length === 0) {
      const others = spec.name === undefined ? [] : await listResources(context.client, spec.resource, namespace);
      const observed = others.length === 0 ? `there is no ${labelOf(spec.resource)}${where}` : `${where.trim()} there is only ${others.slice(0, 5).map((object) => object.metadata.name).join(', ')}`;
      return fail(expected, observed, `There is no ${label}${where}.`, 'Run the block of this step that creates it.');
    }
    const wrong = found.map((object) => ({ object, problems: spec.fields.map((rule) => complaint(object, rule)).filter((problem) => problem !== undefined) }));
    const right = wrong.find((candidate) => candidate.problems.length === 0);
    if (right) return pass(expected, `${labelOf(spec.resource, right.object.metadata.name)} is as it should be`);
    const closest = wrong.reduce((a, b) => (b.problems.length < a.problems.length ? b : a));
    const name = labelOf(spec.resource, closest.object.metadata.name);
    return fail(expected, `${name}: ${closest.problems.join('; ')}`, `${name} exists, but ${closest.problems[0] ?? 'differs'}.`, 'Change it (kubectl edit, or delete it and create it again), then check again.');
  },
});
