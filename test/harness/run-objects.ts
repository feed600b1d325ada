/**
 * Runs recorded workflows on an embedded cluster and compares whole objects at the end with the recording: the Workflow,
 * its Pods, the Events about the Workflow.
 *
 *   npx tsx test/harness/run-objects.ts OBJECTS EXAMPLES [--support FOLDER] [--verbose] [NAME…]
 *
 * OBJECTS holds `name.json` ({ how, workflow, pods, events }), EXAMPLES the `name.yaml` and `setup.yaml`; workflows that
 * are not there are read from `--support`, the `examples` folder of Argo Workflows' own source.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep, systemClock } from '../../server/lib/clock.ts';
import { isJsonObject } from '../../server/lib/json.ts';
import { list, masked, record, replayFolder } from './argo-recordings.ts';
import type { Json, Recipe, Rig } from './argo-recordings.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const PODS = { group: '', version: 'v1', resource: 'pods' };
const EVENTS = { group: '', version: 'v1', resource: 'events' };

/** What is chance, or another machine's: counters, times, addresses, digests, who wrote which field when. */
const CHANCE = new Set(['generation', 'resourceVersion', 'uid', 'managedFields', 'containerID', 'imageID', 'startTime', 'lastTransitionTime', 'hostIP', 'hostIPs', 'podIP', 'podIPs', 'resourcesDuration', 'observedGeneration']);

function differences(got: unknown, wanted: unknown, path: string, out: string[]): void {
  if (isJsonObject(got) && isJsonObject(wanted)) {
    for (const key of new Set([...Object.keys(got), ...Object.keys(wanted)])) {
      if (CHANCE.has(key)) continue;
      // Two tags of one image: which of them a runtime names is chance.
      if (key === 'image' && path.includes('Statuses')) continue;
      differences(got[key], wanted[key], `${path}.${key}`, out);
    }
    return;
  }
  if (Array.isArray(got) && Array.isArray(wanted)) {
    if (got.length !== wanted.length) out.push(`${path}: ${got.length} items, recorded ${wanted.length}: ${JSON.stringify(got).slice(0, 300)} / ${JSON.stringify(wanted).slice(0, 300)}`);
    else got.forEach((item, i) => differences(item, wanted[i], `${path}[${i}]`, out));
    return;
  }
  // A JSON text inside is compared as JSON.
  if (typeof got === 'string' && typeof wanted === 'string' && got.startsWith('{') && wanted.startsWith('{') && got !== wanted) {
    try {
      const [a, b] = [JSON.parse(got) as unknown, JSON.parse(wanted) as unknown];
      const before = out.length;
      differences(a, b, `${path}(json)`, out);
      if (out.length === before) out.push(`${path}: the order of fields differs`);
      return;
    } catch {
      // Plain texts.
    }
  }
  if (JSON.stringify(got) !== JSON.stringify(wanted)) out.push(`${path}: ${JSON.stringify(got)?.slice(0, 300)}, recorded ${JSON.stringify(wanted)?.slice(0, 300)}`);
}

const byName = (a: Json, b: Json) => (String(record(a['metadata'])['name']) < String(record(b['metadata'])['name']) ? -1 : 1);

/** The Events about the workflow, in a form that can be sorted. */
const eventsOf = (events: Json[]) =>
  events
    .filter((event) => record(event['involvedObject'])['kind'] === 'Workflow')
    .map((event) => {
      const { 'workflows.argoproj.io/node-start-time': _start, ...annotations } = record(record(event['metadata'])['annotations']);
      return JSON.stringify([event['type'], event['reason'], event['message'], Object.entries(annotations).sort(), event['source'], event['reportingComponent']]);
    })
    .sort();

async function runOne(rig: Rig, name: string, folders: { recordings: string; examples: string; support: string }, number: number): Promise<string[]> {
  const recording = JSON.parse(await readFile(join(folders.recordings, `${name}.json`), 'utf8')) as { how: Recipe; about: string; workflow: Json; pods: Json[]; events: Json[] };
  const namespace = `o-${number}-ns`;
  const relative = /examples\/([\w./-]+\.yaml)/.exec(recording.about)?.[1] ?? `${name}.yaml`;
  const known = (await readdir(folders.examples)).includes(relative.replace('/', '--'));
  const place = { namespace, file: known ? join(folders.examples, relative.replace('/', '--')) : join(folders.support, relative), cwd: folders.examples };
  await rig.setUp(recording.how, { ...place, setup: join(folders.examples, 'setup.yaml'), support: folders.examples });
  const { code, stderr } = await rig.bash(recording.how.submit, place);
  if (code !== 0) return [stderr];
  for (let i = 0; i < 600; i++) {
    const workflow = await rig.cluster.client.get(WORKFLOWS, namespace, 'ex');
    if (workflow.metadata.labels?.['workflows.argoproj.io/completed'] === 'true') break;
    await sleep(systemClock, 100);
  }
  await sleep(systemClock, 700);
  const plain = (value: unknown) => masked(value, namespace);
  const out: string[] = [];
  differences(plain(await rig.cluster.client.get(WORKFLOWS, namespace, 'ex')), plain(recording.workflow), 'workflow', out);
  const pods = (await rig.cluster.client.list(PODS, { namespace })).items.map(record).sort(byName);
  const wanted = [...recording.pods].sort(byName);
  if (pods.length !== wanted.length) out.push(`${pods.length} pods, recorded ${wanted.length}`);
  pods.forEach((pod, i) => differences(plain(pod), plain(wanted[i]), `pod ${String(record(pod['metadata'])['name'])}`, out));
  const events = (await rig.cluster.client.list(EVENTS, { namespace })).items.map(record);
  const [a, b] = [eventsOf(list(plain(events)).map(record)), eventsOf(list(plain(recording.events)).map(record))];
  for (const event of b) if (!a.includes(event)) out.push(`missing event ${event}`);
  for (const event of a) if (!b.includes(event)) out.push(`extra event ${event}`);
  return out;
}

await replayFolder('.json', runOne);
