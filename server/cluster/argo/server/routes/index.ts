import type { Route } from '../route.ts';
import { archivedWorkflowRoutes } from './archived-workflows.ts';
import { argoEventsLogRoutes } from './argo-events-logs.ts';
import { argoEventsRoutes } from './argo-events.ts';
import { cronWorkflowRoutes } from './cron-workflows.ts';
import { eventRoutes } from './events.ts';
import { infoRoutes } from './info.ts';
import { clusterWorkflowTemplateRoutes, workflowTemplateRoutes } from './workflow-templates.ts';
import { workflowStreamRoutes } from './workflow-streams.ts';
import { workflowRoutes } from './workflows.ts';

/** Every operation of the Argo Server's REST face. */
export const ROUTES: readonly Route[] = [
  ...infoRoutes,
  ...workflowStreamRoutes,
  ...workflowRoutes,
  ...workflowTemplateRoutes,
  ...clusterWorkflowTemplateRoutes,
  ...cronWorkflowRoutes,
  ...eventRoutes,
  ...archivedWorkflowRoutes,
  ...argoEventsLogRoutes,
  ...argoEventsRoutes,
];

export interface RouteMatch {
  route: Route;
  params: Record<string, string>;
}

interface Pattern {
  route: Route;
  parts: readonly ({ literal: string } | { param: string })[];
}

const PATTERNS: readonly Pattern[] = ROUTES.map((route) => ({
  route,
  parts: route.path.slice(1).split('/').map((part) => (part.startsWith('{') ? { param: part.slice(1, -1) } : { literal: part })),
}));

/**
 * The route of a path (decoded, without query). Fixed components win over parameters, so that
 * `/workflows/ns/submit` is not a workflow called submit.
 */
export function matchRoute(method: string, path: string): RouteMatch | undefined {
  const given = path.slice(1).split('/');
  let best: (RouteMatch & { literals: number }) | undefined;
  for (const { route, parts } of PATTERNS) {
    if (route.method !== method || parts.length !== given.length) continue;
    const params: Record<string, string> = {};
    let literals = 0;
    const fits = parts.every((part, i) => {
      const value = given[i] ?? '';
      if ('literal' in part) {
        literals++;
        return part.literal === value;
      }
      params[part.param] = value;
      return true;
    });
    if (fits && (best === undefined || literals > best.literals)) best = { route, params, literals };
  }
  return best === undefined ? undefined : { route: best.route, params: best.params };
}
