import { signal } from '@preact/signals';

export interface Place {
  /** Path below the base, without slashes at the ends: `workflows/argo`. */
  path: string[];
  query: URLSearchParams;
}

export const place = signal<Place>({ path: [], query: new URLSearchParams() });

export function readPlace(pathname: string, search: string, base: string): Place {
  const below = pathname.startsWith(base) ? pathname.slice(base.length) : pathname.replace(/^\//, '');
  return { path: below.split('/').filter(Boolean).map(safeDecode), query: new URLSearchParams(search) };
}

/** An address below the base, for links. */
export function href(path: string, query: Record<string, string | undefined> = {}): string {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url.pathname + url.search;
}

export function go(path: string, query: Record<string, string | undefined> = {}, replace = false): void {
  const url = href(path, query);
  if (replace) history.replaceState(null, '', url);
  else visit(url);
  read();
}

/** Another page begins at its top. */
function visit(url: string): void {
  const same = new URL(url, location.href).pathname === location.pathname;
  history.pushState(null, '', url);
  if (!same) scrollTo(0, 0);
}

/** Changes parts of the query and stays on the page. */
export function setQuery(change: Record<string, string | undefined>): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, '', location.pathname + (text === '' ? '' : `?${text}`));
  read();
}

export function startRouter(): void {
  read();
  addEventListener('popstate', read);
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.target !== '' || link.hasAttribute('data-plain')) return;
    event.preventDefault();
    visit(link.pathname + link.search);
    read();
  });
}

function read(): void {
  place.value = readPlace(location.pathname, location.search, new URL(document.baseURI).pathname);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
