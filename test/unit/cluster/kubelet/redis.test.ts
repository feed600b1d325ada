import { describe, expect, it } from 'vitest';
import { Keyspace, runCommand } from '../../../../server/cluster/kubelet/images/redis/commands.ts';
import { ProtocolError, RequestReader, writeReply } from '../../../../server/cluster/kubelet/images/redis/protocol.ts';

const NOW = Date.parse('2026-11-23T09:00:00Z');
const bytes = (text: string) => Buffer.from(text, 'latin1');
const OK = { simple: 'OK' };

/** Runs commands one after another, written as on a command line; the answers. */
const run = (...lines: string[]) => {
  const keys = new Keyspace([['maxmemory', '0'], ['maxmemory-policy', 'noeviction']]);
  return lines.map((line, index) => runCommand(keys, new RequestReader().push(bytes(`${line}\n`))[0] ?? [], NOW + index * 1000));
};

describe('the commands of the little redis', () => {
  it.each([
    ['strings', ['set a "b c"', 'get a', 'append a d', 'strlen a', 'get none'], [OK, 'b c', 4, 4, null]],
    ['numbers', ['incr n', 'incrby n 5', 'decr n', 'set s x', 'incr s', 'incrby n x'], [1, 6, 5, OK, { error: 'ERR value is not an integer or out of range' }, { error: 'ERR value is not an integer or out of range' }]],
    ['conditions of set', ['set a 1 nx', 'set a 2 nx', 'set b 1 xx', 'set a 3 get', 'set a 1 foo'], [OK, null, null, '1', { error: 'ERR syntax error' }]],
    ['times', ['set a 1 ex 3', 'ttl a', 'ttl none', 'get a', 'set b 1', 'ttl b', 'exists a b'], [OK, 2, -2, null, OK, -1, 1]],
    ['lists', ['rpush l b c', 'lpush l a z', 'lrange l 0 -1', 'lrange l -2 -1', 'lpop l', 'rpop l', 'llen l', 'lrange l 0 -9'], [2, 4, ['z', 'a', 'b', 'c'], ['b', 'c'], 'z', 'c', 2, []]],
    ['hashes', ['hset h a 1 b 2', 'hget h a', 'hdel h a none', 'hgetall h', 'hdel h b', 'exists h'], [2, '1', 1, ['b', '2'], 1, 0]],
    ['sets', ['sadd s a b a', 'sismember s a', 'srem s a', 'smembers s', 'scard s'], [2, 1, 1, ['b'], 1]],
    ['keys', ['mset user:1 a user:2 b other c', 'keys user:*', 'keys *r', 'keys user:?', 'del user:1 none', 'dbsize', 'type other', 'flushall', 'dbsize'], [OK, ['user:1', 'user:2'], ['other'], ['user:1', 'user:2'], 1, 2, { simple: 'string' }, OK, 0]],
    ['settings', ['config get maxmem*', 'config set maxmemory 2mb', 'config get maxmemory', 'config set nothing 1'], [['maxmemory', '0', 'maxmemory-policy', 'noeviction'], OK, ['maxmemory', '2mb'], { error: "ERR Unknown option or number of arguments for CONFIG SET - 'nothing'" }]],
    ['what is wrong', ['rpush l a', 'get l', 'foo a b', 'get', 'ping', 'ping hi', '__proto__'], [1, { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' }, { error: "ERR unknown command 'foo', with args beginning with: 'a' 'b' " }, { error: "ERR wrong number of arguments for 'get' command" }, { simple: 'PONG' }, 'hi', { error: "ERR unknown command '__proto__', with args beginning with: " }]],
  ])('know %s', (_title, lines, answers) => {
    expect(run(...lines)).toEqual(answers);
  });

  it('take no time over a pattern of many stars', () => {
    const keys = new Keyspace([]);
    keys.set('a'.repeat(2000), '1');
    expect(runCommand(keys, ['keys', `${'*a'.repeat(100)}b`], NOW)).toEqual([]);
  });
});

describe('the protocol of the little redis', () => {
  it('reads commands however their bytes arrive', () => {
    const text = '*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n';
    const expected = [['GET', 'a\r\nb'], ['PING'], ['QUIT']];
    expect(new RequestReader().push(bytes(text))).toEqual(expected);
    const slow = new RequestReader();
    expect([...text].flatMap((char) => slow.push(bytes(char)))).toEqual(expected);
  });

  it('keeps bytes that are no text', () => {
    const [words] = new RequestReader().push(Buffer.from([...bytes('*2\r\n$4\r\nECHO\r\n$3\r\n'), 0xff, 0x00, 0x80, 0x0d, 0x0a]));
    expect(Buffer.from(writeReply(words?.[1] ?? null), 'latin1')).toEqual(Buffer.from([...bytes('$3\r\n'), 0xff, 0x00, 0x80, 0x0d, 0x0a]));
  });

  it.each(['*x\r\n', '*1\r\n+a\r\n', '*1\r\n$-5\r\n', '*1\r\n$99999999\r\n', 'a'.repeat(2 * 1024 * 1024)])('refuses what is none of it: %#', (text) => {
    expect(() => new RequestReader().push(bytes(text))).toThrow(ProtocolError);
  });

  it('writes every kind of answer', () => {
    expect(writeReply([1, 'a', null, OK, { error: 'ERR no' }, []])).toBe('*6\r\n:1\r\n$1\r\na\r\n$-1\r\n+OK\r\n-ERR no\r\n*0\r\n');
  });
});
