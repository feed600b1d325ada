import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { sleep } from '../../../../lib/clock.ts';
import { goJson, type Json } from '../../../../lib/json.ts';
import { dialInCluster } from '../../executor/cluster-http.ts';
import type { RedisSource } from '../types.ts';
import { mountedValue } from '../world.ts';
import { failed } from '../zap.ts';
import type { Listening } from './listener.ts';
import { type RedisReply, ReplyReader } from './redis-replies.ts';

const RETRY_MS = 1000;

/** After argo-events v1.9.9 pkg/eventsources/sources/redis/start.go; a connection that is lost is made again, as go-redis does. */
export async function listenToRedis(source: RedisSource, listening: Listening): Promise<void> {
  const { context, log, event, dispatch } = listening;
  const info = (line: number, message: string) => log.info(`redis/start.go:${line}`, message);
  info(64, 'started processing the Redis event source...');
  info(74, 'retrieving password if it has been configured...');
  const password = source.password === undefined ? '' : await mountedValue(context, 'secret', source.password).catch((error: unknown) => {
    throw new Error(`failed to find the secret password ${source.password?.name ?? ''}, ${failed(error)[1]}`);
  });
  info(95, 'setting up a redis client...');
  const handle = async ([kind, ...rest]: readonly RedisReply[]) => {
    const [pattern, channel, payload] = kind === 'pmessage' ? rest : ['', ...rest];
    if ((kind !== 'message' && kind !== 'pmessage') || typeof channel !== 'string' || typeof payload !== 'string') return;
    const own = log.with(['channel', channel]);
    own.info('redis/start.go:137', 'received a message');
    try {
      const data = goJson({ channel, pattern: typeof pattern === 'string' ? pattern : '', body: bodyOf(payload, source.jsonBody), ...(source.metadata === undefined ? {} : { metadata: source.metadata }) });
      own.info('redis/start.go:153', 'dispatching the event on the data channel...');
      await dispatch(data).catch((error: unknown) => {
        throw new Error(`failed dispatch a Redis event, ${failed(error)[1]}`);
      });
    } catch (error) {
      own.error('redis/start.go:119', 'failed to process a Redis message', [failed(error)]);
    }
  };
  let connection: Connection | undefined = await open(source, password, listening).catch((error: unknown) => {
    throw new Error(`failed to connect to host ${source.hostAddress} and db ${source.db} for event source ${event}, ${failed(error)[1]}`);
  });
  while (!context.signal.aborted) {
    await connection?.follow(handle);
    connection = undefined;
    while (!context.signal.aborted && connection === undefined) {
      await sleep(context.clock, RETRY_MS, context.signal).catch(() => undefined);
      if (!context.signal.aborted) connection = await open(source, password, listening).catch(() => undefined);
    }
  }
  connection?.close();
  info(123, 'event source is stopped. unsubscribing the subscription');
}

function bodyOf(payload: string, json: boolean): Json {
  if (!json) return payload;
  try {
    const value: Json = JSON.parse(payload);
    return value;
  } catch (error) {
    throw new Error(`failed to marshal the event data, rejecting the event, json: error calling MarshalJSON for type *json.RawMessage: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

interface Connection {
  /** Hands on what comes until the connection ends. */
  follow(handle: (reply: readonly RedisReply[]) => Promise<void>): Promise<void>;
  close(): void;
}

/** Connects, says who it is, and subscribes. Rejects with the server's or the network's words. */
async function open(source: RedisSource, password: string, { context, namespace }: Listening): Promise<Connection> {
  const [host = '', port = '6379'] = source.hostAddress.split(':');
  const plain = await dialInCluster(context.network, host, Number(port), namespace);
  const socket: Duplex = source.tls === undefined ? plain : connectTls({ socket: plain, servername: host, ...(await tlsOf(source, context)) });
  const reader = new ReplyReader();
  const replies: RedisReply[] = [];
  let wake: () => void = () => undefined;
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    socket.destroy();
    wake();
  };
  const stop = () => end(new Error('redis: client is closed'));
  socket.on('error', end).once('close', () => end(new Error('EOF')));
  socket.on('data', (chunk: Uint8Array) => {
    try {
      replies.push(...reader.push(chunk));
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
    wake();
  });
  context.signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => context.signal.removeEventListener('abort', stop));
  const next = async (): Promise<RedisReply | undefined> => {
    while (replies.length === 0) {
      if (ended !== undefined) return undefined;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return replies.shift();
  };
  const ask = async (...words: string[]): Promise<void> => {
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    const reply = await next();
    if (reply === undefined) throw ended ?? new Error('EOF');
    if (reply instanceof Error) {
      socket.destroy();
      throw reply;
    }
  };
  if (password !== '') await (source.username === '' ? ask('AUTH', password) : ask('AUTH', source.username, password));
  if (source.db !== 0) await ask('SELECT', String(source.db));
  await ask('PING');
  await ask('SUBSCRIBE', ...(source.channels ?? []));
  return {
    close: stop,
    async follow(handle) {
      for (let reply = await next(); reply !== undefined; reply = await next()) if (Array.isArray(reply)) await handle(reply);
    },
  };
}

async function tlsOf({ tls }: RedisSource, context: Listening['context']) {
  const value = async (selector: NonNullable<RedisSource['tls']>['caCertSecret']) => (selector === undefined ? undefined : await mountedValue(context, 'secret', selector));
  const [ca, cert, key] = [await value(tls?.caCertSecret), await value(tls?.clientCertSecret), await value(tls?.clientKeySecret)];
  return { rejectUnauthorized: tls?.insecureSkipVerify !== true, ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}
