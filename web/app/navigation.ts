import { signal } from '@preact/signals';
import { formatRoute, parseRoute } from '../state/route.ts';
import type { Route } from '../state/route.ts';

export const route = signal<Route>({ name: 'start' });

/** Asked before another scenario or page of the lab is shown; answers false where something would be lost. */
let mayLeave: () => boolean = () => true;

export function guardLeaving(may: () => boolean): () => void {
  mayLeave = may;
  return () => (mayLeave = () => true);
}

function leaves(to: Route): boolean {
  const now = route.value;
  return now.name === 'scenario' && (to.name !== 'scenario' || to.id !== now.id);
}

export function navigate(to: Route, replace = false): void {
  if (leaves(to) && !mayLeave()) return;
  const url = formatRoute(to);
  if (url !== location.pathname + location.search + location.hash) {
    if (replace) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
  }
  route.value = to;
}

/** Follows the address, the back button and clicks on links of ours; returns how to stop. */
export function startNavigation(): () => void {
  const read = () => {
    route.value = parseRoute(location.pathname, location.hash, location.search);
  };
  const onClick = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a[data-route]') : null;
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    navigate(parseRoute(link.pathname, link.hash, link.search));
  };
  read();
  addEventListener('popstate', read);
  addEventListener('hashchange', read);
  addEventListener('click', onClick);
  return () => {
    removeEventListener('popstate', read);
    removeEventListener('hashchange', read);
    removeEventListener('click', onClick);
  };
}
