import { BoundedRegExp } from '../../../lib/bounded-regexp.ts';
import type { Ingress, IngressBackend, IngressClass } from '../runtime/kinds.ts';

/** The name that ingress-nginx gives itself in IngressClasses: ours does its work. */
export const CONTROLLER = 'k8s.io/ingress-nginx';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PREFIX = 'nginx.ingress.kubernetes.io/';

/** Where requests go: a Service of the Ingress' namespace. */
export interface Backend {
  namespace: string;
  service: string;
  /** A Service's port, by number or by name. */
  port: number | string;
}

export interface Redirect {
  code: number;
  location: string;
}

export interface Route {
  /** `exact`: this path; `prefix`: what begins with it, letter for letter; `regex`: what it matches from the start, whatever the case. */
  match: 'exact' | 'prefix' | 'regex';
  path: string;
  /** Undefined for one that no Service stands behind: a resource. */
  backend: Backend | undefined;
  /** The annotation `rewrite-target`, with `$1` for what the path's groups matched. */
  rewrite: string;
  redirect: Redirect | undefined;
  /** `never`, `always`, or where the site has a certificate. */
  toHttps: 'never' | 'always' | 'with-certificate';
}

/** What one host name leads to. */
export interface Site {
  /** Empty for every host that no other site has; `*.a.com` for the names right below a.com. */
  host: string;
  routes: Route[];
  /** For what no route takes; undefined: nothing is found. */
  fallback: Backend | undefined;
  /** Where its certificate is; undefined without TLS. An empty name stands for the controller's own certificate. */
  tls: { namespace: string; secret: string } | undefined;
  appRoot: string;
}

/**
 * The Ingresses that this controller serves: of a class that names it, and those without a class as soon as there is such
 * a class, as ingress-nginx does with `--watch-ingress-without-class`, which its manifest for kind sets.
 */
export function isServed(ingress: Ingress, classes: readonly IngressClass[]): boolean {
  const own = classes.filter((one) => one.spec.controller === CONTROLLER).map((one) => one.metadata.name);
  const wanted = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.[CLASS_ANNOTATION];
  return wanted === undefined || wanted === '' ? own.length > 0 : own.includes(wanted);
}

/** What ingress-nginx' own webhook refuses: a path of a host that another Ingress has. After ingress-nginx v1.12 internal/ingress/controller/controller.go checkOverlap */
export function overlapOf(ingress: Ingress, others: readonly Ingress[]): string | undefined {
  const placesIn = ({ spec }: Ingress) => (spec.rules ?? []).flatMap(({ host, http }) => (http?.paths ?? []).map(({ path, pathType }) => ({ host: host === undefined || host === '' ? '_' : host, path: path === undefined || path === '' ? '/' : path, pathType })));
  for (const { host, path, pathType } of placesIn(ingress)) {
    for (const other of others) {
      if (keyFor(other) === keyFor(ingress)) continue;
      if (placesIn(other).some((one) => one.host === host && one.path === path && one.pathType === pathType)) return `host ${JSON.stringify(host)} and path ${JSON.stringify(path)} is already defined in ingress ${keyFor(other)}`;
    }
  }
  return undefined;
}

/** What all Ingresses together ask for. The oldest wins where two want the same path of a host. */
export function sitesOf(ingresses: readonly Ingress[]): Site[] {
  const sites = new Map<string, Site>();
  const catchAll = siteFor(sites, '');
  const sorted = [...ingresses].sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || keyFor(a).localeCompare(keyFor(b)));
  const regexHosts = new Set<string>();
  for (const ingress of sorted) {
    const namespace = ingress.metadata.namespace ?? 'default';
    const annotation = (name: string): string => ingress.metadata.annotations?.[PREFIX + name] ?? '';
    const byDefault = ingress.spec.defaultBackend === undefined ? undefined : backendOf(namespace, ingress.spec.defaultBackend);
    const rules = ingress.spec.rules ?? [];
    if (rules.length === 0 && byDefault !== undefined) catchAll.fallback ??= byDefault;
    const redirect = redirectOf(annotation);
    const regex = annotation('use-regex') === 'true' || annotation('rewrite-target') !== '';
    for (const rule of rules) {
      const site = siteFor(sites, rule.host ?? '');
      if (regex) regexHosts.add(site.host);
      site.fallback ??= byDefault;
      if (site.appRoot === '') site.appRoot = annotation('app-root');
      for (const { path = '/', pathType, backend } of rule.http?.paths ?? []) {
        const options = { backend: backendOf(namespace, backend), rewrite: annotation('rewrite-target'), redirect, toHttps: toHttps(annotation) };
        for (const place of placesOf(path === '' ? '/' : path, pathType, regex)) {
          if (!site.routes.some((route) => route.match === place.match && route.path === place.path)) site.routes.push({ ...place, ...options });
        }
      }
    }
    for (const { hosts = [], secretName = '' } of ingress.spec.tls ?? []) {
      for (const host of hosts.length === 0 ? rules.map((rule) => rule.host ?? '') : hosts) {
        const site = sites.get(host);
        if (site !== undefined) site.tls ??= { namespace, secret: secretName };
      }
    }
  }
  // One Ingress with expressions makes every path of its hosts an expression.
  for (const host of regexHosts) {
    const site = sites.get(host);
    if (site !== undefined) site.routes = site.routes.map((route) => ({ ...route, match: 'regex' }));
  }
  return [...sites.values()];
}

function keyFor({ metadata }: Ingress): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function siteFor(sites: Map<string, Site>, host: string): Site {
  const known = sites.get(host);
  if (known !== undefined) return known;
  const site: Site = { host, routes: [], fallback: undefined, tls: undefined, appRoot: '' };
  sites.set(host, site);
  return site;
}

function backendOf(namespace: string, { service }: IngressBackend): Backend | undefined {
  return service === undefined ? undefined : { namespace, service: service.name, port: service.port?.name ?? service.port?.number ?? 0 };
}

/** A Prefix means whole parts of a path: `/a` is itself and what is below `/a/`. */
function placesOf(path: string, type: string, regex: boolean): Pick<Route, 'match' | 'path'>[] {
  if (regex) return [{ match: 'regex', path }];
  if (type === 'Exact') return [{ match: 'exact', path }];
  if (type !== 'Prefix' || path === '/') return [{ match: 'prefix', path }];
  const bare = path.replace(/\/+$/, '');
  return [{ match: 'prefix', path: `${bare}/` }, { match: 'exact', path: bare }];
}

function redirectOf(annotation: (name: string) => string): Redirect | undefined {
  const permanent = annotation('permanent-redirect');
  if (permanent !== '') return { code: redirectCode(annotation('permanent-redirect-code')), location: permanent };
  const temporal = annotation('temporal-redirect');
  return temporal === '' ? undefined : { code: 302, location: temporal };
}

/** Only codes that redirect; ingress-nginx takes 301 for others. */
function redirectCode(text: string): number {
  const code = Number(text);
  return Number.isInteger(code) && code >= 300 && code <= 308 ? code : 301;
}

function toHttps(annotation: (name: string) => string): Route['toHttps'] {
  if (annotation('force-ssl-redirect') === 'true') return 'always';
  return annotation('ssl-redirect') === 'false' ? 'never' : 'with-certificate';
}

/** The site of a host: its own, the one of its wildcard, else the one for all others. */
export function siteOf(sites: readonly Site[], host: string): Site | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  const wildcard = `*.${name.split('.').slice(1).join('.')}`;
  return sites.find((site) => site.host !== '' && site.host === name) ?? sites.find((site) => site.host === wildcard) ?? sites.find((site) => site.host === '');
}

/** The route of a path: an equal one, else the longest beginning; where paths are expressions, the longest that matches. */
export function routeOf(site: Site, path: string): Route | undefined {
  const exact = site.routes.find((route) => route.match === 'exact' && route.path === path);
  if (exact !== undefined) return exact;
  const fits = (route: Route): boolean => (route.match === 'prefix' ? path.startsWith(route.path) : route.match === 'regex' && expression(`^${route.path}`)?.test(path) === true);
  return site.routes.filter(fits).sort((a, b) => b.path.length - a.path.length)[0];
}

/** The path that the backend is asked for. */
export function rewritten(route: Route, path: string): string {
  if (route.rewrite === '' || route.rewrite === route.path) return path;
  const found = expression(route.path)?.exec(path);
  if (found === undefined || found === null) return path;
  return route.rewrite.replace(/\$(\d)/g, (_all, group: string) => found[Number(group)] ?? '');
}

function expression(source: string): RegExp | undefined {
  try {
    return new BoundedRegExp(source, 'i');
  } catch {
    return undefined;
  }
}
