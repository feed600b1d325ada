import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { GO_STRUCTS } from '../../types/go-structs.ts';
import { normalize } from '../../types/normal-form.ts';
import { type Command, CommandError } from '../app.ts';
import { object, text } from '../json-access.ts';
import { goFileError, parseObjects } from '../manifests.ts';
import { yamlText } from '../print-object.ts';
import { exactly } from './arguments.ts';

const HEADER = '# This is an auto-generated file. DO NOT EDIT\n';

/** The fields of a Go struct; what else a manifest says is refused. */
function knownOnly(given: JsonObject, fields: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw new CommandError(`error unmarshaling JSON: while decoding JSON: json: unknown field ${JSON.stringify(unknown)}`);
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(goFileError(error, 'open', path));
  });
}

/** The plugin of a folder: its manifest, with the program beside it as the container's argument. */
async function load(folder: string): Promise<JsonObject> {
  const { objects, problems } = parseObjects(await readText(join(folder, 'plugin.yaml')));
  if (problems[0] !== undefined) throw new CommandError(problems[0].replace(/^.*? is not valid: /, ''));
  const [plugin = {}] = objects;
  knownOnly(plugin, ['apiVersion', 'kind', 'metadata', 'spec']);
  knownOnly(object(plugin, 'spec'), ['sidecar']);
  const sidecar = object(object(plugin, 'spec'), 'sidecar');
  knownOnly(sidecar, ['automountServiceAccountToken', 'container']);
  const given = object(sidecar, 'container');
  knownOnly(given, (GO_STRUCTS['core.Container'] ?? '').split(' ').map((field) => field.split(/[?:]/)[0] ?? ''));
  const programs = (await readdir(folder)).filter((name) => name.startsWith('server.'));
  if (programs.length > 1) throw new CommandError(`plugin ${text(object(plugin, 'metadata'), 'name')} has more than one server.* file`);
  const args = programs[0] === undefined ? {} : { args: [await readText(join(folder, programs[0]))] };
  return { ...plugin, spec: { sidecar: { ...sidecar, container: normalize('core.Container', { ...given, ...args }) } } };
}

/** What a sidecar must say for itself. After argo-workflows v3.7.6 pkg/plugins/spec/plugin_types.go */
function problem(container: JsonObject): string | undefined {
  const { ports, resources, securityContext } = container;
  if (!Array.isArray(ports) || ports.length === 0) return 'at least one port is mandatory';
  if (!isJsonObject(resources) || resources['requests'] === undefined) return 'resources requests are mandatory';
  if (resources['limits'] === undefined) return 'resources limits are mandatory';
  return securityContext === undefined ? 'security context is mandatory' : undefined;
}

/** After argo-workflows v3.7.6 workflow/util/plugins/configmap.go */
function configMapOf(plugin: JsonObject): JsonObject {
  const metadata = object(plugin, 'metadata');
  const sidecar = object(object(plugin, 'spec'), 'sidecar');
  const namespace = text(metadata, 'namespace');
  const annotations = object(metadata, 'annotations');
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${text(metadata, 'name')}-executor-plugin`,
      ...(namespace === '' ? {} : { namespace }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      labels: { 'workflows.argoproj.io/configmap-type': text(plugin, 'kind'), ...object(metadata, 'labels') },
      creationTimestamp: null,
    },
    data: { 'sidecar.automountServiceAccountToken': String(sidecar['automountServiceAccountToken'] === true), 'sidecar.container': yamlText(object(sidecar, 'container')) },
  };
}

function readmeOf(plugin: JsonObject): string {
  const metadata = object(plugin, 'metadata');
  const name = text(metadata, 'name');
  const note = (key: string) => text(object(metadata, 'annotations'), `workflows.argoproj.io/${key}`);
  const image = text(object(object(object(plugin, 'spec'), 'sidecar'), 'container'), 'image');
  return `<!-- This is an auto-generated file. DO NOT EDIT -->\n# ${name}\n\n* Needs: ${note('version')}\n* Image: ${image}\n\n${note('description')}\n\nInstall:\n\n    kubectl apply -f ${name}-executor-plugin-configmap.yaml\n\nUninstall:\n\t\n    kubectl delete cm ${name}-executor-plugin \n`;
}

/** `argo executor-plugin build DIR`: makes of a plugin's manifest and program the ConfigMap that installs it. After argo-workflows v3.7.6 cmd/argo/commands/executorplugin */
export const buildExecutorPlugin: Command = {
  path: ['executor-plugin', 'build'],
  check: exactly(1),
  async run(app, [folder = '']) {
    const plugin = await load(folder);
    const wrong = problem(object(object(object(plugin, 'spec'), 'sidecar'), 'container'));
    if (wrong !== undefined) throw new CommandError(`sidecar is invalid: ${wrong}`);
    const configMap = configMapOf(plugin);
    const write = async (path: string, content: string) => {
      await writeFile(path, content).catch((error: unknown) => {
        throw new CommandError(goFileError(error, 'open', path));
      });
      app.print(`${path} created`);
    };
    await write(join(folder, `${text(object(configMap, 'metadata'), 'name')}-configmap.yaml`), `${HEADER}${yamlText(configMap)}`);
    await write(join(folder, 'README.md'), readmeOf(plugin));
    return 0;
  },
};
