import { execa, execaSync } from 'execa';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

export interface Target {
  name: string;
  embedded: boolean;
  /** It was asked for, and this machine has none: tests against it are skipped, and its name says why. */
  missing: boolean;
  /** An image with a shell. */
  busybox: string;
}

/**
 * Which cluster the conformance tests talk to: the embedded one, or whatever CLUSTER_KUBECONFIG names (the path of a
 * kubeconfig; `npm test -- --cluster existing --kubeconfig F test/conformance` sets it).
 */
export const target: Target = targetOf(process.env['CLUSTER_KUBECONFIG'], process.env['CLUSTER_MISSING']);

function targetOf(file = '', missing = ''): Target {
  const busybox = process.env['CLUSTER_BUSYBOX'] ?? 'busybox';
  if (missing !== '') return { name: missing, embedded: false, missing: true, busybox };
  return file === '' ? { name: 'the embedded cluster', embedded: true, missing: false, busybox } : { name: `the cluster of ${file}`, embedded: false, missing: false, busybox };
}

export interface ClusterUnderTest {
  /** The path of a kubeconfig whose context is in `namespace`. */
  kubeconfig: string;
  /** What it holds. */
  config: string;
  /** The test file's own, with a random name; removed by `stop`. */
  namespace: string;
  /** Undefined for any cluster but the embedded one. */
  embedded: TestCluster | undefined;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
}

/** A namespace in the cluster under test. */
export async function openClusterUnderTest(): Promise<ClusterUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'under-test-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const embedded = target.embedded ? await startTestCluster() : undefined;
  await copyFile(embedded?.kubeconfig ?? given(), kubeconfig);
  const namespace = `conformance-${randomBytes(4).toString('hex')}`;
  /** Both streams in order. */
  const kubectl = async (args: readonly string[], input?: string): Promise<string> => (await execa('kubectl', args, { env: { KUBECONFIG: kubeconfig, HOME: folder }, all: true, reject: false, ...(input === undefined ? {} : { input }) })).all;
  const made = await kubectl(['create', 'namespace', namespace]);
  if (made !== `namespace/${namespace} created`) throw new Error(`the tests need a namespace of their own in ${target.name}: ${made}`);
  await kubectl(['config', 'set-context', '--current', `--namespace=${namespace}`]);
  // A token controller gives each namespace its account a moment later; a pod can't be made before.
  await kubectl(['wait', '--for=create', 'serviceaccount/default', '--timeout=30s']);
  return {
    kubeconfig,
    config: await readFile(kubeconfig, 'utf8'),
    namespace,
    embedded,
    kubectl,
    async stop() {
      if (embedded === undefined) await kubectl(['delete', 'namespace', namespace, '--wait=false']);
      await embedded?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether the tests may do something beyond their namespace: `can('create', 'customresourcedefinitions.apiextensions.k8s.io')`. Always in the embedded cluster. */
export function can(verb: string, resource: string): boolean {
  if (target.embedded || target.missing) return target.embedded;
  return execaSync('kubectl', ['auth', 'can-i', verb, resource], { env: { KUBECONFIG: given() }, reject: false }).stdout === 'yes';
}

function given(): string {
  return resolve(process.env['CLUSTER_KUBECONFIG'] ?? '');
}
