import { createHmac, timingSafeEqual } from 'node:crypto';
import { goJson, isJsonObject, type Json } from '../../../../lib/json.ts';
import { jsonProblem } from './webhook.ts';

/** What is looked at in a request: header names are lower case. */
export interface Delivery {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

const headerOf = ({ headers }: Delivery, name: string): string => {
  const value = headers[name.toLowerCase()];
  return (Array.isArray(value) ? value[0] : value) ?? '';
};

/** The event of a delivery of GitHub's, with its kind and id in it. Throws an Error with Go's words for what is none, or not signed with the secret. After argo-events v1.9.9 pkg/eventsources/sources/github/start.go and go-github's ValidatePayload */
export function githubEvent(delivery: Delivery, secret: string): string {
  const type = headerOf(delivery, 'Content-Type').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '') throw new Error('mime: no media type');
  const text = delivery.body.toString('utf8');
  let payload = text;
  if (type === 'application/x-www-form-urlencoded') payload = new URLSearchParams(text).get('payload') ?? '';
  else if (type !== 'application/json') throw new Error(`webhook request has unsupported Content-Type ${JSON.stringify(type)}`);
  const signature = headerOf(delivery, 'X-Hub-Signature-256') || headerOf(delivery, 'X-Hub-Signature');
  if (secret !== '' || signature !== '') check(signature, delivery.body, secret);
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch (error) {
    throw new Error(jsonProblem(payload, error), { cause: error });
  }
  if (!isJsonObject(value)) throw new Error(`json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`);
  const names = ['X-GitHub-Event', 'X-GitHub-Delivery'].map((name): [string, string] => [name, headerOf(delivery, name)]);
  return goJson(sorted({ ...value, ...Object.fromEntries(names) }));
}

function check(signature: string, body: Buffer, secret: string): void {
  if (signature === '') throw new Error('missing signature');
  const [kind = '', digest, ...rest] = signature.split('=');
  if (digest === undefined || rest.length > 0) throw new Error(`error parsing signature ${JSON.stringify(signature)}`);
  if (!['sha1', 'sha256', 'sha512'].includes(kind)) throw new Error(`unknown hash type prefix: ${JSON.stringify(kind)}`);
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digest)) throw new Error(`error decoding signature ${JSON.stringify(signature)}: ${hexProblem(digest)}`);
  const [given, right] = [Buffer.from(digest, 'hex'), createHmac(kind, secret).update(body).digest()];
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error('payload signature check failed');
}

function hexProblem(digest: string): string {
  const wrong = /[^0-9a-fA-F]/u.exec(digest)?.[0];
  return wrong === undefined ? 'encoding/hex: odd length hex string' : `encoding/hex: invalid byte: U+${(wrong.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${wrong}'`;
}

/** As Go writes maps: keys in order. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)])) : value;
}
