import { request as httpRequest } from 'node:http';
import { sleep } from '../../../../lib/clock.ts';
import { messageOf } from '../../../../lib/errors.ts';
import type { ProgramContext } from '../../../program.ts';
import { mountedText } from '../../../program-io.ts';
import { sign, type Credentials } from '../../../network/s3-signature.ts';

interface Alias extends Credentials {
  url: URL;
}

/** A line of a simple shell script as words: quotes, `$NAME` and `${NAME}`, `#` comments. No pipes, no substitutions. */
export function shellWords(line: string, env: Readonly<Record<string, string>>): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === "'") {
      const end = line.indexOf("'", i + 1);
      word = (word ?? '') + line.slice(i + 1, end < 0 ? undefined : end);
      i = end < 0 ? line.length : end;
    } else if (c === '"') {
      let end = i + 1;
      while (end < line.length && line.charAt(end) !== '"') end += line.charAt(end) === '\\' ? 2 : 1;
      word = (word ?? '') + expandVariables(line.slice(i + 1, end).replace(/\\(["\\$`])/g, '$1'), env);
      i = end;
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (c === '#' && word === undefined) break;
    else if (c === '$') {
      const match = /^\$(?:\{(\w+)\}|(\w+))/.exec(line.slice(i));
      word = (word ?? '') + (match === null ? '$' : (env[match[1] ?? match[2] ?? ''] ?? ''));
      i += match === null ? 0 : match[0].length - 1;
    } else word = (word ?? '') + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function expandVariables(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_all, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? '');
}

/** Runs `mc …`, or `sh FILE` and `sh -c SCRIPT` whose lines are such commands. */
export async function runClientScript(context: ProgramContext): Promise<number> {
  const { argv, env } = context;
  const aliases = new Map<string, Alias>();
  const [command = '', ...args] = argv;
  if (!/(^|\/)(sh|bash)$/.test(command)) return run(context, aliases, /(^|\/)mc$/.test(command) ? args : argv);
  let script: string;
  if (args[0] === '-c') script = args[1] ?? '';
  else {
    const path = args.find((arg) => !arg.startsWith('-')) ?? '';
    const text = await mountedText(context, path);
    if (text === undefined) {
      context.stderr(`${command}: ${path}: No such file or directory\n`);
      return 127;
    }
    script = text;
  }
  const variables: Record<string, string> = { ...env };
  let code = 0;
  let strict = false;
  const lines = script.replace(/\\\n/g, ' ').split(/\n|;|&&/);
  for (const line of lines) {
    if (context.signal.aborted) return 143;
    const words = shellWords(line, variables);
    const [name = '', ...rest] = words;
    if (name === '') continue;
    const assignment = /^(\w+)=(.*)$/s.exec(name);
    if (assignment !== null && rest.length === 0) variables[assignment[1] ?? ''] = assignment[2] ?? '';
    else if (name === 'set') strict ||= rest.some((flag) => /^-\w*e/.test(flag));
    else if (name === 'exit') return Number(rest[0] ?? code);
    else if (name === 'echo') context.stdout(`${rest.join(' ')}\n`);
    else if (name === 'sleep') await sleep(context.clock, Number(rest[0] ?? 0) * 1000, context.signal).catch(() => undefined);
    else if (/(^|\/)mc$/.test(name)) {
      code = await run(context, aliases, rest);
      if (code !== 0 && strict) return code;
    } else {
      context.stderr(`${command}: ${name}: not found\n`);
      code = 127;
      if (strict) return code;
    }
  }
  return code;
}

async function run(context: ProgramContext, aliases: Map<string, Alias>, args: readonly string[]): Promise<number> {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const has = (flag: string) => args.includes(flag);
  const fail = (text: string) => {
    context.stderr(`mc: <ERROR> ${text}\n`);
    return 1;
  };
  const [verb = '', ...rest] = words;
  if ((verb === 'alias' && rest[0] === 'set') || (verb === 'config' && rest[0] === 'host' && rest[1] === 'add')) {
    const [name = '', url = '', accessKey = '', secretKey = ''] = rest.slice(verb === 'alias' ? 1 : 2);
    const alias = { url: new URL(url), accessKey, secretKey };
    const answer = await ask(context, alias, 'GET', '/').catch((error: unknown) => ({ status: 0, body: messageOf(error) }));
    if (answer.status !== 200) return fail(`Unable to initialize new alias from the provided credentials. ${answer.status === 0 ? answer.body : (/<Message>([^<]*)/.exec(answer.body)?.[1] ?? '')}`);
    aliases.set(name, alias);
    context.stdout(`Added \`${name}\` successfully.\n`);
    return 0;
  }
  if (!['mb', 'rb', 'ls', 'cat', 'rm', 'anonymous', 'policy', 'version'].includes(verb)) return fail(`\`${verb}\` is not a recognized command of this cluster's mc. It has: alias set, mb, rb, ls, cat, rm.`);
  // Access policies and versions are not kept: everything is private and has one version.
  if (verb === 'anonymous' || verb === 'policy' || verb === 'version') return 0;
  for (const target of rest) {
    const [name = '', ...path] = target.split('/');
    const alias = aliases.get(name);
    if (alias === undefined) return fail(`Unable to use \`${target}\`. The specified alias: ${name} does not exist.`);
    const code = await runOn(context, alias, verb, path, target, has('--ignore-existing') || has('-p'), fail);
    if (code !== 0) return code;
  }
  return 0;
}

async function runOn(context: ProgramContext, alias: Alias, verb: string, path: readonly string[], target: string, ignoreExisting: boolean, fail: (text: string) => number): Promise<number> {
  const where = `/${path.map(encodeURIComponent).join('/')}`.replace(/\/$/, '') || '/';
  const message = (body: string) => /<Message>([^<]*)/.exec(body)?.[1] ?? 'unknown error';
  if (verb === 'mb') {
    const { status, body } = await ask(context, alias, 'PUT', where);
    if (status !== 200 && !(status === 409 && ignoreExisting)) return fail(`Unable to make bucket \`${target}\`. ${message(body)}`);
    context.stdout(`Bucket created successfully \`${target}\`.\n`);
    return 0;
  }
  if (verb === 'cat') {
    const { status, body } = await ask(context, alias, 'GET', where);
    if (status !== 200) return fail(`Unable to read from \`${target}\`. ${message(body)}`);
    context.stdout(body);
    return 0;
  }
  if (verb === 'rb' || verb === 'rm') {
    const { status, body } = await ask(context, alias, 'DELETE', where);
    if (status >= 300) return fail(`Failed to remove \`${target}\`. ${message(body)}`);
    context.stdout(verb === 'rb' ? `Removed \`${target}\` successfully.\n` : `Removed \`${target}\`.\n`);
    return 0;
  }
  const [bucket, ...prefix] = path.filter((part) => part !== '');
  const { status, body } = await ask(context, alias, 'GET', bucket === undefined ? '/' : `/${bucket}`, bucket === undefined ? '' : `delimiter=%2F&list-type=2&prefix=${encodeURIComponent(prefix.length === 0 ? '' : `${prefix.join('/')}/`)}`);
  if (status !== 200) return fail(`Unable to list folder. ${message(body)}`);
  for (const [, name = ''] of body.matchAll(/<Bucket><Name>([^<]*)/g)) context.stdout(`${name}/\n`);
  for (const [, name = ''] of body.matchAll(/<Contents><Key>([^<]*)/g)) context.stdout(`${name.split('/').at(-1)}\n`);
  for (const [, name = ''] of body.matchAll(/<CommonPrefixes><Prefix>([^<]*)/g)) context.stdout(`${name.split('/').at(-2)}/\n`);
  return 0;
}

async function ask(context: ProgramContext, alias: Alias, method: string, path: string, query = ''): Promise<{ status: number; body: string }> {
  const port = Number(alias.url.port) || 80;
  const socket = await context.network.dialAddress(alias.url.hostname, port);
  const headers = sign({ method, path, query, headers: { host: alias.url.host } }, Buffer.alloc(0), alias, context.clock.now());
  return new Promise((resolve, reject) => {
    const request = httpRequest({ method, path: query === '' ? path : `${path}?${query}`, headers: { ...headers, connection: 'close' }, createConnection: () => socket as never }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}
