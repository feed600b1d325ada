import type { Scenario } from '../scenario/model.ts';

/** Whether a scenario is about a cluster, as its image says; another one gets terminals alone. */
export function needsCluster(scenario: Pick<Scenario, 'family'>): boolean {
  return scenario.family === 'cluster';
}
