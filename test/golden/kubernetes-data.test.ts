import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { apiClient } from '../harness/api-client.ts';

/** What a real Kubernetes 1.32.2 says of itself, in a compact form; the argoproj.io group and its rules among it. */
const data = async <T>(name: string, shape: z.ZodType<T>): Promise<T> => shape.parse(JSON.parse(await readFile(join(import.meta.dirname, 'kubernetes', `${name}.json`), 'utf8')));

let running: TestCluster;
let get: (path: string, accept?: string) => Promise<unknown>;
let post: (path: string, body: unknown) => Promise<unknown>;

beforeAll(async () => {
  running = await startTestCluster({ argo: true });
  const api = await apiClient(running.kubeconfig);
  get = async (path, accept) => (await api('GET', path, accept === undefined ? {} : { accept })).body;
  post = async (path, body) => (await api('POST', path, { body })).body;
});

afterAll(() => running.stop());

const text = z.string();
const list = z.array(text);

describe('what the embedded cluster says of itself is what a real one says', { timeout: 60_000 }, () => {
  it('the resources that discovery names, with their verbs, short names, categories and subresources', async () => {
    const kind = z.object({ kind: text });
    const resource = z.object({
      resource: text,
      responseKind: kind,
      scope: text,
      singularResource: text.default(''),
      verbs: list,
      shortNames: list.default([]),
      categories: list.default([]),
      subresources: z.array(z.object({ subresource: text, responseKind: kind.nullable(), verbs: list })).default([]),
    });
    const document = z.object({ items: z.array(z.object({ metadata: z.object({ name: text.default('') }).default({ name: '' }), versions: z.array(z.object({ version: text, resources: z.array(resource) })) })) });
    const found: Record<string, string[]> = {};
    for (const path of ['/api', '/apis']) {
      const { items } = document.parse(await get(path, 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'));
      for (const { metadata, versions } of items) {
        for (const { version, resources } of versions) {
          found[metadata.name === '' ? version : `${metadata.name}/${version}`] = resources.map((r) =>
            [r.resource, r.responseKind.kind, r.scope, r.singularResource, r.verbs.join(), r.shortNames.join(), r.categories.join(), r.subresources.map((s) => `${s.subresource}:${s.responseKind?.kind ?? ''}:${s.verbs.join()}`).join(';')].join('|'),
          );
        }
      }
    }
    expect(found).toEqual(await data('discovery', z.record(text, list)));
  });

  it('the columns of every kind’s table, with the hash of their descriptions', async () => {
    const table = z.object({ columnDefinitions: z.array(z.object({ name: text, type: text, format: text, priority: z.number(), description: text })) });
    const wanted = await data('tables', z.record(text, list));
    const found: Record<string, string[]> = {};
    for (const key of Object.keys(wanted)) {
      const [version = '', resource = ''] = key.split(' ');
      const { columnDefinitions } = table.parse(await get(`${version === 'v1' ? '/api' : '/apis'}/${version}/${resource}?limit=1`, 'application/json;as=Table;v=v1;g=meta.k8s.io'));
      found[key] = columnDefinitions.map((c) => [c.name, c.type, c.format, c.priority, createHash('sha256').update(c.description).digest('hex').slice(0, 8)].join('|'));
    }
    expect(found).toEqual(wanted);
  });

  it('the roles and bindings that a cluster begins with', async () => {
    const rule = z.object({ verbs: list, apiGroups: list.optional(), resources: list.optional(), resourceNames: list.optional(), nonResourceURLs: list.optional() });
    const object = z.object({
      metadata: z.object({ name: text, namespace: text.optional(), labels: z.record(text, text).optional(), annotations: z.record(text, text).optional() }),
      aggregationRule: z.unknown().optional(),
      rules: z.array(rule).nullish(),
      roleRef: z.object({ kind: text, name: text }).optional(),
      subjects: z.array(z.object({ kind: text, namespace: text.optional(), name: text })).optional(),
    });
    const wanted = await data('rbac', z.record(text, z.array(z.looseObject({ name: text }))));
    const found: typeof wanted = {};
    for (const resource of Object.keys(wanted)) {
      const { items } = z.object({ items: z.array(object) }).parse(await get(`/apis/rbac.authorization.k8s.io/v1/${resource}`));
      const names = new Set(wanted[resource]?.map((o) => o.name));
      found[resource] = items
        .map(({ metadata: { name, namespace, labels, annotations }, aggregationRule, rules, roleRef, subjects }) => ({
          name: namespace === undefined ? name : `${namespace}/${name}`,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
          ...(aggregationRule === undefined ? {} : { aggregationRule }),
          ...(rules === undefined ? {} : { rules: (rules ?? []).map((r) => (['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const).flatMap((key) => (r[key] === undefined ? [] : [`${key}=${r[key].join()}`])).join(' ')) }),
          ...(roleRef === undefined ? {} : { roleRef: `${roleRef.kind}/${roleRef.name}`, subjects: (subjects ?? []).map((s) => `${s.kind}:${s.namespace === undefined ? '' : `${s.namespace}/`}${s.name}`) }),
        }))
        .filter((o) => names.has(o.name));
    }
    expect(found).toEqual(wanted);
  });

  it('an object as it comes back when it was sent with as little as possible', async () => {
    const discovery = await data('discovery', z.record(text, list));
    const cases = await data('defaults', z.array(z.object({ input: z.looseObject({ apiVersion: text, kind: text }), output: z.looseObject({ metadata: z.looseObject({ namespace: text.optional() }) }) })));
    for (const { input, output } of cases) {
      const resource = discovery[input.apiVersion]?.find((line) => line.split('|')[1] === input.kind)?.split('|')[0] ?? '';
      const namespace = output.metadata.namespace === undefined ? '' : '/namespaces/default';
      const answer = await post(`${input.apiVersion === 'v1' ? '/api' : '/apis'}/${input.apiVersion}${namespace}/${resource}?dryRun=All`, input);
      expect(plain(answer)).toEqual(plain(output));
    }
  });
});

describe('an object that is not quite right', { timeout: 120_000 }, () => {
  it('is refused with the words of a real cluster, or taken as it takes it', async () => {
    const cases = await data('invalid', z.array(z.object({ path: text, input: z.unknown(), code: z.number(), message: text.optional() })));
    const answer = z.looseObject({ kind: text.optional(), code: z.number().optional(), message: text.optional() });
    const wrong: { input: unknown; wanted: string; found: string }[] = [];
    for (const { path, input, code, message } of cases) {
      const body = answer.parse(await post(`${path}?dryRun=All&fieldValidation=Strict`, input));
      const found = body.kind === 'Status' ? `${body.code ?? 0} ${body.message ?? ''}` : '201 ';
      const wanted = `${code} ${message ?? ''}`;
      if (found !== wanted) wrong.push({ input, wanted, found });
    }
    expect(cases.length).toBeGreaterThan(400);
    expect(wrong).toEqual([]);
  });
});

/** Without what differs each time: ids, times, generated names. */
function plain(object: unknown): unknown {
  const { metadata, ...rest } = z.looseObject({ metadata: z.looseObject({}) }).parse(object);
  const { uid: _uid, creationTimestamp: _created, managedFields: _fields, resourceVersion: _version, ...kept } = metadata;
  const masked = JSON.stringify({ ...rest, metadata: kept })
    .replace(/kube-api-access-\w{5}/g, 'kube-api-access-XXXXX')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME');
  return JSON.parse(masked);
}
