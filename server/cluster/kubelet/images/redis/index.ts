import type { Duplex } from 'node:stream';
import { whenAborted } from '../../../../lib/abort.ts';
import type { ImageEntry, Program, ProgramContext } from '../../../program.ts';
import { mountedText } from '../../../program-io.ts';
import { commandOnly, serviceScript } from '../own-bin.ts';
import { flagOf } from '../serve-http.ts';
import { REDIS_CLI } from './cli.ts';
import { Channels, runOnChannels, type Sink } from './channels.ts';
import { Keyspace, runCommand } from './commands.ts';
import { ProtocolError, type Reply, RequestReader, writeReply } from './protocol.ts';

const VERSION = '7.4.1';
/** What CONFIG knows where nobody set it, as Redis 7.4 starts without a file. */
const SETTINGS: Readonly<Record<string, string>> = { port: '6379', requirepass: '', maxmemory: '0', 'maxmemory-policy': 'noeviction', appendonly: 'no', save: '3600 1 300 100 60 10000', dir: '/data', dbfilename: 'dump.rdb', databases: '16', timeout: '0', maxclients: '10000', 'protected-mode': 'yes' };

/** A small server of Redis' commands over strings, lists, hashes and sets, and of its channels; what it holds goes with its container. */
const server: Program = {
  async run(context) {
    const settings = new Map(Object.entries({ ...SETTINGS, version: context.env['REDIS_VERSION'] ?? VERSION, ...(await fileSettings(context)) }));
    for (const name of settings.keys()) {
      const given = flagOf(context.argv, name);
      if (given !== undefined) settings.set(name, given);
    }
    const port = Number(settings.get('port')) || 6379;
    const keys = new Keyspace(settings);
    const channels = new Channels();
    const say = (text: string) => context.stdout(`1:M ${logTime(context.clock.now())} * ${text}\n`);
    say(`Redis version=${settings.get('version')}, bits=64: the small server that stands for it in this cluster`);
    const open = new Set<Duplex>();
    const stop = context.network.listen(context.pod.metadata.uid ?? '', port, (socket) => {
      open.add(socket.once('close', () => open.delete(socket)));
      serve(socket, keys, channels, context);
    });
    say(`Running mode=standalone, port=${port}.`);
    say('Ready to accept connections tcp');
    await whenAborted(context.signal);
    say('User requested shutdown...');
    stop();
    for (const socket of open) socket.destroy();
    return 0;
  },
};

function serve(socket: Duplex, keys: Keyspace, channels: Channels, { clock }: ProgramContext): void {
  const reader = new RequestReader();
  const sink: Sink = (reply) => void socket.write(Buffer.from(writeReply(reply), 'latin1'));
  socket.once('close', () => channels.drop(sink));
  let known = keys.settings.get('requirepass') === '';
  const answer = (words: readonly string[]): Reply[] => {
    const name = words[0]?.toUpperCase();
    if (name === 'AUTH') {
      const password = keys.settings.get('requirepass') ?? '';
      if (password === '') return [{ error: 'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?' }];
      known = words.at(-1) === password && words.length > 1;
      return [known ? { simple: 'OK' } : { error: 'WRONGPASS invalid username-password pair or user is disabled.' }];
    }
    if (name === 'QUIT') return [{ simple: 'OK' }];
    if (!known) return [{ error: 'NOAUTH Authentication required.' }];
    return runOnChannels(channels, sink, words) ?? [runCommand(keys, words, clock.now())];
  };
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Uint8Array) => {
    try {
      for (const words of reader.push(chunk)) {
        for (const reply of answer(words)) sink(reply);
        if (words[0]?.toUpperCase() === 'QUIT') return void socket.end();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      socket.end(`-ERR Protocol error: ${error.message}\r\n`);
    }
  });
}

/** `redis-server /etc/redis.conf`: one setting a line. */
async function fileSettings(context: ProgramContext): Promise<Record<string, string>> {
  const path = context.argv.find((word) => word.startsWith('/') && word.endsWith('.conf'));
  const text = path === undefined ? '' : ((await mountedText(context, path)) ?? '').slice(0, 64 * 1024);
  return Object.fromEntries(text.split('\n').flatMap((line) => { const [, name = '', value = ''] = /^\s*([a-z][\w-]*)\s+(.*?)\s*$/.exec(line) ?? []; return name === '' ? [] : [[name, value.replace(/^"(.*)"$/, '$1')]]; }));
}

/** `23 Nov 2026 09:28:56.000` */
function logTime(now: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(now).toUTCString()) ?? [];
  return `${day} ${month} ${year} ${time}.${String(now % 1000).padStart(3, '0')}`;
}

export const redis: ImageEntry = {
  repository: 'redis',
  entrypoint: ['docker-entrypoint.sh'],
  cmd: ['redis-server'],
  workingDir: '/data',
  env: { REDIS_VERSION: VERSION },
  envOfTag: (tag) => ({ REDIS_VERSION: /^\d+\.\d+\.\d+/.exec(tag)?.[0] ?? VERSION }),
  content: {
    kind: 'program',
    program: server,
    asProcess: commandOnly(['redis-server'], /^(?:-v|--version|--help)$/),
    body: {
      base: 'busybox',
      files: {
        '/usr/local/bin/docker-entrypoint.sh': '#!/bin/sh\nexec "$@"\n',
        '/usr/local/bin/bash': '#!/bin/sh\nexec sh "$@"\n',
        '/usr/local/bin/redis-server': serviceScript({ name: 'redis-server', version: `Redis server v=\${REDIS_VERSION:-${VERSION}}`, port: 6379 }),
        '/usr/local/bin/redis-cli': REDIS_CLI,
      },
    },
  },
};
/** Bitnami's of old, and the sample's of Kubernetes' tutorials. */
export const redisImages: readonly ImageEntry[] = [redis, { ...redis, repository: 'registry.k8s.io/redis' }, { ...redis, repository: 'us-docker.pkg.dev/google-samples/containers/gke/redis-follower' }];
