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
  async run(app, _args, flags) {
    app.world.stdout(versionText('argo', { ...VERSION }, flags.on('short')));
    if (app.server !== '') app.world.stdout(versionText('argo-server', await app.transport.unary({ method: 'GET', path: '/api/v1/version' }), flags.on('short')));
    return 0;
  },
};

export const authToken: Command = {
  path: ['auth', 'token'],
  async run(app) {
    app.print(app.authorization());
    return 0;
  },
};

/** A command of the real `argo` that this one does not have: says why, and what to use instead. */
export function absent(path: readonly string[], why: string): Command {
  return {
    path,
    run: async () => {
      throw new CommandError(`the lab's own argo command has no "${path.join(' ')}": ${why}`);
    },
  };
}
