import { readConfig } from '../../../../server/cluster/argo/controller/config.ts';
import { CustomMetrics } from '../../../../server/cluster/argo/controller/custom-metrics.ts';
import { Locks } from '../../../../server/cluster/argo/controller/locks.ts';
import type { Observed } from '../../../../server/cluster/argo/controller/observed.ts';
import { noTemplates } from '../../../../server/cluster/argo/types/resolve.ts';

/** When tests of the controller begin. */
export const start = Date.UTC(2026, 0, 1);

/** What the controller sees in a cluster that holds nothing but the workflow. */
export function observedNothing(): Observed {
  return {
    now: start,
    pods: new Map(),
    taskResults: [],
    templates: noTemplates,
    config: readConfig({}),
    locks: new Locks(),
    configMap: () => undefined,
    controllerNamespace: 'argo',
    parseYaml: () => undefined,
    imageCommand: () => undefined,
    podErrors: new Map(),
    cacheErrors: new Map(),
    taskSet: undefined,
    gcTasks: new Map(),
    randomSuffix: () => 'xxxxx',
    metrics: new CustomMetrics(),
  };
}
