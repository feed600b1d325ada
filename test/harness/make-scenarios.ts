import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Makes folders of scenarios in the Killercoda format: as many as wanted, of every shape that public ones have, and with
 * `hostile` also what nobody should write. By hand: `npx tsx test/harness/make-scenarios.ts FOLDER [COUNT] [--hostile]`.
 */
export async function makeScenarios(folder: string, count: number): Promise<void> {
  const repositories = Math.max(1, Math.ceil(count / 23));
  for (let i = 0; i < count; i++) {
    const home = `repository-${i % repositories}/${i % 3 === 0 ? '' : `course-${i % 5}/`}scenario-${i}`;
    await write(folder, scenarioFiles(home, i));
  }
  for (let i = 0; i < repositories; i++) await write(folder, { [`repository-${i}/README.md`]: '# Scenarios\n', ...(i % 2 === 0 ? { [`repository-${i}/images/logo.svg`]: '<svg xmlns="http://www.w3.org/2000/svg"/>' } : {}) });
}

async function write(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const IMAGES = ['ubuntu', 'kubernetes-kubeadm-2nodes', 'kubernetes-kubeadm-1node', 'docker', 'ubuntu:2004', 'kubernetes-kubeadm-1node-rapid', 'openshift-4-7', 'crunchydata-single1', 'minikube:1.20', 'minukube'];

/** One scenario of about the size that public ones have: four steps, seven pages of 30 lines. */
function scenarioFiles(home: string, seed: number): Record<string, string> {
  const katacoda = seed % 2 === 1;
  const steps = Array.from({ length: 1 + (seed % 8) }, (_, i) => ({
    title: `Step ${i + 1}`,
    text: `step${i + 1}.md`,
    ...(i % 3 === 0 ? { verify: `step${i + 1}-verify.sh` } : {}),
    ...(katacoda && i % 2 === 0 ? { answer: `step${i + 1}-answer.md` } : {}),
  }));
  const files: Record<string, string> = {
    [`${home}/index.json`]: JSON.stringify(
      {
        title: `Scenario ${seed}`,
        description: 'About something',
        difficulty: 'Beginner',
        time: '15 minutes',
        details: {
          intro: { text: 'intro.md', ...(katacoda ? { code: 'foreground.sh', courseData: 'background.sh', credits: 'https://example.com' } : { foreground: 'foreground.sh', background: 'background.sh' }) },
          steps,
          finish: { text: 'finish.md' },
          assets: { [katacoda ? 'client' : 'host01']: [{ file: '*', target: '~/', chmod: '+x' }] },
        },
        backend: { imageid: IMAGES[seed % IMAGES.length] },
        ...(katacoda ? { environment: { uilayout: 'editor-terminal', showdashboard: true, dashboards: [{ name: 'Web', port: 8080 }], terminals: [{ name: 'db', target: 'host01' }] } } : { interface: { layout: 'ide' } }),
      },
      undefined,
      2,
    ),
    [`${home}/intro.md`]: page(seed, 0),
    [`${home}/finish.md`]: '# Done\n\nYou did it.\n',
    [`${home}/foreground.sh`]: 'echo waiting\nwhile [ ! -f /tmp/finished ]; do sleep 1; done\necho ready\n',
    [`${home}/background.sh`]: '#!/bin/bash\napt-get install -y jq\nkubectl apply -f /root/app.yaml\ntouch /tmp/finished\n',
    [`${home}/assets/app.yaml`]: 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: nginx:1.19\n',
  };
  for (const [i, step] of steps.entries()) {
    files[`${home}/${step.text}`] = page(seed, i + 1);
    if (step.verify !== undefined) files[`${home}/${step.verify}`] = katacoda ? 'if kubectl get pod web; then\n  echo "done"\nfi\n' : '#!/bin/bash\nkubectl get pod web || exit 1\n';
    if (step.answer !== undefined) files[`${home}/${step.answer}`] = 'Run `kubectl run web --image=nginx`{{execute}}.\n';
  }
  return files;
}

function page(seed: number, step: number): string {
  return `# Part ${step}

Some prose with \`inline code\` and **strong words**, a [link](https://example.com/${seed}) and a [port]({{TRAFFIC_HOST1_80}}/x).

\`\`\`bash
kubectl create deployment web-${seed} --image=nginx
kubectl get pods -o go-template='{{range .items}}{{.metadata.name}}{{end}}'
\`\`\`{{exec}}

1. First \`docker run \\
  -p 80:80 nginx\`{{execute T2}}
2. Then:
    \`\`\`yaml{2}
apiVersion: v1
kind: ConfigMap
    \`\`\`{{copy}}

| option | meaning |
|---|---|
| \`-o\`{{}} | output |

<details><summary>Solution</summary>
\`\`\`
kubectl get all
\`\`\`{{execute interrupt}}
</details>

<pre class="file" data-filename="app.js" data-target="replace">
const a = 1 < 2;
</pre>

>>Q1: Which one?<<
( ) this
(*) that

https://[[HOST_SUBDOMAIN]]-8080-[[KATACODA_HOST]].environments.katacoda.com/ and <YOUR-NAME>, \`x\`{{exeute}}
${'Another line of text that says a little more about what happens here.\n'.repeat(8)}`;
}

/** Names of what `makeHostile` makes, each a folder of its own beside a good scenario `good`. */
export const HOSTILE = ['huge-index', 'deep-index', 'proto-keys', 'yaml-bomb', 'deep-yaml', 'dots', 'link-out', 'link-loop', 'pipe-page', 'pipe-asset', 'pipe-index', 'device', 'binary', 'invalid-utf8', 'huge-page', 'regex-bait', 'folder-page', 'empty-index', 'no-json'] as const;

export async function makeHostile(folder: string): Promise<void> {
  const index = (more: object = {}) => JSON.stringify({ title: 'Hostile', details: { steps: [{ title: 'One', text: 'step1.md' }], ...more }, backend: { imageid: 'ubuntu' } });
  const good = { 'index.json': index(), 'step1.md': '`ls`{{exec}}\n' };
  const under = (name: string, files: Record<string, string | Uint8Array>) => write(folder, Object.fromEntries(Object.entries(files).map(([file, content]) => [`${name}/${file}`, content])));
  await under('good', good);
  await under('huge-index', { ...good, 'index.json': `{"title":"${'a'.repeat(50 * 1024 * 1024)}"}` });
  await under('deep-index', { ...good, 'index.json': `{"details":${'['.repeat(100_000)}${']'.repeat(100_000)}}` });
  await under('proto-keys', { ...good, 'index.json': `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},${index().slice(1)}` });
  const anchors = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghi'.split('').map((letter, i) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)].join('\n');
  await under('yaml-bomb', { ...good, 'step1.checks.yaml': anchors });
  await under('deep-yaml', { ...good, 'step1.checks.yaml': `checks: ${'['.repeat(100_000)}` });
  await under('dots', { 'index.json': index({ steps: [{ title: 'One', text: '../../../../etc/passwd' }] }) });
  await under('link-out', { 'index.json': good['index.json'] });
  await symlink('/etc/passwd', join(folder, 'link-out', 'step1.md'));
  await under('link-loop', good);
  await symlink('..', join(folder, 'link-loop', 'again'));
  await symlink('circle', join(folder, 'link-loop', 'circle'));
  await under('pipe-page', { 'index.json': good['index.json'] });
  await under('pipe-asset', { ...good, 'index.json': index({ assets: { host01: [{ file: 'pipe', target: '~' }] } }), 'assets/file': 'x' });
  await under('pipe-index', { 'step1.md': 'x' });
  for (const pipe of ['pipe-page/step1.md', 'pipe-asset/assets/pipe', 'pipe-index/index.json']) execFileSync('mkfifo', [join(folder, pipe)]);
  await under('device', { 'index.json': good['index.json'] });
  await symlink('/dev/zero', join(folder, 'device', 'step1.md'));
  await under('binary', { ...good, 'step1.md': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]) });
  await under('invalid-utf8', { ...good, 'step1.md': Buffer.concat([Buffer.from('# Title '), Buffer.from([0xff, 0xfe - 1, 0xc3, 0x28]), Buffer.from('\n')]) });
  await under('huge-page', { ...good, 'step1.md': 'a'.repeat(10 * 1024 * 1024) });
  await under('regex-bait', { ...good, 'step1.md': `${'['.repeat(300_000)}\n\n${'*a_b'.repeat(60_000)}\n\n${'> '.repeat(100_000)}\n\n${'`'.repeat(5000)}${' '.repeat(100_000)}x\n\n${'<!--'.repeat(50_000)}\n\n${'<pre '.repeat(40_000)}\n` });
  await under('folder-page', { 'index.json': good['index.json'], 'step1.md/x': 'x' });
  await under('empty-index', { 'index.json': '' });
  await under('no-json', { 'index.json': '{\n  "title": "x"\n  "details": {}\n}' });
}

if (process.argv[1]?.endsWith('make-scenarios.ts') === true) {
  const [folder, count = '3000', flag] = process.argv.slice(2);
  if (folder === undefined) throw new Error('name a folder');
  await makeScenarios(folder, Number(count));
  if (flag === '--hostile') await makeHostile(join(folder, 'hostile'));
}
