import type { Command } from './app.ts';
import { COMMANDS, GROUPS } from './commands/index.ts';
import { flagUsages, type Flag } from './flags.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';

const helpFlag = (name: string): Flag => ({ name: 'help', short: 'h', help: `help for ${name}` });

/** The usage of one command, as cobra prints it behind an error. */
export function usageOf(command: Command): string {
  const name = command.path.at(-1) ?? 'argo';
  const example = command.example === undefined ? '' : `\nExamples:\n${command.example}\n`;
  return `Usage:\n  argo ${command.path.join(' ')} ${command.args}\n${example}\nFlags:\n${flagUsages([...command.flags, helpFlag(name)])}\nGlobal Flags:\n${flagUsages(GLOBAL_FLAGS)}`;
}

export function helpOf(command: Command): string {
  return `${command.long ?? command.short}\n\n${usageOf(command)}`;
}

/** The help of a command that only groups others; an empty path is `argo` itself. */
export function groupHelp(path: readonly string[]): string {
  const names = new Map<string, string>();
  for (const command of COMMANDS) {
    if (!path.every((part, index) => command.path[index] === part)) continue;
    const next = command.path[path.length];
    if (next === undefined) continue;
    names.set(next, command.path.length > path.length + 1 ? (GROUPS[next]?.short ?? '') : command.short);
  }
  if (path.length === 0) names.set('help', 'Help about any command');
  const sorted = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(11, ...sorted.map(([name]) => name.length));
  const own = path.at(-1) ?? 'argo';
  const whole = ['argo', ...path].join(' ');
  const commands = sorted.map(([name, short]) => `  ${name.padEnd(width)} ${short}\n`).join('');
  const flags = path.length === 0 ? flagUsages([...GLOBAL_FLAGS, helpFlag('argo')]) : `${flagUsages([helpFlag(own)])}\nGlobal Flags:\n${flagUsages(GLOBAL_FLAGS)}`;
  const intro = path.length === 0 ? MODES : `${GROUPS[own]?.long ?? GROUPS[own]?.short ?? ''}\n\n`;
  return `${intro}Usage:\n  ${whole} [flags]\n  ${whole} [command]\n\nAvailable Commands:\n${commands}\nFlags:\n${flags}\nUse "${whole} [command] --help" for more information about a command.\n`;
}

/** The words of `argo --help` v3.7.6, which people compare with what the documentation shows. */
const MODES = `
You can use the CLI in the following modes:

#### Kubernetes API Mode (default)

Requests are sent directly to the Kubernetes API. No Argo Server is needed. Large workflows and the workflow archive are not supported.

Use when you have direct access to the Kubernetes API, and don't need large workflow or workflow archive support.

If you're using instance ID (which is very unlikely), you'll need to set it:

	ARGO_INSTANCEID=your-instanceid

#### Argo Server GRPC Mode

Requests are sent to the Argo Server API via GRPC (using HTTP/2). Large workflows and the workflow archive are supported. Network load-balancers that do not support HTTP/2 are not supported.

Use if you do not have access to the Kubernetes API (e.g. you're in another cluster), and you're running the Argo Server using a network load-balancer that support HTTP/2.

To enable, set ARGO_SERVER:

	ARGO_SERVER=localhost:2746 ;# The format is "host:port" - do not prefix with "http" or "https"

If you're have transport-layer security (TLS) enabled (i.e. you are running "argo server --secure" and therefore has HTTPS):

	ARGO_SECURE=true

If your server is running with self-signed certificates. Do not use in production:

	ARGO_INSECURE_SKIP_VERIFY=true

By default, the CLI uses your KUBECONFIG to determine default for ARGO_TOKEN and ARGO_NAMESPACE. You probably error with "no configuration has been provided". To prevent it:

	KUBECONFIG=/dev/null

You will then need to set:

	ARGO_NAMESPACE=argo

And:

	ARGO_TOKEN='Bearer ******' ;# Should always start with "Bearer " or "Basic ".

#### Argo Server HTTP1 Mode

As per GRPC mode, but uses HTTP. Can be used with ALB that does not support HTTP/2. The command "argo logs --since-time=2020...." will not work (due to time-type).

Use this when your network load-balancer does not support HTTP/2.

Use the same configuration as GRPC mode, but also set:

	ARGO_HTTP1=true

If your server is behind an ingress with a path (running "argo server --base-href /argo" or "ARGO_BASE_HREF=/argo argo server"):

	ARGO_BASE_HREF=/argo

`;
