import { watch } from 'node:fs';
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { goJson } from '../../../lib/json.ts';
import { ApiStatus } from '../../api/status.ts';
import type { ResourceType } from '../../client.ts';
import type { Program, ProgramContext } from '../../program.ts';
import { overlapping } from '../controller/pod-spec.ts';
import { normalize } from '../types/normal-form.ts';
import { hasLocationOrKey, hasOutput, mainContainerNames } from '../types/template.ts';
import { decodeTemplate } from '../types/workflow.ts';
import type { Artifact, Outputs, Template, VolumeMount } from '../types/workflow.ts';
import { loadArtifact, saveArtifact, stage } from './artifacts.ts';
import { EMISSARY } from './emissary.ts';
import type { PodSignals } from './pod-signals.ts';
import { runResource } from './resource.ts';

const TASK_RESULTS: ResourceType = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflowtaskresults' };
const COMPLETED = 'workflows.argoproj.io/report-outputs-completed';
const MAX_RESULT = 256 * 1024;

/** Writes log lines as logrus does. */
function logger(context: ProgramContext): (level: 'info' | 'warning' | 'error' | 'fatal', message: string, fields?: string) => void {
  return (level, message, fields = '') => context.stderr(`time="${new Date(context.clock.now()).toISOString()}" level=${level} msg=${JSON.stringify(message)}${fields}\n`);
}

const VERSION = '&Version{Version:v3.7.6,BuildDate:2025-12-09T10:32:24Z,GitCommit:9572e7b8243834b951385584c2a344378accb76d,GitTag:v3.7.6,GitTreeState:clean,GoVersion:go1.24.11,Compiler:gc,Platform:linux/amd64,}';

function initialized(context: ProgramContext, template: string): string {
  const deadline = (context.env['ARGO_DEADLINE'] ?? '0001-01-01T00:00:00Z').replace('T', ' ').replace('Z', ' +0000 UTC');
  return ` deadline="${deadline}" includeScriptOutput=${context.env['ARGO_INCLUDE_SCRIPT_OUTPUT'] ?? 'false'} namespace=${context.pod.metadata.namespace ?? ''} podName=${context.pod.metadata.name} templateName=${template} version="${VERSION}"`;
}

function hostPath(context: ProgramContext, path: string): string {
  const found = context.hostPath(path);
  if (found === undefined) throw new Error(`open ${path}: no such file or directory`);
  return found;
}

/** argoexec: what runs as `init`, `wait` and, for resource templates, `main` in a workflow's pod. */
export function argoexec(signals: PodSignals): Program {
  return {
    async run(context) {
      const wrapped = context.argv[1] === 'emissary';
      const argv = wrapped ? context.argv.slice(context.argv.indexOf('--') + 1) : context.argv;
      const [, command = '', ...args] = argv;
      const log = logger(context);
      const attempt = async (): Promise<number> => {
        try {
          switch (command) {
            case 'init':
              await init(context);
              return 0;
            case 'wait':
              return await wait(context, signals);
            case 'resource':
              log('info', 'Starting Workflow Executor', ' version=v3.7.6');
              log('info', 'Using executor retry strategy', ' Duration=1s Factor=1.6 Jitter=0.5 Steps=5');
              log('info', 'Executor initialized', initialized(context, (await templateOf(context)).name ?? ''));
              return await runResource(context, args[0] ?? '', await templateOf(context), (outputs) => report(context, outputs));
            case 'version':
              context.stdout('argoexec: v3.7.6\n');
              return 0;
            default:
              throw new Error(`unknown command ${JSON.stringify(command)} for "argoexec"`);
          }
        } catch (error) {
          return await fail(context, error);
        }
      };
      const code = await attempt();
      if (wrapped) {
        const dir = join(hostPath(context, '/var/run/argo'), 'ctr', context.container);
        await mkdir(dir, { recursive: true });
        await writeFile(join(dir, 'exitcode'), String(code));
        context.stderr(`time="${new Date(context.clock.now()).toISOString()}" level=info msg="sub-process exited" argo=true error="<nil>"\n`);
        if (code !== 0) context.stderr(`Error: exit status ${code}\n`);
      } else if (code !== 0) log('info', `argoexec ${command} exits with ${code}`);
      return code;
    },
  };
}

/** Leaves the reason where the kubelet reads it; the exit code is argoexec's own. */
async function fail(context: ProgramContext, error: unknown): Promise<number> {
  const message = error instanceof Error ? error.message : String(error);
  logger(context)('error', `executor error: ${message}`);
  const path = context.hostPath('/dev/termination-log');
  if (path !== undefined) await writeFile(path, message);
  return 64;
}

async function templateOf(context: ProgramContext): Promise<Template> {
  return decodeTemplate(JSON.parse(await readFile(join(hostPath(context, '/var/run/argo'), 'template'), 'utf8')));
}

/** The template's own mounts in its main container. */
function mountsOf(template: Template): VolumeMount[] {
  return template.container?.volumeMounts ?? template.script?.volumeMounts ?? template.containerSet?.volumeMounts ?? [];
}

async function init(context: ProgramContext): Promise<void> {
  const log = logger(context);
  const dir = hostPath(context, '/var/run/argo');
  const text = context.env['ARGO_TEMPLATE'] ?? '';
  const template = decodeTemplate(JSON.parse(text));
  log('info', 'Starting Workflow Executor');
  await writeFile(join(dir, 'template'), text);
  const executable = join(dir, 'argoexec');
  await writeFile(executable, EMISSARY);
  await chmod(executable, 0o755);
  const lab = join(dir, 'lab');
  await mkdir(join(lab, 'deps'), { recursive: true });
  const sidecars = (template.sidecars ?? []).map(({ name }) => name);
  for (const name of [...mainContainerNames(template), ...sidecars]) {
    await mkdir(join(dir, 'ctr', name), { recursive: true });
    await chmod(join(dir, 'ctr', name), 0o777);
  }
  await mkdir(join(dir, 'outputs'), { recursive: true });
  for (const folder of [join(dir, 'ctr'), join(dir, 'outputs'), dir]) await chmod(folder, 0o777);
  for (const { name, dependencies = [] } of template.containerSet?.containers ?? []) {
    if (dependencies.length > 0) await writeFile(join(lab, 'deps', name), `${dependencies.join('\n')}\n`);
  }
  const inImage = (path: string) => overlapping(mountsOf(template), path) === undefined;
  const lines = async (name: string, paths: string[]) => {
    if (paths.length > 0) await writeFile(join(lab, name), `${paths.join('\n')}\n`);
  };
  await lines('parameters', (template.outputs.parameters ?? []).flatMap(({ valueFrom }) => (valueFrom?.path !== undefined && inImage(valueFrom.path) ? [valueFrom.path] : [])));
  await lines('artifacts', (template.outputs.artifacts ?? []).flatMap(({ path }) => (path !== undefined && inImage(path) ? [path] : [])));
  if (template.archiveLocation?.archiveLogs === true) await writeFile(join(lab, 'logs'), '');
  if (template.script !== undefined) {
    const script = hostPath(context, '/argo/staging/script');
    await writeFile(script, template.script.source);
    await chmod(script, 0o755);
  }
  for (const artifact of template.inputs.artifacts ?? []) {
    log('info', `Downloading artifact: ${artifact.name}`);
    const path = artifact.path ?? '';
    const target = inImage(path) ? `/argo/inputs/artifacts/${artifact.name}` : `/mainctrfs${path}`;
    await loadArtifact(context, artifact, template.archiveLocation, hostPath(context, target));
  }
}

/** Resolves when a file is there, or the container is told to end. */
function fileThere(folder: string, name: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    let over = false;
    const finish = (value: string | undefined) => {
      if (over) return;
      over = true;
      watcher.close();
      signal.removeEventListener('abort', aborted);
      resolve(value);
    };
    const look = () => {
      readFile(join(folder, name), 'utf8').then(
        (text) => {
          if (text !== '') finish(text);
        },
        () => undefined,
      );
    };
    const aborted = () => finish(undefined);
    const watcher = watch(folder, look);
    watcher.once('error', aborted);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    look();
  });
}

/** Sends a signal through the pipe that a container's emissary listens to; nobody listening is no error. */
async function signalContainer(dir: string, name: string, signal: 'TERM' | 'KILL'): Promise<void> {
  try {
    const pipe = await open(join(dir, 'ctr', name, 'signal'), constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      await pipe.write(`${signal}\n`);
    } finally {
      await pipe.close();
    }
  } catch {
    // It has ended, or has not begun.
  }
}

const GRACE_MS = 30_000;

async function wait(context: ProgramContext, signals: PodSignals): Promise<number> {
  const log = logger(context);
  const dir = hostPath(context, '/var/run/argo');
  const template = await templateOf(context);
  const mains = mainContainerNames(template);
  const errors: string[] = [];
  const guard = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ApiStatus && error.code === 403) log('warning', 'failed to patch task result, see https://argo-workflows.readthedocs.io/en/latest/workflow-rbac/ attempt: 0');
      log('error', `executor error: ${message}`);
      errors.push(message);
    }
  };
  const cancels: (() => void)[] = [];
  const terminate = () => {
    for (const name of mains) void signalContainer(dir, name, 'TERM');
    cancels.push(context.clock.after(GRACE_MS, () => {
      for (const name of mains) void signalContainer(dir, name, 'KILL');
    }));
  };
  const unregister = signals.register(context.pod.metadata.uid ?? '', terminate);
  try {
    log('info', 'Starting Workflow Executor', ' version=v3.7.6');
    log('info', 'Using executor retry strategy', ' Duration=1s Factor=1.6 Jitter=0.5 Steps=5');
    log('info', 'Executor initialized', initialized(context, template.name ?? ''));
    await guard(() => createResult(context));
    for (const name of mains) await fileThere(join(dir, 'ctr', name), 'exitcode', context.signal);
    log('info', 'Main container completed');
    for (const { name } of template.sidecars ?? []) {
      await signalContainer(dir, name, 'TERM');
      cancels.push(context.clock.after(GRACE_MS, () => void signalContainer(dir, name, 'KILL')));
    }
    const outputs: Outputs = {};
    await guard(() => captureResult(context, template, dir, outputs));
    await guard(() => captureParameters(context, template, dir, outputs));
    await guard(() => captureArtifacts(context, template, dir, outputs, mains));
    await guard(() => report(context, outputs));
    await guard(async () => {
      await patchResult(context, { metadata: { creationTimestamp: null, labels: { [COMPLETED]: 'true' } } });
    });
  } finally {
    unregister();
    // Sidecars that do not listen are ended by the kubelet with the pod; nothing waits for them here.
    if ((template.sidecars ?? []).length === 0) for (const cancel of cancels) cancel();
  }
  const [first] = errors;
  return first === undefined ? 0 : await fail(context, new Error(first));
}

async function createResult(context: ProgramContext): Promise<void> {
  const name = context.env['ARGO_NODE_ID'] ?? '';
  const namespace = context.pod.metadata.namespace ?? 'default';
  const workflow = context.env['ARGO_WORKFLOW_NAME'] ?? '';
  try {
    await context.client.create(TASK_RESULTS, namespace, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'WorkflowTaskResult',
      metadata: {
        name,
        labels: { 'workflows.argoproj.io/workflow': workflow, [COMPLETED]: 'false' },
        ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', name: workflow, uid: context.env['ARGO_WORKFLOW_UID'] ?? '' }],
      },
    });
  } catch (error) {
    if (!(error instanceof ApiStatus) || error.code !== 409) throw error;
    await patchResult(context, { metadata: { creationTimestamp: null } });
  }
}

async function patchResult(context: ProgramContext, body: object): Promise<void> {
  await context.client.patch(TASK_RESULTS, context.pod.metadata.namespace, context.env['ARGO_NODE_ID'] ?? '', { type: 'merge', body });
}

/** Hands outputs over; creates the result when there is none (resource templates have no wait container). */
async function report(context: ProgramContext, outputs: Outputs): Promise<void> {
  const body = { metadata: { creationTimestamp: null }, outputs: JSON.parse(goJson(normalize('Outputs', outputs))) as object };
  try {
    await patchResult(context, body);
  } catch (error) {
    if (!(error instanceof ApiStatus) || error.code !== 404) throw error;
    await createResult(context);
    await patchResult(context, { ...body, metadata: { creationTimestamp: null, labels: { [COMPLETED]: 'true' } } });
  }
}

async function captureResult(context: ProgramContext, template: Template, dir: string, outputs: Outputs): Promise<void> {
  if (context.env['ARGO_INCLUDE_SCRIPT_OUTPUT'] !== 'true' || !hasOutput(template)) return;
  const text = await readFile(join(dir, 'ctr', 'main', 'stdout'), 'utf8').catch(() => '');
  const trimmed = text.endsWith('\n') ? text.slice(0, -1) : text;
  outputs.result = trimmed.length > MAX_RESULT ? trimmed.slice(-MAX_RESULT) : trimmed;
}

/** Where a path of the main container is now: among the saved outputs, or in a volume that is mounted here as well. */
function placeOf(context: ProgramContext, template: Template, dir: string, kind: 'parameters' | 'artifacts', path: string): { path: string; saved: boolean } {
  const input = (template.inputs.artifacts ?? []).some((artifact) => hasLocationOrKey(artifact) && (path === artifact.path || path.startsWith(`${artifact.path ?? ''}/`)));
  if (overlapping(mountsOf(template), path) !== undefined || input) return { path: hostPath(context, `/mainctrfs${path}`), saved: false };
  return { path: join(dir, 'outputs', kind, kind === 'artifacts' ? `${path.replace(/\/$/, '')}.tgz` : path), saved: true };
}

async function captureParameters(context: ProgramContext, template: Template, dir: string, outputs: Outputs): Promise<void> {
  const parameters = template.outputs.parameters ?? [];
  if (parameters.length === 0) return;
  outputs.parameters = [];
  for (const parameter of parameters) {
    const path = parameter.valueFrom?.path ?? '';
    if (path === '') {
      outputs.parameters.push(parameter);
      continue;
    }
    const place = placeOf(context, template, dir, 'parameters', path);
    let value: string;
    try {
      value = await readFile(place.path, 'utf8');
    } catch {
      if (parameter.valueFrom?.default === undefined) throw new Error(`open ${place.saved ? `/var/run/argo/outputs/parameters/${path}` : `/mainctrfs${path}`}: no such file or directory`);
      value = parameter.valueFrom.default;
    }
    outputs.parameters.push({ ...parameter, value: value.endsWith('\n') ? value.slice(0, -1) : value });
  }
}

async function captureArtifacts(context: ProgramContext, template: Template, dir: string, outputs: Outputs, mains: string[]): Promise<void> {
  const saved: Artifact[] = [];
  const problems: string[] = [];
  const staging = join(dir, 'lab', 'staging');
  for (const artifact of template.outputs.artifacts ?? []) {
    const place = placeOf(context, template, dir, 'artifacts', artifact.path ?? '');
    try {
      saved.push(await saveArtifact(context, artifact, template.archiveLocation, await stage(artifact, place.path, staging, place.saved)));
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (missing && artifact.optional === true) continue;
      problems.push(missing ? `open ${place.saved ? `/var/run/argo/outputs/artifacts${artifact.path ?? ''}.tgz` : `/mainctrfs${artifact.path ?? ''}`}: no such file or directory` : error instanceof Error ? error.message : String(error));
    }
  }
  if (template.archiveLocation?.archiveLogs === true) {
    for (const name of mains) {
      const path = join(dir, 'ctr', name, 'combined');
      try {
        saved.push(await saveArtifact(context, { name: `${name}-logs` }, template.archiveLocation, { path, fileName: `${name}.log` }));
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  if (saved.length > 0) outputs.artifacts = saved;
  if (problems.length > 0) throw new Error(problems.map((problem) => `${problem}; `).join(''));
}

