import { describe, expect, it } from 'vitest';
import { foreignCookies, isPort, parseHost, parsePreviewHost, sameSecret } from '../../../server/http/access.ts';

describe('hosts', () => {
  it.each([
    ['localhost:8080', { name: 'localhost', port: '8080' }],
    ['[::1]:80', { name: '[::1]', port: '80' }],
    ['LOCALHOST', { name: 'localhost', port: '' }],
    ['localhost@evil.example', undefined],
    ['local host', undefined],
    [undefined, undefined],
  ])('%s is read as %o', (header, expected) => {
    expect(parseHost(header)).toEqual(expected);
  });

  it.each([
    ['2746-abc.localhost', { port: 2746, session: 'abc' }],
    ['70000-abc.localhost', { port: 70000, session: 'abc' }],
    ['localhost', undefined],
    ['2746-abc.localhost.evil.example', undefined],
    ['2746-abc.evil.localhost', undefined],
  ])('%s previews %o', (name, expected) => {
    expect(parsePreviewHost(name, 'localhost')).toEqual(expected);
  });

  it('a preview of something that is no port keeps its session and is no port', () => {
    const target = parsePreviewHost('evil-abc.localhost', 'localhost');
    expect({ session: target?.session, port: isPort(target?.port ?? 1) }).toEqual({ session: 'abc', port: false });
  });
});

describe('ports', () => {
  it.each([
    [0, false],
    [1, true],
    [65535, true],
    [65536, false],
    [80.5, false],
    [Number.NaN, false],
  ])('%s may be previewed: %s', (port, expected) => expect(isPort(port)).toBe(expected));
});

describe('cookies', () => {
  it('of the lab stay with the lab; the others go on', () => {
    expect(foreignCookies('a=1; argo_lab=secret; authorization=Bearer%20x; argo_lab_port=1.2')).toBe('a=1; authorization=Bearer%20x');
    expect(foreignCookies('argo_lab=secret')).toBeUndefined();
  });
});

it('secrets of different length are compared without an error', () => {
  expect([sameSecret('a', 'a'), sameSecret('a', 'ab')]).toEqual([true, false]);
});
