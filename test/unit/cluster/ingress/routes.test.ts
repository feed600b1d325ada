import { describe, expect, it } from 'vitest';
import { decide } from '../../../../server/cluster/controllers/ingress/proxy.ts';
import { isServed, sitesOf } from '../../../../server/cluster/controllers/ingress/routes.ts';
import type { Ingress, IngressClass } from '../../../../server/cluster/controllers/runtime/kinds.ts';

interface PathSpec {
  path: string;
  type?: string;
  to: string;
}

function ingress(name: string, spec: { host?: string; paths?: PathSpec[]; fallback?: string; tls?: Ingress['spec']['tls']; className?: string }, annotations: Record<string, string> = {}): Ingress {
  const backend = (service: string) => ({ service: { name: service, port: { number: 80 } } });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z', annotations },
    spec: {
      ...(spec.className === undefined ? {} : { ingressClassName: spec.className }),
      ...(spec.fallback === undefined ? {} : { defaultBackend: backend(spec.fallback) }),
      ...(spec.tls === undefined ? {} : { tls: spec.tls }),
      ...(spec.paths === undefined ? {} : { rules: [{ ...(spec.host === undefined ? {} : { host: spec.host }), http: { paths: spec.paths.map(({ path, type = 'Prefix', to }) => ({ path, pathType: type, backend: backend(to) })) } }] }),
    },
  };
}

/** What becomes of a URL: the service and the path it is asked for, the page's code, or the redirect. */
function outcome(ingresses: readonly Ingress[], url: string): string {
  const { host, pathname, search, protocol } = new URL(url);
  const decision = decide(sitesOf(ingresses), { url: pathname + search, headers: { host } }, protocol === 'https:');
  if ('page' in decision) return String(decision.page);
  return 'redirect' in decision ? `${decision.redirect.code} ${decision.redirect.location}` : `${decision.backend.service} ${decision.url}`;
}

describe('an Ingress sends a request', () => {
  const three = [ingress('i', { host: 'a.com', paths: [{ path: '/foo', to: 'foo' }, { path: '/foo/bar', to: 'bar' }, { path: '/exact', type: 'Exact', to: 'exact' }, { path: '/loose', type: 'ImplementationSpecific', to: 'loose' }] })];

  it.each([
    ['http://a.com/foo', 'foo /foo'],
    ['http://a.com/foo/', 'foo /foo/'],
    ['http://a.com/foo/x?q=1', 'foo /foo/x?q=1'],
    ['http://a.com/foobar', '404'],
    ['http://a.com/foo/bar/deep', 'bar /foo/bar/deep'],
    ['http://a.com/foo/barn', 'foo /foo/barn'],
    ['http://a.com/Foo', '404'],
    ['http://a.com/exact', 'exact /exact'],
    ['http://a.com/exact/', '404'],
    ['http://a.com/loosely', 'loose /loosely'],
    ['http://a.com:8080/foo', 'foo /foo'],
    ['http://b.com/foo', '404'],
    ['http://a.com/', '404'],
  ])('by host and path, the longest first: %s → %s', (url, expected) => {
    expect(outcome(three, url)).toBe(expected);
  });

  it('to an equal path before a longer beginning', () => {
    const both = [ingress('i', { paths: [{ path: '/a', type: 'ImplementationSpecific', to: 'begins' }, { path: '/ab', type: 'Exact', to: 'equals' }, { path: '/', to: 'root' }] })];
    expect(['http://x/ab', 'http://x/abc', 'http://x/z'].map((url) => outcome(both, url))).toEqual(['equals /ab', 'begins /abc', 'root /z']);
  });

  it('to the host’s own site, else to the one with the star for one more part of the name, else to the one without a host', () => {
    const hosts = [ingress('own', { host: 'www.a.com', paths: [{ path: '/', to: 'own' }] }), ingress('star', { host: '*.a.com', paths: [{ path: '/', to: 'star' }] }), ingress('any', { paths: [{ path: '/', to: 'any' }] })];
    expect(['http://www.a.com/', 'http://x.a.com/', 'http://y.x.a.com/', 'http://a.com/'].map((url) => outcome(hosts, url))).toEqual(['own /', 'star /', 'any /', 'any /']);
  });

  it('to the default backend where its own hosts have no path for it, and for every host where it has no rules', () => {
    const rules = ingress('rules', { host: 'a.com', paths: [{ path: '/foo', to: 'foo' }], fallback: 'spare' });
    expect(['http://a.com/x', 'http://b.com/x'].map((url) => outcome([rules], url))).toEqual(['spare /x', '404']);
    expect(outcome([ingress('all', { fallback: 'spare' })], 'http://b.com/x')).toBe('spare /x');
  });

  it('with another path where it says so, whatever the case', () => {
    const target = { 'nginx.ingress.kubernetes.io/rewrite-target': '/$2' };
    const rewritten = [ingress('i', { paths: [{ path: '/api(/|$)(.*)', type: 'ImplementationSpecific', to: 'api' }] }, target)];
    expect(['http://x/api', 'http://x/api/v1/x?q=1', 'http://x/API/y', 'http://x/apis'].map((url) => outcome(rewritten, url))).toEqual(['api /', 'api /v1/x?q=1', 'api /y', '404']);
    const root = [ingress('i', { paths: [{ path: '/web', to: 'web' }] }, { 'nginx.ingress.kubernetes.io/rewrite-target': '/' })];
    expect(outcome(root, 'http://x/web/deep')).toBe('web /');
  });

  it('to HTTPS where the host has a certificate, unless it says otherwise', () => {
    const tls = [{ hosts: ['a.com'], secretName: 'cert' }];
    const spec = { host: 'a.com', paths: [{ path: '/', to: 'web' }], tls };
    expect(outcome([ingress('i', spec)], 'http://a.com/x?y=1')).toBe('308 https://a.com/x?y=1');
    expect(outcome([ingress('i', spec)], 'https://a.com/x')).toBe('web /x');
    expect(outcome([ingress('i', spec, { 'nginx.ingress.kubernetes.io/ssl-redirect': 'false' })], 'http://a.com/x')).toBe('web /x');
    expect(outcome([ingress('i', { host: 'a.com', paths: [{ path: '/', to: 'web' }] }, { 'nginx.ingress.kubernetes.io/force-ssl-redirect': 'true' })], 'http://a.com/x')).toBe('308 https://a.com/x');
  });

  it('elsewhere where its annotations say so', () => {
    const spec = { paths: [{ path: '/old', to: 'web' }] };
    expect(outcome([ingress('i', spec, { 'nginx.ingress.kubernetes.io/permanent-redirect': 'https://new.example/' })], 'http://x/old')).toBe('301 https://new.example/');
    expect(outcome([ingress('i', spec, { 'nginx.ingress.kubernetes.io/temporal-redirect': 'https://new.example/' })], 'http://x/old')).toBe('302 https://new.example/');
    expect(outcome([ingress('i', { paths: [{ path: '/', to: 'web' }] }, { 'nginx.ingress.kubernetes.io/app-root': '/start' })], 'http://x/')).toBe('302 http://x/start');
  });

  it('to the service that asked first where two want the same path', () => {
    const old = ingress('z', { host: 'a.com', paths: [{ path: '/', to: 'first' }] });
    const young = { ...ingress('a', { host: 'a.com', paths: [{ path: '/', to: 'second' }] }), metadata: { name: 'a', namespace: 'shop', creationTimestamp: '2026-01-02T00:00:00Z' } };
    expect(outcome([young, old], 'http://a.com/')).toBe('first /');
  });
});

describe('the controller serves an Ingress', () => {
  const nginx: IngressClass = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } };
  const other: IngressClass = { ...nginx, metadata: { name: 'other' }, spec: { controller: 'example.com/other' } };
  const classes = [nginx, other];

  it('of its class, by field or by the old annotation, and one without a class', () => {
    const asked = [ingress('i', { className: 'nginx' }), ingress('i', {}, { 'kubernetes.io/ingress.class': 'nginx' }), ingress('i', {}), ingress('i', { className: 'other' }), ingress('i', { className: 'missing' })];
    expect(asked.map((one) => isServed(one, classes))).toEqual([true, true, true, false, false]);
  });

  it('only where somebody made a class for it', () => {
    expect([ingress('i', {}), ingress('i', { className: 'nginx' })].map((one) => isServed(one, [other]))).toEqual([false, false]);
  });
});
