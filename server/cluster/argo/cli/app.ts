import type { Clock } from '../../../lib/clock.ts';
import type { Ids } from '../../../lib/ids.ts';
import { logLine } from '../server/access-log.ts';
import { VERSION } from '../server/version.ts';
import type { FlagValues } from './flags.ts';
import { type Connection, readKubeconfig } from './kubeconfig.ts';
import { LocalTransport, ServerTransport, type Transport } from './transport.ts';

/** What a command is given of the world. */
export interface World {
  env: Record<string, string | undefined>;
  stdout(text: string): void;
  stderr(text: string): void;
  stdin(): Promise<string>;
  clock: Clock;
  ids: Ids;
  signal: AbortSignal;
  /** What the commands speak through; absent: what the flags and the environment say. */
  transport?: Transport;
}

export interface Command {
  /** `['template', 'list']`; its flags and words are in the recorded help. */
  path: readonly string[];
  /** Throws CommandError where the arguments are not what the command takes: its usage is shown behind that. */
  check?(args: readonly string[], flags: FlagValues): void;
  run(app: App, args: readonly string[], flags: FlagValues): Promise<number>;
}

/** Ends a command: the message stands behind `Error: `. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Ends a command with a line of Go's plain logger: the time and the message. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
}

/** `2026/11/23 09:28:56 message`, as Go's plain logger begins a line. */
export function plainLogLine(now: number, message: string): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  return `${date.replaceAll('-', '/')} ${time.slice(0, 8)} ${message}\n`;
}

/** One call of the command: its flags and environment, and what they decide. */
export class App {
  #transport: Transport | undefined;
  #connection: Connection | undefined;

  constructor(
    readonly world: World,
    readonly flags: FlagValues,
  ) {}

  print(text: string): void {
    this.world.stdout(`${text}\n`);
  }

  now(): number {
    return this.world.clock.now();
  }

  log(level: 'debug' | 'info' | 'warning' | 'error' | 'fatal', message: string, fields: Record<string, string> = {}): void {
    if (level === 'debug' && !this.verbose) return;
    this.world.stderr(logLine(this.now(), level, message, fields));
  }

  get verbose(): boolean {
    return this.flags.on('verbose') || this.flags.text('loglevel') === 'debug';
  }

  /** `host:port` of an Argo Server, or the empty string: then Kubernetes is asked directly. */
  get server(): string {
    return this.flags.text('argo-server') || this.world.env['ARGO_SERVER'] || '';
  }

  /** Whether the real command would speak gRPC here: an answer then differs a little from REST's, which is what is asked. */
  get grpc(): boolean {
    return this.server !== '' && !(this.flags.has('argo-http1') ? this.flags.on('argo-http1') : this.world.env['ARGO_HTTP1'] === 'true');
  }

  get connection(): Connection {
    this.#connection ??= readKubeconfig({ env: this.world.env, ...(this.flags.has('kubeconfig') ? { file: this.flags.text('kubeconfig') } : {}), ...(this.flags.has('context') ? { context: this.flags.text('context') } : {}) });
    return this.#connection;
  }

  get namespace(): string {
    return this.flags.text('namespace') || this.world.env['ARGO_NAMESPACE'] || this.connection.namespace;
  }

  /** The credential as it stands in an Authorization header. Throws CommandError where there is none. */
  authorization(): string {
    const given = this.world.env['ARGO_TOKEN'];
    if (given !== undefined && given !== '') return given;
    if (this.flags.has('token')) return `Bearer ${this.flags.text('token')}`;
    const { token, basic } = this.connection;
    if (token !== undefined) return `Bearer ${token}`;
    if (basic !== undefined) return `Basic ${basic}`;
    throw new CommandError('could not find a token');
  }

  get transport(): Transport {
    this.#transport ??= this.world.transport ?? this.#connect();
    return this.#transport;
  }

  close(): void {
    this.#transport?.close();
  }

  #connect(): Transport {
    const { env, clock, ids } = this.world;
    const isOn = (flag: string, variable: string, fallback: boolean) => (this.flags.has(flag) ? this.flags.on(flag) : env[variable] === undefined || env[variable] === '' ? fallback : env[variable] === 'true');
    const secure = isOn('secure', 'ARGO_SECURE', true);
    const skip = isOn('insecure-skip-verify', 'ARGO_INSECURE_SKIP_VERIFY', false);
    const http1 = isOn('argo-http1', 'ARGO_HTTP1', false);
    const basePath = (this.flags.text('argo-base-href') || env['ARGO_BASE_HREF'] || '').replace(/\/$/, '');
    const instance = this.flags.text('instanceid') || env['ARGO_INSTANCEID'] || '';
    const { version, buildDate, gitCommit, gitTag, gitTreeState, goVersion, compiler, platform } = VERSION;
    this.log('debug', 'CLI version', { version: `{${version} ${buildDate} ${gitCommit} ${gitTag} ${gitTreeState} ${goVersion} ${compiler} ${platform}}` });
    this.log('debug', 'Client options', { opts: `(argoServerOpts=(url=${this.server},path=${basePath},secure=${secure},insecureSkipVerify=${skip},http=${http1}),instanceID=${instance})` });
    if (this.server === '') {
      const connection = this.flags.has('token') ? { ...this.connection, token: this.flags.text('token'), certificate: undefined, key: undefined } : this.connection;
      return new LocalTransport(connection, { clock, ids, env, managedNamespace: '', log: (level, message, fields) => this.log(level, message, fields ?? {}) });
    }
    return new ServerTransport({ server: this.server, basePath, secure, verify: !skip, token: this.authorization(), headers: this.flags.all('header'), ...(this.verbose ? { trace: (line: string) => this.log('debug', line) } : {}) });
  }
}
