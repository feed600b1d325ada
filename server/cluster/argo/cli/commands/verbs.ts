import { type App, type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { object, text } from '../json-access.ts';
import { describeError } from '../transport.ts';
import { namedOr } from './arguments.ts';
import { workflowPath } from './follow.ts';
import { afterwards, namesOf, printWorkflow } from './shared.ts';

const put = (app: App, name: string, verb: string, body: Record<string, string | boolean | string[]> = {}) => app.transport.unary({ method: 'PUT', path: workflowPath(app.namespace, name, verb), body: { name, namespace: app.namespace, ...body } });

interface Verb {
  /** What the line about each workflow says: `stopped`. */
  done: string;
  check?: Command['check'];
  /** How a failure is introduced; as it is without. */
  failure?: (name: string) => string;
  body?: (flags: FlagValues) => Record<string, string>;
}

/** A verb that says what it did in one line for each workflow. */
function simple(verb: string, { done, check, failure, body }: Verb): Command {
  return {
    path: [verb],
    ...(check === undefined ? {} : { check }),
    async run(app, args, flags) {
      for (const name of await namesOf(app, args, flags)) {
        if (flags.on('dry-run')) {
          app.print(`workflow ${name} ${done} (dry-run)`);
          continue;
        }
        try {
          await put(app, name, verb, body?.(flags) ?? {});
        } catch (error) {
          if (failure === undefined) throw error;
          throw new CommandError(`${failure(name)}: ${describeError(error)}`);
        }
        app.print(`workflow ${name} ${done}`);
      }
      return 0;
    },
  };
}

const SELECTORS = ['selector', 'field-selector'];

export const stop = simple('stop', { done: 'stopped', check: namedOr(SELECTORS, 'requires either selector or workflow'), body: (flags) => ({ nodeFieldSelector: flags.text('node-field-selector'), message: flags.text('message') }) });
export const terminate = simple('terminate', { done: 'terminated', check: namedOr(SELECTORS, 'requires either selector or workflow') });
export const suspend = simple('suspend', { done: 'suspended', failure: (name) => `Failed to suspended ${name}` });
export const resume = simple('resume', {
  done: 'resumed',
  check: namedOr(['node-field-selector'], 'requires either node field selector or workflow'),
  failure: (name) => `Failed to resume ${name}`,
  body: (flags) => ({ nodeFieldSelector: flags.text('node-field-selector') }),
});

/** `retry` and `resubmit`: show the workflow that comes of it. */
function again(verb: 'retry' | 'resubmit', check: Command['check'], body: (flags: FlagValues) => Record<string, string | boolean | string[]>): Command {
  return {
    path: [verb],
    ...(check === undefined ? {} : { check }),
    async run(app, args, flags) {
      const names = [...new Set(await namesOf(app, args, flags))];
      let made = '';
      for (const name of names) {
        const workflow = await put(app, name, verb, { ...body(flags), parameters: flags.all('parameter') });
        printWorkflow(app, workflow, flags);
        made = text(object(workflow, 'metadata'), 'name');
      }
      return names.length === 1 ? afterwards(app, [made], flags) : 0;
    },
  };
}

export const retry = again('retry', namedOr(SELECTORS, 'requires either node field selector or workflow'), (flags) => ({ nodeFieldSelector: flags.text('node-field-selector'), restartSuccessful: flags.on('restart-successful') }));
export const resubmit = again('resubmit', undefined, (flags) => ({ memoized: flags.on('memoized') }));

/** Sets what a suspended node has to tell. */
export const node: Command = {
  path: ['node'],
  check(args) {
    if (args.length < 2) throw new CommandError(`requires at least 2 arg(s), only received ${args.length}`);
  },
  async run(app, [action = '', name = ''], flags) {
    if (action !== 'set') throw new CommandError(`unknown action '${action}'`);
    const parameters: Record<string, string> = {};
    for (const given of flags.all('output-parameter')) {
      const equals = given.indexOf('=');
      if (equals < 0) throw new CommandError(`expected parameter of the form: NAME=VALUE. Received: ${given}`);
      parameters[given.slice(0, equals)] = unquoted(given.slice(equals + 1));
    }
    await put(app, name, 'set', {
      nodeFieldSelector: flags.text('node-field-selector'),
      message: flags.text('message'),
      phase: flags.text('phase'),
      outputParameters: Object.keys(parameters).length === 0 ? '' : JSON.stringify(Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)))),
    });
    app.print('workflow values set');
    return 0;
  },
};

/** A value in quotes without them; any other as it is. */
function unquoted(value: string): string {
  if (value.length >= 2 && value.startsWith('`') && value.endsWith('`')) return value.slice(1, -1);
  if (!/^"(?:[^"\\]|\\.)*"$/.test(value)) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}
