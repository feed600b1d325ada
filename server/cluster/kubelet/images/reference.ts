/** An image reference taken apart, with Docker Hub's defaults filled in. */
export interface ImageReference {
  /** `docker.io/library/busybox`. */
  name: string;
  /** The catalogue's key: without `docker.io/` and `library/`. */
  repository: string;
  tag: string;
  digest?: string;
  /** `docker.io/library/busybox:latest`, as container statuses show it. */
  canonical: string;
}

// After distribution/reference: lower-case path components, an optional registry with a dot, a colon or `localhost`.
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const DOMAIN = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** What is wrong with a text that is no reference. After distribution/reference 0.6.0 normalize.go */
export function referenceProblem(text: string): string {
  if (/^[a-f0-9]{64}$/.test(text)) return `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`;
  const { path } = splitDomain(text);
  const remote = path.split(':')[0] ?? '';
  return remote === remote.toLowerCase() ? 'invalid reference format' : `invalid reference format: repository name (${remote}) must be lowercase`;
}

function splitDomain(text: string): { domain: string; path: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const hasDomain = first === 'localhost' || /[.:]/.test(first) || /[A-Z]/.test(first);
  const domain = hasDomain && first !== 'index.docker.io' ? first : 'docker.io';
  const path = hasDomain ? text.slice(slash + 1) : text;
  return { domain, path: domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}

/** Undefined when the text is not a reference at all. */
export function parseImageReference(text: string): ImageReference | undefined {
  if (/^[a-f0-9]{64}$/.test(text)) return undefined;
  let rest = text;
  let digest: string | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!DIGEST.test(digest)) return undefined;
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!TAG.test(tag)) return undefined;
  }
  const { domain, path } = splitDomain(rest);
  if (!DOMAIN.test(domain) || path.split('/').some((component) => !COMPONENT.test(component))) return undefined;
  const name = `${domain}/${path}`;
  const shownTag = tag ?? 'latest';
  return {
    name,
    repository: repositoryKey(name),
    tag: shownTag,
    ...(digest === undefined ? {} : { digest }),
    canonical: digest === undefined ? `${name}:${shownTag}` : `${name}@${digest}`,
  };
}

/** `docker.io/library/busybox` and `busybox` are the same entry of the catalogue. */
export function repositoryKey(repository: string): string {
  return repository.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
}
