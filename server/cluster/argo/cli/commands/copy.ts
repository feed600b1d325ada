import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isJsonObject } from '../../../../lib/json.ts';
import { type Command, CommandError, plainLogLine } from '../app.ts';
import { list, object, text } from '../json-access.ts';
import { describeError } from '../transport.ts';
import { getWorkflow } from './follow.ts';
import { helpOf } from '../usage.ts';

const PATTERN = '{namespace}/{workflowName}/{nodeId}/outputs/{artifactName}';

/** Where an artifact lies in its store; the file's name follows from it. */
function keyOf(artifact: ReturnType<typeof object>): string {
  for (const store of ['s3', 'gcs', 'oss', 'azure', 'hdfs', 'artifactory', 'http', 'git', 'raw']) {
    const place = object(artifact, store);
    for (const field of ['key', 'blob', 'path', 'url', 'repo']) if (text(place, field) !== '') return text(place, field);
  }
  throw new CommandError('error getting key for artifact: no artifact storage found');
}

/** `argo cp`: the artifacts of a workflow, from the server, into a folder. After argo-workflows v3.7.6 cmd/argo/commands/cp.go */
export const copy: Command = {
  path: ['cp'],
  async run(app, args, flags) {
    const [name, folder, more] = args;
    if (name === undefined || folder === undefined || more !== undefined) {
      app.world.stdout(helpOf(['cp']));
      throw new CommandError('incorrect number of arguments');
    }
    const workflow = await getWorkflow(app, name).catch((error: unknown) => {
      throw new CommandError(`failed to get workflow: ${describeError(error)}`);
    });
    const [workflowName, namespace] = [text(object(workflow, 'metadata'), 'name'), app.namespace];
    for (const node of Object.values(object(workflow, 'status', 'nodes'))) {
      if (!isJsonObject(node)) continue;
      if (flags.text('template-name') !== '' && text(node, 'templateName') !== flags.text('template-name')) continue;
      if (flags.text('node-id') !== '' && text(node, 'id') !== flags.text('node-id')) continue;
      for (const artifact of list(object(node, 'outputs'), 'artifacts')) {
        if (flags.text('artifact-name') !== '' && text(artifact, 'name') !== flags.text('artifact-name')) continue;
        const values: Record<string, string> = { templateName: text(node, 'templateName') || text(object(node, 'templateRef'), 'template'), namespace, workflowName, nodeId: text(node, 'id'), artifactName: text(artifact, 'name') };
        const target = Object.entries(values).reduce((path, [key, value]) => path.replace(`{${key}}`, value), join(folder, flags.text('path') || PATTERN));
        await mkdir(target, { recursive: true });
        const file = basename(keyOf(artifact));
        try {
          const stream = await app.transport.download(`/artifacts/${namespace}/${workflowName}/${values['nodeId']}/${values['artifactName']}`);
          await pipeline(stream, createWriteStream(join(target, file)));
        } catch (error) {
          throw new CommandError(`failed to get and store artifact data: ${describeError(error)}`);
        }
        app.world.stderr(plainLogLine(app.now(), `Created ${JSON.stringify(file)}`));
      }
    }
    return 0;
  },
};
