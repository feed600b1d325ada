import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../../server/cluster/argo/cli/app.ts';
import { buildExecutorPlugin } from '../../../../server/cluster/argo/cli/commands/executor-plugin.ts';
import type { FlagValues } from '../../../../server/cluster/argo/cli/flags.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MANIFEST = `apiVersion: argoproj.io/v1alpha1
kind: ExecutorPlugin
metadata:
  name: hi
  annotations:
    workflows.argoproj.io/description: Says hi.
    workflows.argoproj.io/version: '>= v3.3'
spec:
  sidecar:
    container:
      name: hi-executor-plugin
      image: python:alpine
      command: [python, -c]
      ports: [{containerPort: 4355}]
      resources: {requests: {cpu: 100m}, limits: {cpu: 200m}}
      securityContext: {runAsNonRoot: true}
`;
const build = async (files: Record<string, string>) => {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const lines: string[] = [];
  const app = { print: (line: string) => lines.push(line.replaceAll(folder, 'DIR')) } as unknown as App;
  await buildExecutorPlugin.run(app, [folder], {} as FlagValues);
  return lines;
};

describe('argo executor-plugin build', () => {
  it('writes the ConfigMap and a page about it', async () => {
    expect(await build({ 'plugin.yaml': MANIFEST, 'server.py': 'a = 1\nprint(a)\n' })).toEqual(['DIR/hi-executor-plugin-configmap.yaml created', 'DIR/README.md created']);
    expect(await readFile(join(folder, 'hi-executor-plugin-configmap.yaml'), 'utf8')).toBe(`# This is an auto-generated file. DO NOT EDIT
apiVersion: v1
data:
  sidecar.automountServiceAccountToken: "false"
  sidecar.container: |
    args:
    - |
      a = 1
      print(a)
    command:
    - python
    - -c
    image: python:alpine
    name: hi-executor-plugin
    ports:
    - containerPort: 4355
    resources:
      limits:
        cpu: 200m
      requests:
        cpu: 100m
    securityContext:
      runAsNonRoot: true
kind: ConfigMap
metadata:
  annotations:
    workflows.argoproj.io/description: Says hi.
    workflows.argoproj.io/version: '>= v3.3'
  creationTimestamp: null
  labels:
    workflows.argoproj.io/configmap-type: ExecutorPlugin
  name: hi-executor-plugin
`);
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe('<!-- This is an auto-generated file. DO NOT EDIT -->\n# hi\n\n* Needs: >= v3.3\n* Image: python:alpine\n\nSays hi.\n\nInstall:\n\n    kubectl apply -f hi-executor-plugin-configmap.yaml\n\nUninstall:\n\t\n    kubectl delete cm hi-executor-plugin \n');
  });

  it.each([
    ['a folder without a manifest', {}, 'open DIR/plugin.yaml: no such file or directory'],
    ['two programs', { 'plugin.yaml': MANIFEST, 'server.py': '', 'server.js': '' }, 'plugin hi has more than one server.* file'],
    ['no port', { 'plugin.yaml': MANIFEST.replace(/ +ports.*\n/, '') }, 'sidecar is invalid: at least one port is mandatory'],
    ['no requests', { 'plugin.yaml': MANIFEST.replace('requests: {cpu: 100m}, ', '') }, 'sidecar is invalid: resources requests are mandatory'],
    ['no limits', { 'plugin.yaml': MANIFEST.replace(', limits: {cpu: 200m}', '') }, 'sidecar is invalid: resources limits are mandatory'],
    ['no security context', { 'plugin.yaml': MANIFEST.replace(/ +securityContext.*\n/, '') }, 'sidecar is invalid: security context is mandatory'],
    ['a field of no plugin', { 'plugin.yaml': MANIFEST.replace('command:', 'comand:') }, 'error unmarshaling JSON: while decoding JSON: json: unknown field "comand"'],
    ['no YAML', { 'plugin.yaml': 'a: b: c' }, 'error converting YAML to JSON: yaml: mapping values are not allowed in this context'],
  ])('refuses %s, and writes nothing', async (_title, files, message) => {
    await expect(build(files)).rejects.toMatchObject({ message: message.replace('DIR', folder) });
    expect((await readdir(folder)).sort()).toEqual(Object.keys(files).sort());
  });
});
