/** What `argo server` was told. */
export interface ServerFlags {
  authModes: string[];
  secure: boolean;
  namespaced: boolean;
  managedNamespace: string;
  baseHref: string;
  port: number;
  frameOptions: string;
}

/** Flags that take a value and those that don't; the short form beside the long one. */
const WITH_VALUE = new Set(
  'auth-mode managed-namespace basehref base-href port allowed-link-protocol access-control-allow-origin event-operation-queue-size event-worker-count api-rate-limit tls-certificate-secret-name sso-namespace x-frame-options kube-api-qps kube-api-burst log-format loglevel gloglevel namespace argo-server argo-base-href instanceid token user username password kubeconfig context cluster server as as-group as-uid certificate-authority client-certificate client-key proxy-url request-timeout tls-server-name header'.split(' '),
);
const WITHOUT_VALUE = new Set('secure hsts namespaced browser event-async-dispatch verbose argo-http1 insecure-skip-verify insecure-skip-tls-verify disable-compression help'.split(' '));
const SHORT: Readonly<Record<string, string>> = { p: 'port', e: 'secure', b: 'browser', v: 'verbose', n: 'namespace', s: 'argo-server', k: 'insecure-skip-verify', H: 'header', h: 'help' };

/**
 * Reads the arguments of `argo server`, then the environment (`ARGO_SECURE`, `ARGO_AUTH_MODE`, `ARGO_BASE_HREF`, …)
 * for what they leave open. Throws with cobra's words.
 */
export function parseServerFlags(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ServerFlags {
  const values = new Map<string, string[]>();
  const rest = argv.slice(argv.indexOf('server') + 1);
  for (let i = 0; i < rest.length; i++) {
    const arg = rest[i] ?? '';
    if (!arg.startsWith('-') || arg === '-') continue;
    const equals = arg.indexOf('=');
    const given = equals < 0 ? arg : arg.slice(0, equals);
    const name = given.startsWith('--') ? given.slice(2) : SHORT[given.slice(1)];
    if (name === undefined) throw new Error(`unknown shorthand flag: '${given.slice(1, 2)}' in ${arg}`);
    if (!WITH_VALUE.has(name) && !WITHOUT_VALUE.has(name)) throw new Error(`unknown flag: --${name}`);
    let value = equals < 0 ? 'true' : arg.slice(equals + 1);
    if (equals < 0 && WITH_VALUE.has(name)) {
      const next = rest[++i];
      if (next === undefined) throw new Error(`flag needs an argument: --${name}`);
      value = next;
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const last = (name: string): string | undefined => values.get(name)?.at(-1) ?? env[`ARGO_${name.toUpperCase().replaceAll('-', '_')}`];
  const modes = values.get('auth-mode') ?? (env['ARGO_AUTH_MODE'] === undefined ? ['client'] : [env['ARGO_AUTH_MODE']]);
  return {
    authModes: modes.flatMap((mode) => mode.split(',')),
    secure: last('secure') !== 'false',
    namespaced: last('namespaced') === 'true',
    managedNamespace: last('managed-namespace') ?? '',
    baseHref: withSlash(last('base-href') ?? last('basehref') ?? env['BASE_HREF'] ?? '/'),
    port: Number(last('port') ?? 2746),
    frameOptions: last('x-frame-options') ?? 'DENY',
  };
}

function withSlash(base: string): string {
  const start = base.startsWith('/') ? base : `/${base}`;
  return start.endsWith('/') ? start : `${start}/`;
}
