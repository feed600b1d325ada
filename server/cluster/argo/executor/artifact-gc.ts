import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { ResourceType } from '../../client.ts';
import type { ProgramContext } from '../../program.ts';
import { normalize } from '../types/normal-form.ts';
import type { Artifact, Template } from '../types/workflow.ts';
import { locate } from './artifacts.ts';
import { driverFor } from './drivers.ts';

const TASKS: ResourceType = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflowartifactgctasks' };

/** `argoexec artifact delete`: deletes what the tasks of its pod list, and says in their status how it went. After argo-workflows v3.7.6 cmd/argoexec/commands/artifact/delete.go */
export async function deleteArtifacts(context: ProgramContext): Promise<void> {
  const hash = context.env['ARGO_ARTIFACT_POD_NAME'] ?? '';
  const namespace = context.pod.metadata.namespace ?? 'default';
  const tasks = await context.client.list(TASKS, { namespace, labelSelector: `workflows.argoproj.io/artifact-gc-pod=${hash}` });
  for (const task of tasks.items) {
    const spec = isJsonObject(task['spec']) ? task['spec'] : {};
    const byNode: JsonObject = {};
    for (const [node, entry] of Object.entries(isJsonObject(spec['artifactsByNode']) ? spec['artifactsByNode'] : {})) {
      if (!isJsonObject(entry)) continue;
      const archive = isJsonObject(entry['archiveLocation']) ? (normalize('ArtifactLocation', entry['archiveLocation']) as Template['archiveLocation']) : undefined;
      const results: JsonObject = {};
      for (const value of Object.values(isJsonObject(entry['artifacts']) ? entry['artifacts'] : {})) {
        const artifact = normalize('Artifact', value) as unknown as Artifact;
        try {
          await driverFor(context, locate(artifact, archive)).delete();
          results[artifact.name] = { name: artifact.name, success: true };
        } catch (error) {
          results[artifact.name] = { name: artifact.name, error: error instanceof Error ? error.message : String(error) };
        }
      }
      byNode[node] = { artifactResults: results };
    }
    await context.client.patch(TASKS, namespace, task.metadata.name, { type: 'merge', body: { status: { artifactResultsByNode: byNode } } }, { subresource: 'status' });
  }
}
