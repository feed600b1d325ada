import { describe, expect, it } from 'vitest';
import { diagnose, diagnosisText, type Probe } from '../../../server/runner/doctor.ts';

const VERSIONS: Record<string, string> = { bash: 'GNU bash, version 5.2.15(1)-release', kubectl: 'Client Version: v1.32.4\nKustomize Version: v5.5.0', git: 'git version 2.39.5', python3: 'Python 3.11.7', docker: 'Docker version 28.2.2, build x', kind: 'kind v0.27.0 go1.24 linux/amd64', vcluster: 'vcluster version 0.24.1', chromium: 'Chromium 130.0.1 built on Debian', bwrap: 'bubblewrap 0.8.0', nsenter: '', setpriv: '', unshare: '' };

function machine(has: readonly string[], more: Partial<Probe> = {}): Probe {
  return {
    platform: 'linux',
    nodeVersion: '20.19.0',
    find: async (program) => (has.includes(program) ? `/usr/bin/${program}` : undefined),
    run: async ([path = '', ...args]) => {
      const program = path.split('/').at(-1) ?? '';
      return args.includes('{{.Server.Version}}') ? { code: 0, output: '28.2.2\n' } : { code: 0, output: VERSIONS[program] ?? '' };
    },
    sandboxProblem: async () => undefined,
    ...more,
  };
}

const brief = async (probe: Probe) => Object.fromEntries((await diagnose(probe)).findings.map(({ id, state, version }) => [id, version === undefined ? state : `${state} ${version}`]));

describe('what a machine has', () => {
  it('is found with its versions', async () => {
    expect(await brief(machine(Object.keys(VERSIONS)))).toEqual({ node: 'ok 20.19.0', bash: 'ok 5.2.15', bubblewrap: 'ok 0.8.0', namespaces: 'ok', kubectl: 'ok 1.32.4', git: 'ok 2.39.5', python3: 'ok 3.11.7', docker: 'ok 28.2.2', 'docker-daemon': 'ok 28.2.2', kind: 'ok v0.27.0'.replace('v', ''), vcluster: 'ok 0.24.1', chromium: 'ok 130.0.1' });
  });

  it('is enough with node, bash and kubectl alone', async () => {
    const diagnosis = await diagnose(machine(['bash', 'kubectl'], { sandboxProblem: async () => 'bubblewrap (bwrap), nsenter or setpriv is not installed' }));
    expect(diagnosis.ok).toBe(true);
    expect(diagnosis.findings.filter((finding) => finding.state !== 'ok').map(({ id, state }) => `${id} ${state}`)).toEqual(['bubblewrap missing', 'namespaces broken', 'git missing', 'python3 missing', 'docker missing', 'docker-daemon missing', 'kind missing', 'vcluster missing', 'chromium missing']);
    expect(diagnosisText(diagnosis)).toContain('The lab works here with its embedded cluster: argo-lab serve');
  });

  it('is not enough without kubectl, or with an old Node.js', async () => {
    expect((await diagnose(machine(['bash']))).ok).toBe(false);
    expect((await diagnose(machine(['bash', 'kubectl'], { nodeVersion: '20.18.9' }))).ok).toBe(false);
    expect(diagnosisText(await diagnose(machine(['bash'])))).toContain('✗ kubectl          missing\n    Most scenarios use it.\n    To get it: npm start');
  });

  it('tells a client without its daemon, and a program that does not answer, from what works', async () => {
    const dead = machine(['bash', 'kubectl', 'docker', 'git'], { run: async ([path = '']) => (path.endsWith('git') ? undefined : path === 'docker' ? { code: 1, output: 'Cannot connect to the Docker daemon\n' } : { code: 0, output: '1.2.3' }) });
    const { findings } = await diagnose(dead);
    expect(findings.filter(({ id }) => ['docker', 'docker-daemon', 'git'].includes(id)).map(({ id, state, detail }) => [id, state, detail])).toEqual([
      ['git', 'broken', '/usr/bin/git --version does not answer'],
      ['docker', 'ok', '/usr/bin/docker'],
      ['docker-daemon', 'broken', 'Cannot connect to the Docker daemon'],
    ]);
  });
});
