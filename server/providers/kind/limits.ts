/** How long a stage may take, in milliseconds: long enough for a slow network or a busy machine, never for ever. */
export interface Limits {
  stage(id: string): number;
  /** Installing Argo: writing its objects. */
  install: number;
  /** Until Argo's Deployments are available; images may have to be pulled. */
  ready: number;
  /** An image that can't be had may still come: after this long it counts as missing. */
  missingImage: number;
  /** Logs of a failed start. */
  bundle: number;
  /** A cluster without anybody using it is paused after this long. */
  idle: number;
}

const MINUTE = 60_000;
const STAGES: Record<string, number> = {
  'kind-ensuring-node-image': 20 * MINUTE,
  'kind-preparing-nodes': 3 * MINUTE,
  'kind-writing-configuration': MINUTE,
  'kind-starting-control-plane': 6 * MINUTE,
  images: 10 * MINUTE,
};

export const LIMITS: Limits = { stage: (id) => STAGES[id] ?? 3 * MINUTE, install: 3 * MINUTE, ready: 15 * MINUTE, missingImage: 30_000, bundle: 30_000, idle: 15 * MINUTE };
