import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { applySubmitOptions } from '../../server/actions/submit.ts';
import { type App, type Command, CommandError, FatalError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { list as listOf, object, text } from '../json-access.ts';
import { objectsOfKind, readManifests } from '../manifests.ts';
import { describeError } from '../transport.ts';
import { atLeast } from './arguments.ts';
import { CLUSTER, CRON, cronView, type Family, familyPath, familyTable, printMember, TEMPLATE } from './family.ts';
import { lintFiles } from './lint.ts';
import { submitOptions } from './submit-options.ts';

/** The objects that the files hold. Throws FatalError when there is none. */
async function members(app: App, family: Family, files: readonly string[]): Promise<JsonObject[]> {
  const found = objectsOfKind(app, await readManifests(app, files), family.kind);
  // Not among the command's own errors: Go's plain logger ends the process there.
  if (found.length === 0) throw new FatalError(`No ${family.kind === 'CronWorkflow' ? 'CronWorkflows' : family.words} found in given files`);
  return found;
}

const namespaceOf = (app: App, family: Family, member: JsonObject): string => (family.namespaced ? text(object(member, 'metadata'), 'namespace') || app.namespace : '');

/** What the flags of a submission change of the workflows that a cron workflow makes. */
async function withSubmitFlags(cron: JsonObject, flags: FlagValues): Promise<JsonObject> {
  const spec = object(cron, 'spec');
  const workflow: JsonObject = { metadata: {}, spec: structuredClone(object(spec, 'workflowSpec')) };
  applySubmitOptions(workflow, await submitOptions(flags));
  const made = isJsonObject(workflow['metadata']) ? workflow['metadata'] : {};
  const { name: _name, generateName: _prefix, ...kept } = object(cron, 'metadata');
  const named = made['name'] !== undefined ? { ...kept, name: made['name'] } : made['generateName'] !== undefined ? { ...kept, generateName: made['generateName'] } : object(cron, 'metadata');
  return { ...cron, metadata: named, spec: { ...spec, workflowSpec: object(workflow, 'spec'), ...(flags.text('schedule') === '' ? {} : { schedule: flags.text('schedule') }) } };
}

/** A command that does the same with each object of the files that it is given. */
function withMembers(family: Family, verb: string, act: (app: App, member: JsonObject, flags: FlagValues) => Promise<void>): Command {
  return {
    path: [family.command, verb],
    check: atLeast(1),
    async run(app, args, flags) {
      for (const member of await members(app, family, args)) await act(app, member, flags);
      return 0;
    },
  };
}

function create(family: Family): Command {
  const isCron = family.kind === 'CronWorkflow';
  return withMembers(family, 'create', async (app, given, flags) => {
    const member = isCron ? await withSubmitFlags(given, flags) : given;
    const namespace = namespaceOf(app, family, member);
    try {
      printMember(app, family, await app.transport.unary({ method: 'POST', path: familyPath(family, namespace), body: { ...(family.namespaced ? { namespace } : {}), [family.field]: member } }), flags);
    } catch (error) {
      throw new CommandError(`${isCron ? 'Failed' : 'failed'} to create ${family.words}: ${describeError(error)}`);
    }
  });
}

function update(family: Family): Command {
  const isCron = family.kind === 'CronWorkflow';
  return withMembers(family, 'update', async (app, member, flags) => {
    const namespace = namespaceOf(app, family, member);
    const name = text(object(member, 'metadata'), 'name');
    const fail = (what: string) => (error: unknown): never => {
      throw new CommandError(`${what}: ${describeError(error)}`);
    };
    const current = await app.transport.unary({ method: 'GET', path: familyPath(family, namespace, name) }).catch(fail(`Failed to get existing ${family.words} ${JSON.stringify(name)} to update`));
    const next = { ...member, metadata: { ...object(member, 'metadata'), ...(family.namespaced ? { namespace } : {}), resourceVersion: text(object(current, 'metadata'), 'resourceVersion') } };
    // Argo names a cron workflow a template here.
    const updated = await app.transport.unary({ method: 'PUT', path: familyPath(family, namespace, name), body: { ...(family.namespaced ? { namespace } : {}), name, [family.field]: next } }).catch(fail(`Failed to update ${isCron ? 'workflow template' : family.words}`));
    if (isCron) app.world.stdout(cronView(app, updated));
    else printMember(app, family, updated, flags);
  });
}

function get(family: Family): Command {
  return {
    path: [family.command, 'get'],
    async run(app, args, flags) {
      for (const name of args) printMember(app, family, await app.transport.unary({ method: 'GET', path: familyPath(family, app.namespace, name) }), flags);
      return 0;
    },
  };
}

function list(family: Family): Command {
  return {
    path: [family.command, 'list'],
    async run(app, _args, flags) {
      const all = flags.on('all-namespaces');
      const query: Record<string, string> = flags.has('selector') ? { 'listOptions.labelSelector': flags.text('selector') } : {};
      const found = listOf(await app.transport.unary({ method: 'GET', path: all ? `/api/v1/${family.route}/` : familyPath(family, family.namespaced ? app.namespace : ''), query }), 'items');
      if (flags.text('output') === 'name') for (const one of found) app.print(text(object(one, 'metadata'), 'name'));
      else app.world.stdout(familyTable(app, family, found, all));
      return 0;
    },
  };
}

function remove(family: Family): Command {
  return {
    path: [family.command, 'delete'],
    async run(app, args, flags) {
      const namespace = family.namespaced ? app.namespace : '';
      const all = flags.on('all') ? listOf(await app.transport.unary({ method: 'GET', path: familyPath(family, namespace) }), 'items').map((one) => text(object(one, 'metadata'), 'name')) : [];
      // Of cron workflows the named ones go, too; of templates only all.
      for (const name of flags.on('all') ? [...(family.kind === 'CronWorkflow' ? args : []), ...all] : args) {
        await app.transport.unary({ method: 'DELETE', path: familyPath(family, namespace, name) });
        // Argo says nothing when a cron workflow is gone.
        if (family.kind !== 'CronWorkflow') app.print(`${family.kind} '${name}' deleted`);
      }
      return 0;
    },
  };
}

function lint(family: Family): Command {
  return { path: [family.command, 'lint'], check: atLeast(1), run: (app, args, flags) => lintFiles(app, args, flags, [family.kind]) };
}

function switcher(verb: 'suspend' | 'resume', done: string): Command {
  return {
    path: ['cron', verb],
    async run(app, args) {
      for (const name of args) {
        await app.transport.unary({ method: 'PUT', path: familyPath(CRON, app.namespace, name, verb), body: { name, namespace: app.namespace } });
        app.print(`CronWorkflow '${name}' ${done}`);
      }
      return 0;
    },
  };
}

export const templateCommands: readonly Command[] = [...[TEMPLATE, CLUSTER, CRON].flatMap((family) => [create, update, get, list, remove, lint].map((make) => make(family))), switcher('suspend', 'suspended'), switcher('resume', 'resumed')];
