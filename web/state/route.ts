/**
 * Where the learner is. `page` is the hash: `intro`, `step1`…, `finish`; absent = where the session left off.
 * `provider` is asked for by a card and goes once the session begins. `play` without an id waits for a file.
 */
export type Route = { name: 'start' } | { name: 'scenario'; id: string; page?: string; provider?: string } | { name: 'play'; id?: string };

const LEARN = '/learn/';
const PLAY = '/play';

/** Reads `/`, `/learn/<scenario id>#<page>` or `/play/<scenario id>`; anything else is the start page. */
export function parseRoute(pathname: string, hash: string, search = ''): Route {
  if (pathname === PLAY || pathname.startsWith(`${PLAY}/`)) {
    const id = decodeAll(pathname.slice(PLAY.length + 1)).replace(/\/+$/, '');
    return id === '' ? { name: 'play' } : { name: 'play', id };
  }
  if (!pathname.startsWith(LEARN)) return { name: 'start' };
  const id = decodeAll(pathname.slice(LEARN.length)).replace(/\/+$/, '');
  if (id === '') return { name: 'start' };
  const page = decodeAll(hash.replace(/^#/, ''));
  const provider = new URLSearchParams(search).get('cluster') ?? '';
  return { name: 'scenario', id, ...(page === '' ? {} : { page }), ...(provider === '' ? {} : { provider }) };
}

export function formatRoute(route: Route): string {
  if (route.name === 'start') return '/';
  if (route.name === 'play') return route.id === undefined ? PLAY : `${PLAY}/${encodePath(route.id)}`;
  const search = route.provider === undefined ? '' : `?cluster=${encodeURIComponent(route.provider)}`;
  return LEARN + encodePath(route.id) + search + (route.page === undefined ? '' : `#${encodeURIComponent(route.page)}`);
}

function encodePath(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/');
}

function decodeAll(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
