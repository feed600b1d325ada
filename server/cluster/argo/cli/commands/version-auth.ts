import type { JsonObject } from '../../../../lib/json.ts';
import { VERSION } from '../../server/version.ts';
import { type Command, CommandError } from '../app.ts';
import { text } from '../json-access.ts';

function versionText(command: string, version: JsonObject, short: boolean): string {
  const lines = [`${command}: ${text(version, 'version')}`];
  if (!short) {
    for (const [title, field] of [['BuildDate', 'buildDate'], ['GitCommit', 'gitCommit'], ['GitTreeState', 'gitTreeState'], ['GitTag', 'gitTag'], ['GoVersion', 'goVersion'], ['Compiler', 'compiler'], ['Platform', 'platform']] as const) lines.push(`  ${title}: ${text(version, field)}`);
  }
  return `${lines.join('\n')}\n`;
}

export const version: Command = {
  path: ['version'],
  args: '[flags]',
  short: 'print version information',
  example: `# Print version information:
  argo version

# Print short version information:
  argo version --short
`,
  flags: [{ name: 'short', help: 'print just the version number' }],
  async run(app, _args, flags) {
    app.world.stdout(versionText('argo', { ...VERSION }, flags.on('short')));
    if (app.server !== '') app.world.stdout(versionText('argo-server', await app.transport.unary({ method: 'GET', path: '/api/v1/version' }), flags.on('short')));
    return 0;
  },
};

export const authToken: Command = {
  path: ['auth', 'token'],
  args: '[flags]',
  short: 'Print the auth token',
  example: `# Print the auth token
  argo auth token
`,
  flags: [],
  async run(app) {
    app.print(app.authorization());
    return 0;
  },
};

/** A command of the real `argo` that this one does not have: says so, and what to use instead. */
export function absent(path: readonly string[], short: string): Command {
  return {
    path,
    args: '[flags]',
    short,
    flags: [],
    run: async () => {
      throw new CommandError(`the lab's own argo command has no "${path.join(' ')}" yet. Install the real one from https://github.com/argoproj/argo-workflows/releases for it`);
    },
  };
}
