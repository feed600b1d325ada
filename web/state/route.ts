/** Where the learner is. `page` is the hash: `intro`, `step1`…, `finish`; absent = where the session left off. */
export type Route = { name: 'start' } | { name: 'scenario'; id: string; page?: string };

const LEARN = '/learn/';

/** Reads `/` or `/learn/<scenario id>#<page>`; anything else is the start page. */
export function parseRoute(pathname: string, hash: string): Route {
  if (!pathname.startsWith(LEARN)) return { name: 'start' };
  const id = decodeAll(pathname.slice(LEARN.length)).replace(/\/+$/, '');
  if (id === '') return { name: 'start' };
  const page = decodeAll(hash.replace(/^#/, ''));
  return page === '' ? { name: 'scenario', id } : { name: 'scenario', id, page };
}

export function formatRoute(route: Route): string {
  if (route.name === 'start') return '/';
  const path = LEARN + route.id.split('/').map(encodeURIComponent).join('/');
  return route.page === undefined ? path : `${path}#${encodeURIComponent(route.page)}`;
}

function decodeAll(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
