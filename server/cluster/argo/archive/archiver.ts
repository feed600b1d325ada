import type { Clock } from '../../../lib/clock.ts';
import type { KubeClient } from '../../client.ts';
import { matchesLabels } from '../../store/selectors.ts';
import type { KubeObject } from '../../store/object.ts';
import { normalize } from '../types/normal-form.ts';
import { LABEL_COMPLETED, WORKFLOWS } from '../types/resources.ts';
import { type Persistence, persistenceOf } from './persistence.ts';
import { ARCHIVING_STATUS, type WorkflowArchive } from './workflow-archive.ts';

const EXPIRY_MS = 60_000;

export interface ArchiverOptions {
  client: KubeClient;
  archive: WorkflowArchive;
  /** Where the controller's ConfigMap is. */
  namespace: string;
  clock: Clock;
  log(message: string, fields: Record<string, string>): void;
  signal: AbortSignal;
}

/** What a finished workflow needs next: to be marked, to be kept, or nothing. */
export function nextStep(workflow: KubeObject, persistence: Persistence): 'mark' | 'keep' | undefined {
  const labels = workflow.metadata.labels ?? {};
  if (!persistence.archive || labels[LABEL_COMPLETED] !== 'true' || !matchesLabels(persistence.selector, labels)) return undefined;
  if (labels[ARCHIVING_STATUS] === undefined) return 'mark';
  return labels[ARCHIVING_STATUS] === 'Pending' ? 'keep' : undefined;
}

/**
 * Puts finished workflows into the archive, as the controller's ConfigMap asks when this begins.
 * After argo-workflows v3.7.6 workflow/controller/controller.go
 */
export async function runArchiver({ client, archive, namespace, clock, log, signal }: ArchiverOptions): Promise<void> {
  const persistence = await persistenceOf(client, namespace);
  if (persistence === undefined || !persistence.archive || signal.aborted) return;
  const { ttl } = persistence;
  if (ttl !== undefined) signal.addEventListener('abort', clock.every(EXPIRY_MS, () => archive.deleteFinishedBefore(clock.now() - ttl)), { once: true });
  const label = (workflow: KubeObject, value: string) => client.patch(WORKFLOWS, workflow.metadata.namespace, workflow.metadata.name, { type: 'merge', body: { metadata: { labels: { [ARCHIVING_STATUS]: value } } } });
  const look = async (workflow: KubeObject) => {
    const step = nextStep(workflow, persistence);
    if (step === 'mark') await label(workflow, 'Pending');
    if (step !== 'keep') return;
    log('archiving workflow', { namespace: workflow.metadata.namespace ?? '', uid: workflow.metadata.uid ?? '', workflow: workflow.metadata.name });
    archive.put(normalize('Workflow', workflow));
    await label(workflow, 'Archived');
  };
  // A workflow that goes while it is looked at needs nothing any more.
  const lookAt = (workflow: KubeObject) => void look(workflow).catch(() => undefined);
  const watch = async (): Promise<void> => {
    const list = await client.list(WORKFLOWS, { labelSelector: `${LABEL_COMPLETED}=true` });
    list.items.forEach(lookAt);
    client.watch(WORKFLOWS, { labelSelector: `${LABEL_COMPLETED}=true`, resourceVersion: list.metadata.resourceVersion, signal, onEnd: () => void (signal.aborted ? undefined : watch().catch(() => undefined)) }, ({ type, object }) => {
      if (type === 'ADDED' || type === 'MODIFIED') lookAt(object);
    });
  };
  await watch();
}
