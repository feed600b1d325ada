import { whenAborted } from '../../../lib/abort.ts';
import { sleep } from '../../../lib/clock.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { ApiStatus } from '../../api/status.ts';
import type { ResourceType } from '../../client.ts';
import type { ProgramContext } from '../../program.ts';
import type { KubeObject } from '../../store/object.ts';

const LEASES: ResourceType = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };
const LEASE_SECONDS = 5;
const RETRY_MS = 1000;

const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** What a lease says when somebody takes it or goes on holding it. */
export function heldBy(holder: string, now: number, before: KubeObject | undefined): Record<string, string | number> {
  const spec = isJsonObject(before?.['spec']) ? before['spec'] : {};
  const same = spec['holderIdentity'] === holder;
  const transitions = typeof spec['leaseTransitions'] === 'number' ? spec['leaseTransitions'] : 0;
  return { holderIdentity: holder, leaseDurationSeconds: LEASE_SECONDS, acquireTime: same && typeof spec['acquireTime'] === 'string' ? spec['acquireTime'] : microTime(now), renewTime: microTime(now), leaseTransitions: before === undefined || same ? transitions : transitions + 1 };
}

/** Whether a lease may be taken: nobody holds it, or its holder has not been heard of for its time. */
export function isFree(lease: KubeObject, holder: string, now: number): boolean {
  const spec = isJsonObject(lease['spec']) ? lease['spec'] : {};
  const [other, renewed] = [spec['holderIdentity'], spec['renewTime']];
  return typeof other !== 'string' || other === '' || other === holder || typeof renewed !== 'string' || Date.parse(renewed) + LEASE_SECONDS * 1000 < now;
}

/** Runs `work` while this pod holds a lease of Kubernetes, which takes the rights to it. After client-go v0.33 tools/leaderelection */
export async function leadByLease(context: ProgramContext, name: string, holder: string, work: () => Promise<number>): Promise<number> {
  const { client, clock, signal } = context;
  const namespace = context.pod.metadata.namespace ?? '';
  /** One try; false: somebody else holds it, or it could not be had. */
  const hold = async (): Promise<boolean> => {
    try {
      const found = await client.find(LEASES, namespace, name);
      const spec = heldBy(holder, clock.now(), found);
      if (found === undefined) await client.create(LEASES, namespace, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec });
      else if (!isFree(found, holder, clock.now())) return false;
      else await client.update(LEASES, { ...found, spec });
      return true;
    } catch (error) {
      if (!(error instanceof ApiStatus)) throw error;
      if (!signal.aborted) context.stderr(`E${klogTime(clock.now())}       1 leaderelection.go:436] error retrieving resource lock ${namespace}/${name}: ${error.message}\n`);
      return false;
    }
  };
  while (!(await hold())) {
    await sleep(clock, RETRY_MS, signal).catch(() => undefined);
    if (signal.aborted) return 0;
  }
  const stop = clock.every(RETRY_MS, () => void hold());
  try {
    return await Promise.race([work(), whenAborted(signal).then(() => 0)]);
  } finally {
    stop();
  }
}

/** `1123 22:34:21.000000` */
function klogTime(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  return `${date.slice(5).replace('-', '')} ${time.slice(0, 12)}000`;
}
