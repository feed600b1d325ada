import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { can, type ClusterUnderTest, openClusterUnderTest, target } from '../harness/cluster-under-test.ts';

let under: ClusterUnderTest;

beforeAll(async () => {
  under = await openClusterUnderTest();
}, 60_000);

afterAll(() => under?.stop());

/** Runs kubectl and returns what it printed, both streams in order. */
function kubectl(args: string, input?: string): Promise<string> {
  return under.kubectl(args.split(' '), input);
}

const mayDefine = can('create', 'customresourcedefinitions.apiextensions.k8s.io');
const mayImpersonate = can('impersonate', 'serviceaccounts');

describe.skipIf(target.missing)(`kubectl against ${target.name}`, { timeout: 60_000 }, () => {
  it('creates, shows, changes and deletes an object', async () => {
    expect(await kubectl('create configmap c --from-literal=a=1')).toBe('configmap/c created');
    expect(await kubectl('create configmap c')).toBe('error: failed to create configmap: configmaps "c" already exists');
    expect(await kubectl('get configmap c -o jsonpath={.data}')).toBe('{"a":"1"}');
    expect(await kubectl('patch configmap c --type=merge -p {"data":{"b":"2"}}')).toBe('configmap/c patched');
    expect(await kubectl('get configmap c --no-headers')).toMatch(/^c +2 +\d+s$/);
    expect(await kubectl('delete configmap c')).toBe('configmap "c" deleted');
    expect(await kubectl('get configmap c')).toBe('Error from server (NotFound): configmaps "c" not found');
  });

  it('applies a manifest, then only what changed', async () => {
    const manifest = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: {a: "${value}"}\n`;
    expect(await kubectl('apply -f -', manifest('1'))).toBe('configmap/applied created');
    expect(await kubectl('apply -f -', manifest('1'))).toBe('configmap/applied unchanged');
    expect(await kubectl('apply -f -', manifest('2'))).toBe('configmap/applied configured');
    expect(await kubectl('apply --server-side --force-conflicts -f -', manifest('3'))).toBe('configmap/applied serverside-applied');
  });

  // Elsewhere they often listen where their API server does not look.
  it.skipIf(!target.embedded)('says how the components of the cluster are (of the embedded one)', async () => {
    const rows = (await kubectl('get componentstatuses')).split('\n');
    expect(rows.map((row) => row.trimEnd().split(/ {2,}/)).sort()).toEqual([
      ['NAME', 'STATUS', 'MESSAGE', 'ERROR'],
      ['Warning: v1 ComponentStatus is deprecated in v1.19+'],
      ['controller-manager', 'Healthy', 'ok'],
      ['etcd-0', 'Healthy', 'ok'],
      ['scheduler', 'Healthy', 'ok'],
    ]);
    expect(await kubectl('get cs nothing')).toMatch(/Error from server: Component not found: nothing$/);
  });

  it('refuses fields that a kind does not have', async () => {
    expect(await kubectl('apply -f -', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\ndatas: {}\n')).toBe(
      'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datas"',
    );
  });

  it.skipIf(!mayImpersonate)('creates a role for resources that discovery names, and a token (needs the right to impersonate)', async () => {
    expect(await kubectl('create role jenkins --verb=create,get,list --resource=pods --resource=deploy')).toBe('role.rbac.authorization.k8s.io/jenkins created');
    expect(await kubectl('create sa jenkins')).toBe('serviceaccount/jenkins created');
    expect(await kubectl(`create rolebinding jenkins --role=jenkins --serviceaccount=${under.namespace}:jenkins`)).toBe('rolebinding.rbac.authorization.k8s.io/jenkins created');
    expect(await kubectl('create token jenkins')).toMatch(/^eyJhbGciOiJSUzI1NiIsImtpZCI6/);
    expect(await kubectl(`auth can-i list pods --as=system:serviceaccount:${under.namespace}:jenkins`)).toBe('yes');
    expect(await kubectl(`get secrets --as=system:serviceaccount:${under.namespace}:jenkins`)).toBe(
      `Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:${under.namespace}:jenkins" cannot list resource "secrets" in API group "" in the namespace "${under.namespace}"`,
    );
  });

  it.skipIf(!mayDefine)('serves a resource as soon as its definition is established, and no longer when it is gone (needs the right to define resources)', async () => {
    // The cluster may be somebody's: nothing there can be of this group.
    const group = `${randomBytes(4).toString('hex')}.example.com`;
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: goats.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {plural: goats, kind: Goat, shortNames: [gt]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Colour, type: string, jsonPath: .spec.colour}]
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {colour: {type: string}}}}}}
`;
    expect(await kubectl('apply -f -', definition)).toBe(`customresourcedefinition.apiextensions.k8s.io/goats.${group} created`);
    expect(await kubectl(`wait crd/goats.${group} --for=condition=Established`)).toBe(`customresourcedefinition.apiextensions.k8s.io/goats.${group} condition met`);
    expect(await kubectl('apply -f -', `apiVersion: ${group}/v1\nkind: Goat\nmetadata: {name: bill}\nspec: {colour: grey}\n`)).toBe(`goat.${group}/bill created`);
    expect(await kubectl('get gt')).toBe('NAME   COLOUR\nbill   grey');
    expect(await kubectl(`delete crd goats.${group}`)).toBe(`customresourcedefinition.apiextensions.k8s.io "goats.${group}" deleted`);
    expect(await kubectl(`get goats.${group}`)).toBe(`error: the server doesn't have a resource type "goats"`);
  });

  it('runs a pod, shows its log, and a command in it', async () => {
    expect(await kubectl(`run p --image=${target.busybox} --image-pull-policy=IfNotPresent --restart=Never -- sh -c echo\${IFS}hello;sleep\${IFS}60`)).toBe('pod/p created');
    expect(await kubectl('wait pod/p --for=condition=Ready --timeout=30s')).toBe('pod/p condition met');
    expect(await kubectl('logs p')).toBe('hello');
    expect(await kubectl('exec p -- echo inside')).toBe('inside');
    expect(await kubectl('delete pod p --grace-period=1')).toBe('pod "p" deleted');
  });
});
