import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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

  it('says what is wrong with a choice', () => {
    expect(() => chooseCluster('existing', join(folder, 'no'), {})).toThrow(`there is no kubeconfig ${join(folder, 'no')}: name one with --kubeconfig`);
    expect(() => chooseCluster('minikube', undefined, {})).toThrow('--cluster takes embedded, existing or kind, not minikube');
  });
});
