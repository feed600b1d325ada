import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NODE_IMAGE } from '../../../server/providers/kind/pins.ts';
// @ts-expect-error: a script without types
import { chooseCluster, splitArguments } from '../../../scripts/setup/cluster-choice.mjs';

const folder = mkdtempSync(join(tmpdir(), 'choice-'));
const file = join(folder, 'config');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true }));

describe('npm test -- --cluster', () => {
  it('takes its own words out, and leaves the rest to vitest', () => {
    expect(splitArguments(['--cluster', 'existing', 'test/conformance', '--kubeconfig=/f', '-t', 'kubectl'])).toEqual({ cluster: 'existing', kubeconfig: '/f', rest: ['test/conformance', '-t', 'kubectl'] });
    expect(splitArguments(['test/unit'])).toEqual({ rest: ['test/unit'] });
  });

  it('hands a kubeconfig on: the one that is named, else the one that kubectl would take', () => {
    expect(chooseCluster('existing', file, {}).environment).toEqual({ CLUSTER_KUBECONFIG: file });
    expect(chooseCluster(undefined, file, {}).environment).toEqual({ CLUSTER_KUBECONFIG: file });
    expect(chooseCluster('existing', undefined, { KUBECONFIG: `${file}:/other` }).environment).toEqual({ CLUSTER_KUBECONFIG: file });
    expect(chooseCluster(undefined, undefined, {}).environment).toEqual({});
  });

  it('skips by name what this machine can’t have: kind without Docker, or without kind', () => {
    expect(chooseCluster('kind', undefined, { PATH: folder }).environment).toEqual({ CLUSTER_KUBECONFIG: '', CLUSTER_MISSING: 'kind (needs Docker, which does not answer here)' });
    writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho 28\n', { mode: 0o755 });
    expect(chooseCluster('kind', undefined, { PATH: `${folder}:/bin` }).environment).toEqual({ CLUSTER_KUBECONFIG: '', CLUSTER_MISSING: 'kind (needs the command kind on the PATH)' });
  });

  it('makes a kind cluster of the pinned Kubernetes, or of the image that is named, and removes it', () => {
    for (const [name, more] of [['docker', 'if [ $1 = images ]; then echo busybox:1.36; fi'], ['kind', `echo "kind $*" >>${join(folder, 'log')}`]]) writeFileSync(join(folder, name ?? ''), `#!/bin/sh\n${more}\n`, { mode: 0o755 });
    for (const environment of [{}, { KIND_NODE_IMAGE: 'local/node:1' }]) {
      const chosen = chooseCluster('kind', undefined, { PATH: `${folder}:/bin`, ...environment });
      expect(chosen.environment).toEqual({ CLUSTER_KUBECONFIG: expect.stringMatching(/kubeconfig$/), CLUSTER_BUSYBOX: 'busybox:1.36' });
      chosen.end();
    }
    const said = readFileSync(join(folder, 'log'), 'utf8').split('\n');
    expect(said.filter((line) => line.startsWith('kind create')).map((line) => /--image (\S+)/.exec(line)?.[1])).toEqual([NODE_IMAGE, 'local/node:1']);
    expect(said).toContain('kind load docker-image busybox:1.36 --name argo-lab-conformance');
    expect(said.filter((line) => line.startsWith('kind delete cluster --name argo-lab-conformance'))).toHaveLength(2);
  });

  it('says what is wrong with a choice', () => {
    expect(() => chooseCluster('existing', join(folder, 'no'), {})).toThrow(`there is no kubeconfig ${join(folder, 'no')}: name one with --kubeconfig`);
    expect(() => chooseCluster('minikube', undefined, {})).toThrow('--cluster takes embedded, existing or kind, not minikube');
  });
});
