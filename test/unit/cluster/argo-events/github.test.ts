import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sourceProblem } from '../../../../server/cluster/argo/events/controller/validate-source.ts';
import { githubEvent } from '../../../../server/cluster/argo/events/sources/github-payload.ts';
import { headersOf } from '../../../../server/cluster/argo/events/sources/webhook.ts';
import { EventSourceSpec } from '../../../../server/cluster/argo/events/types.ts';

const BODY = '{"ref":"refs/heads/main","commits":[{"b":1,"a":"<x>"}]}';
const EVENT = '{"X-GitHub-Delivery":"d1","X-GitHub-Event":"push","commits":[{"a":"\\u003cx\\u003e","b":1}],"ref":"refs/heads/main"}';
const sign = (kind: string, body: string, secret = 'secret') => `${kind}=${createHmac(kind, secret).update(body).digest('hex')}`;
const json = { 'content-type': 'application/json; charset=utf-8', 'x-github-event': 'push', 'x-github-delivery': 'd1' };
const form = `payload=${encodeURIComponent(BODY)}`;
const event = (headers: Record<string, string>, body: string, secret = '') => githubEvent({ headers, body: Buffer.from(body) }, secret);

describe("a delivery of GitHub's", () => {
  it.each<[string, Record<string, string>, string, string]>([
    ['unsigned, where no secret is set', json, BODY, ''],
    ['signed with SHA-256', { ...json, 'x-hub-signature-256': sign('sha256', BODY) }, BODY, 'secret'],
    ['signed with SHA-1', { ...json, 'x-hub-signature': sign('sha1', BODY) }, BODY, 'secret'],
    ['a form, signed as it came', { ...json, 'content-type': 'application/x-www-form-urlencoded', 'x-hub-signature-256': sign('sha256', form) }, form, 'secret'],
  ])('is an event: %s', (_title, headers, body, secret) => {
    expect(event(headers, body, secret)).toBe(EVENT);
  });

  it.each<[string, Record<string, string>, string, string]>([
    ['missing signature', json, BODY, 'secret'],
    ['payload signature check failed', { ...json, 'x-hub-signature-256': sign('sha256', BODY, 'other') }, BODY, 'secret'],
    ['payload signature check failed', { ...json, 'x-hub-signature-256': sign('sha256', BODY) }, `${BODY} `, 'secret'],
    ['payload signature check failed', { ...json, 'x-hub-signature-256': sign('sha256', BODY) }, BODY, ''],
    ['error parsing signature "none"', { ...json, 'x-hub-signature-256': 'none' }, BODY, 'secret'],
    ['unknown hash type prefix: "md5"', { ...json, 'x-hub-signature-256': 'md5=00' }, BODY, 'secret'],
    ['error decoding signature "sha256=xy": encoding/hex: invalid byte: U+0078 \'x\'', { ...json, 'x-hub-signature-256': 'sha256=xy' }, BODY, 'secret'],
    ['mime: no media type', {}, BODY, ''],
    ['webhook request has unsupported Content-Type "text/plain"', { 'content-type': 'text/plain' }, BODY, ''],
    ['unexpected end of JSON input', json, '', ''],
    ['json: cannot unmarshal array into Go value of type map[string]interface {}', json, '[1]', ''],
  ])('is refused: %s', (message, headers, body, secret) => {
    expect(() => event(headers, body, secret)).toThrow(new Error(message));
  });
});

describe('an event source of GitHub is refused', () => {
  const webhook = { endpoint: '/push', port: '13000', method: 'POST' };
  const good = { owner: 'argoproj', repository: 'argo', webhook };
  const token = { apiToken: { name: 'a', key: 'b' }, webhook: { ...webhook, url: 'http://here' } };
  it.each<[object, string | undefined]>([
    [good, undefined],
    [{ repositories: [{ owner: 'a', names: ['b'] }], webhook }, undefined],
    [{ organizations: ['a'], webhook }, undefined],
    [{ webhook }, 'either repositories or organizations is required'],
    [{ ...good, organizations: ['a'] }, 'only one of repositories and organizations is allowed'],
    [{ ...good, ...token }, 'events must be defined to create a github webhook'],
    [{ ...good, ...token, events: ['*'] }, undefined],
    [{ ...good, contentType: 'xml' }, 'content type must be "json" or "form"'],
    [{ ...good, githubUploadURL: 'http://a' }, 'githubBaseURL is required when githubUploadURL is set'],
    [{ ...good, githubBaseURL: 'http://a' }, 'githubUploadURL is required when githubBaseURL is set'],
    [{ ...good, webhook: { ...webhook, port: '' } }, "port can't be empty"],
  ])('where it should be: %#', (source, problem) => {
    const spec = { github: { example: source } };
    expect(sourceProblem('s', spec as never, EventSourceSpec.parse(spec))?.error).toBe(problem);
  });
});

it('headers of a payload have the names that Go gives them', () => {
  expect(headersOf({ rawHeaders: ['Host', 'here', 'X-GitHub-Event', 'push', 'ACCEPT', 'a', 'accept', 'b'] })).toEqual({ Accept: ['a', 'b'], 'X-Github-Event': ['push'] });
});
