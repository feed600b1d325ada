import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateCheck } from '../../../server/checks/index.ts';
import { loadCourses, loadScenario, planAssets } from '../../../server/scenario/index.ts';
import { sideBySide } from '../../../server/scenario/load.ts';
import { imageMeaning } from '../../../server/scenario/images.ts';
import { readJsonText } from '../../../server/scenario/json-text.ts';
import { needViews } from '../../../server/scenario/needs.ts';
import { STEP, scenarioOf, withFiles } from './folder.ts';

const text = JSON.stringify(STEP);

describe('an index.json', () => {
  it.each([
    ['a trailing comma', text.replace(/}$/, ',}'), ['json-trailing-comma']],
    ['comments', `// first\n${text.replace('{', '{ /* second */ ')}`, ['json-comment']],
    ['a key that is there twice', text.replace('{"details"', '{"title":"a","title":"b","details"'), ['json-duplicate-key']],
    ['carriage returns', JSON.stringify(STEP, undefined, 2).replaceAll('\n', '\r\n'), []],
    ['a byte-order mark', `\uFEFF${text}`, []],
    ['a raw tab in a text', text.replace('"One"', '"One\t1"'), []],
    ['a time that is a number', text.replace('{', '{"time":60,'), []],
    ['a truth value as a text', text.replace('{', '{"environment":{"hideintro":"true"},'), []],
    ['a port as a text', text.replace('{', '{"environment":{"dashboards":[{"name":"Web","port":"8080"}]},'), []],
    ['dashboards that are a text', text.replace('{', '{"environment":{"dashboards":"Web Console"},'), ['field-type']],
    ['nothing where something could be', JSON.stringify({ title: null, details: { intro: null, steps: [{ text: 'one.md', title: 'One', verify: null }], finish: null, assets: null }, backend: { imageid: 'ubuntu' }, interface: null, environment: null }), []],
    ['unknown keys', text.replace('{', '{"icon":"fa-docker","files":["a"],"pathwayTitle":"x","whatever":{"a":[1]},'), []],
    ['assets of a host as an object', JSON.stringify({ details: { ...STEP.details, assets: { host01: { file: '*.sh', target: '~' } } } }), ['assets-object', 'asset-missing']],
    ['a finish in the wrong place', text.replace('{', '{"finish":{"text":"one.md"},'), ['key-misplaced']],
    ['an unknown image', text.replace('ubuntu', 'crunchydata-single1'), ['image-unknown']],
    ['an unknown layout', text.replace('{', '{"interface":{"layout":"sideways"},'), ['layout-unknown']],
    ['a script that is missing', text.replace('"text":"one.md"', '"text":"one.md","verify":"no.sh"'), ['reference-missing']],
    ['a script of its own name in front of which stands ./', text.replace('one.md', './one.md'), []],
  ])('is read with %s', async (_name, index, codes) => {
    const read = await scenarioOf(index);
    expect(read.codes).toEqual(codes);
    expect(read.scenario?.steps.map((step) => step.id)).toEqual(['step1']);
  });

  it.each([
    ['a missing comma', '{\n  "title": "x"\n  "details": {}\n}', 's/index.json:3:3  is not JSON: a comma or “}” is missing before “"”'],
    ['nothing in it', '', 's/index.json:1:1  is empty'],
    ['a list', '[1]', 's/index.json:1:1  should be an object { … }, not a list [ … ]'],
    ['a text that does not end', '{"title": "x', 's/index.json:1:11  is not JSON: this text does not end: a quotation mark is missing'],
    ['steps that are no list', '{"details":{"steps":7}}', 's/index.json:1:21 details.steps should be a list [ … ], not a number'],
    ['a step without a text', '{"details":{"steps":[{"title":"a"}]}}', 's/index.json:1:22 details.steps[0].text is missing; it should be a text'],
    ['too many levels', '['.repeat(100_000), 's/index.json:1:102  is nested more than 100 levels deep'],
  ])('is broken with %s, and says where', async (_name, index, problem) => {
    expect(await scenarioOf(index)).toMatchObject({ problems: [problem] });
  });

  it('may be written in another case', () =>
    withFiles({ 'c/a/Index.JSON': text, 'c/a/one.md': 'x' }, async (folder) => {
      const [course] = await loadCourses(folder, validateCheck);
      expect(course?.items.map((item) => item.type)).toEqual(['scenario']);
    }));

  it('may be UTF-16, with a warning', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    await withFiles({ 's/index.json': bytes, 's/one.md': 'x' }, async (folder) => {
      const { scenario, problems } = await loadScenario(join(folder, 's'), 's', validateCheck);
      expect([scenario?.steps.length, problems.map((problem) => problem.code)]).toEqual([1, ['file-encoding']]);
    });
  });

  it('of something else is no scenario', () =>
    withFiles({ 'app/index.json': '{"name":"web","version":"1"}', 'c/a/index.json': text, 'c/a/one.md': 'x' }, async (folder) => {
      expect((await loadCourses(folder, validateCheck)).map((course) => course.id)).toEqual(['c']);
    }));

  it('without details is a playground', async () => {
    const { scenario, codes } = await scenarioOf({ title: 'Playground', backend: { imageid: 'ubuntu' } });
    expect([scenario?.title, scenario?.steps, codes]).toEqual(['Playground', [], []]);
  });

  it('keeps a key __proto__ from doing anything', async () => {
    const { scenario, codes } = await scenarioOf(`{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${text.slice(1)}`);
    expect([Object.hasOwn(Object.prototype, 'polluted'), scenario?.steps.length, codes]).toEqual([false, 1, ['json-forbidden-key']]);
  });

  it('has its places remembered', () => {
    const read = readJsonText('{"a":[{"b": 1}]}');
    expect(read.ok && [...read.spans].map(([path, span]) => [path.split('\0').join('.'), span.value])).toEqual([['a', 5], ['a.0', 6], ['a.0.b', 12], ['', 0]]);
  });
});

describe('the older dialect', () => {
  it('has other names for scripts, answers, hints and credits', async () => {
    const { scenario } = await scenarioOf({ details: { intro: { text: 'one.md', code: 'f.sh', courseData: 'b.sh', credits: 'https://example.com' }, steps: [{ text: 'one.md', answer: 'a.md', hint: 'h.sh' }], finish: { text: 'one.md', code: 'f.sh' } } }, { 'f.sh': 'cd /', 'b.sh': 'true', 'a.md': 'so', 'h.sh': 'echo' });
    expect(scenario?.intro).toEqual({ id: 'intro', title: 'Introduction', text: 'one.md', checks: [], foreground: 'f.sh', background: 'b.sh', credits: 'https://example.com' });
    expect(scenario?.steps).toEqual([{ id: 'step1', title: 'Step 1', text: 'one.md', checks: [], answer: 'a.md', hintScript: 'h.sh' }]);
    expect(scenario?.finish?.foreground).toBe('f.sh');
  });

  it('keeps an introduction that only has scripts', async () => {
    const { scenario } = await scenarioOf({ details: { intro: { background: 'b.sh' }, steps: [] } }, { 'b.sh': 'true' });
    expect(scenario?.intro).toEqual({ id: 'intro', title: 'Introduction', text: '', checks: [], background: 'b.sh' });
  });

  it.each([
    [{ interface: { layout: 'ide' } }, 'ide'],
    [{ interface: { layout: 'terminal' } }, 'terminal'],
    [{ interface: { layout: 'ide-terminal' } }, 'ide-terminal'],
    [{ interface: { layout: 'terminal-terminal' } }, 'terminal-terminal'],
    [{ environment: { uilayout: 'terminal-iframe' } }, 'terminal-preview'],
    [{ environment: { uilayout: 'editor-terminal' } }, 'ide-terminal'],
    [{ environment: { uilayout: 'editor-terminal-v1' } }, 'ide-terminal'],
    [{ environment: { uilayout: 'vscode' } }, 'ide'],
    [{ environment: { uilayout: 'vscode-terminal-split' } }, 'ide-terminal'],
    [{ environment: { uilayout: 'editor-iframe-split' } }, 'ide-preview'],
    [{ environment: { uilayout: 'text' } }, 'text'],
    [{ interface: { layout: 'ide' }, environment: { uilayout: 'terminal' } }, 'ide'],
    [{}, 'terminal'],
  ])('has layouts: %j', async (more, layout) => {
    expect((await scenarioOf({ ...STEP, ...more })).scenario?.layout).toBe(layout);
  });

  it('has dashboards: ports, addresses with a port in them, pages elsewhere', async () => {
    const environment = { dashboards: [{ name: 'Web', port: 8080 }, { name: 'Console', href: 'https://console-[[HOST_SUBDOMAIN]]-443-[[KATACODA_HOST]].environments.katacoda.com/a' }, { name: 'Docs', href: 'https://example.com/' }, { port: 99_999 }] };
    expect((await scenarioOf({ ...STEP, environment })).scenario?.dashboards).toEqual([{ name: 'Web', port: 8080, path: '/' }, { name: 'Console', port: 443, path: '/a' }, { name: 'Docs', url: 'https://example.com/' }]);
    expect((await scenarioOf({ ...STEP, environment: { dashboard: 'App', showdashboard: true }, backend: { port: 3000 } })).scenario?.dashboards).toEqual([{ name: 'App', port: 3000, path: '/' }]);
    expect((await scenarioOf({ ...STEP, environment: { ...environment, showdashboard: 'false' } })).scenario?.dashboards).toEqual([]);
  });

  it('has named terminals', async () => {
    const { scenario } = await scenarioOf({ ...STEP, environment: { terminals: [{ name: 'server', target: 'host01', command: 'echo hi' }, { target: 'host02' }] } });
    expect(scenario?.terminals).toEqual([{ name: 'server', host: 'host01', command: 'echo hi' }, { name: 'Terminal 3', host: 'host02' }]);
  });
});

describe('an image id', () => {
  it.each([
    [undefined, 'plain', true, ['host01']],
    ['ubuntu', 'plain', true, ['host01']],
    ['Ubuntu-4GB', 'plain', true, ['host01']],
    ['ubuntu:1804', 'plain', true, ['host01']],
    ['ubuntu20.04', 'plain', true, ['host01']],
    ['bash', 'plain', true, ['host01']],
    ['golang', 'plain', true, ['host01']],
    ['docker', 'plain', true, ['host01']],
    ['kubernetes-kubeadm-1node', 'cluster', true, ['controlplane']],
    ['kubernetes-kubeadm-1node-4GB', 'cluster', true, ['controlplane']],
    ['kubernetes-kubeadm-2nodes', 'cluster', true, ['controlplane', 'node01']],
    ['kubernetes-kubeadm-2nodes-rapid', 'cluster', true, ['controlplane', 'node01']],
    ['kubernetes-k3s-1node', 'cluster', true, ['controlplane']],
    ['kubernetes-cluster-running:1.21', 'cluster', true, ['controlplane', 'node01']],
    ['minikube:1.20', 'cluster', true, ['controlplane']],
    ['kubernetes-helm-3.7', 'cluster', false, ['controlplane']],
    ['minukube', 'plain', false, ['host01']],
    ['openshift-4-7', 'plain', false, ['host01']],
    ['constructor', 'plain', false, ['host01']],
  ])('%s is %s', (id, family, known, hosts) => {
    expect(imageMeaning(id)).toMatchObject({ family, known, hosts });
  });
});

describe('what a scenario needs', () => {
  it.each([
    ['docker', '```\ndocker run nginx\n```{{exec}}', 'step 1 runs docker run'],
    ['packages', '`sudo apt-get install -y jq`{{execute}}', 'step 1 runs apt-get install'],
    ['internet', '```bash\ncurl -sL https://example.com/x | bash\n```', 'step 1 runs curl https://example.com/x'],
    ['internet', '```\nkubectl apply -f https://example.com/all.yaml\n```{{exec}}', 'step 1 runs kubectl https://example.com/all.yaml'],
    ['systemd', '```\nsystemctl status nginx\n```{{exec}}', 'step 1 runs systemctl status'],
    ['systemd', '`sudo systemctl restart kubelet`{{exec}}', 'step 1 runs systemctl restart'],
    ['nodes', '`crictl -r unix:///x.sock rm abc`{{exec}}', 'step 1 runs crictl rm'],
    ['nodes', '`kubectl drain node01 --ignore-daemonsets`{{exec}}', 'step 1 runs kubectl … node01'],
    ['nodes', '```\ncat > /etc/kubernetes/manifests/web.yaml <<EOF\nx\nEOF\n```{{exec}}', 'step 1 runs cat /etc/kubernetes/manifests/web.yaml'],
    ['nodes', '`ls /var/lib/etcd`{{exec}}', 'step 1 runs ls /var/lib/etcd'],
    ['nodes', '```\nssh node01\n```{{exec}}', 'step 1 runs ssh node01'],
    ['nodes', '`hostname`{{execute HOST2}}', 'step 1 works on host02'],
    ['openshift', '```\noc get pods\n```{{execute}}', 'step 1 runs oc get'],
    ['users', '`su - alice`{{exec}}', 'step 1 runs su alice'],
    ['users', '`chown alice:devs f`{{exec}}', 'step 1 runs chown alice:devs'],
    ['kernel', '```\nmount -t tmpfs x /mnt\n```{{exec}}', 'step 1 runs mount'],
    ['kernel', '`ip link add d0 type dummy`{{exec}}', 'step 1 runs ip link add'],
    ['kernel', '`sysctl -w vm.swappiness=10`{{exec}}', 'step 1 runs sysctl'],
  ])('%s is found in %j', async (kind, page, because) => {
    expect((await scenarioOf(STEP, { 'one.md': page })).scenario?.needs).toEqual([{ kind, because }]);
  });

  it.each(['`ssh controlplane hostname`{{exec}}', '`crictl ps -a`{{exec}}', '`systemctl status kubelet`{{exec}}', '`go mod init x`{{copy}}', '`kubectl apply -f node1`{{exec}}', '```\ncurl http://localhost:8080/\n```{{exec}}', '```\ncurl -s http://$(kubectl get svc web -o jsonpath={.spec.clusterIP})/\n```{{exec}}', '```\nkubectl get pods\n```{{exec}}', '```yaml\nimage: docker\n```{{copy}}', 'You could use docker run here.', '`su -`{{exec}}', '`su -c id root`{{exec}}', '`chown -R root:root x`{{exec}}', '`chown $(id -u) x`{{exec}}', '`mount`{{exec}}', '`ip addr show`{{exec}}', '`sysctl -a`{{exec}}', '`mkfs.ext4 disk.img`{{exec}}', '```\ncat <<EOF\ndocker run x\nEOF\n```{{exec}}', '```\necho "apt install"\n```{{exec}}'])('is nothing for %j', async (page) => {
    expect((await scenarioOf(STEP, { 'one.md': page })).scenario?.needs).toEqual([]);
  });

  it('names programs that a machine may lack, but for those that the scenario brings along', async () => {
    const { scenario } = await scenarioOf({ details: { steps: [{ text: 'one.md' }], assets: { host01: [{ file: 'bin/k9s', target: '/usr/local/bin', chmod: '+x' }] } } }, { 'one.md': '```\nk9s version && crontab -l\n```{{exec}}\n\n```bash\nansible all -m ping | jq .\n```\n', 'assets/bin/k9s': '#!/bin/sh\n' });
    const needs = scenario?.needs ?? [];
    expect(needs.map(({ kind, program, because }) => [kind, program, because])).toEqual(['crontab', 'ansible', 'jq'].map((name) => ['program', name, `step 1 runs ${name}`]));
    expect(needViews(needs, () => true)).toEqual([]);
    expect(needViews(needs, (need) => need.program === 'jq')).toEqual([{ id: 'program', title: 'Programs', met: false, message: 'This machine has no crontab and no ansible. (Step 1 runs crontab.)', next: 'Install them on the machine that the lab runs on, and start the lab again.' }]);
    expect(needViews(needs, (need) => need.program !== 'jq')).toEqual([{ id: 'program', title: 'A program', met: false, message: 'This machine has no jq. (Step 1 runs jq.)', next: 'Install it on the machine that the lab runs on, and start the lab again.' }]);
  });

  it('is found in scripts, and in the image', async () => {
    const { scenario } = await scenarioOf({ details: { intro: { background: 'b.sh' }, steps: [] }, backend: { imageid: 'openshift-3-11' } }, { 'b.sh': 'systemctl start x' });
    expect(scenario?.needs).toEqual([{ kind: 'openshift', because: 'its image is openshift-3-11' }, { kind: 'systemd', because: 'the background script of the introduction runs systemctl start' }]);
  });
});

describe('a course', () => {
  const good = { 'index.json': text, 'one.md': 'x' };
  const at = (folder: string) => Object.fromEntries(Object.entries(good).map(([name, content]) => [`${folder}/${name}`, content]));
  const shown = async (folder: string) => {
    const list = (course: Awaited<ReturnType<typeof loadCourses>>[number]): unknown => [course.title, course.items.map((item) => (item.type === 'course' ? list(item.course) : item.type === 'scenario' ? item.scenario.id : `broken ${item.id}: ${item.problems[0]?.code ?? ''}`))];
    return (await loadCourses(folder, validateCheck)).map(list);
  };

  it('goes on past a missing item, a broken one, one that names nothing and one that leads out', () =>
    withFiles({ ...at('c/a'), 'c/structure.json': JSON.stringify({ title: 'C', items: [{ path: 'gone' }, { path: 'a' }, {}, 'a', { path: '../../../../etc' }] }) }, async (folder) => {
      expect(await shown(join(folder, 'c'))).toEqual([['C', ['broken c/gone: structure-item-missing', 'c/a', 'broken c/structure.json#2: field-type', 'c/a', 'broken etc: path-escapes']]]);
    }));

  it('may list scenarios of other courses, courses, and folders without a structure', () =>
    withFiles({ ...at('c/a'), ...at('d/b'), ...at('c/e/f'), 'c/n/structure.json': '{"items":[{"path":"x"}]}', ...at('c/n/x'), 'c/structure.json': '{"items":[{"path":"../d/b","title":"Other"},{"path":"e"},{"path":"n"}]}' }, async (folder) => {
      expect(await shown(folder)).toEqual([['C', ['d/b', ['E', ['c/e/f']], ['N', ['c/n/x']]]], ['D', ['d/b']]]);
    }));

  it('keeps its name apart from one of the same name in another folder', () =>
    withFiles({ ...at('x/c/a'), ...at('y/c/a'), ...at('z/d/a') }, async (folder) => {
      const lists = await Promise.all(['x', 'y', 'z'].map(async (name) => ({ folder: join(folder, name), courses: await loadCourses(join(folder, name), validateCheck) })));
      expect(sideBySide(lists).map((course) => [course.id, course.items.map((item) => item.type === 'scenario' && item.scenario.id)])).toEqual([['c', ['c/a']], ['y/c', ['y/c/a']], ['d', ['d/a']]]);
    }));

  it('that holds itself ends', () =>
    withFiles({ ...at('c/a'), 'c/structure.json': '{"items":[{"path":"."},{"path":"a"},{"path":"d"}]}', 'c/d/structure.json': '{"items":[{"path":".."}]}' }, async (folder) => {
      expect(await shown(folder)).toEqual([['C', ['broken c: structure-loop', 'c/a', ['D', ['broken c: structure-loop']]]]]);
    }));

  it('takes its order from a pathway', () =>
    withFiles({ ...at('docker/b'), ...at('docker/a'), ...at('docker/z'), 'docker-pathway.json': JSON.stringify({ title: 'Docker', courses: [{ pathway_id: 'user/docker', course_id: 'b' }, { id: 'a', title: 'First' }, { external_link: 'https://example.com' }, { course_id: 'gone' }] }) }, async (folder) => {
      expect(await shown(folder)).toEqual([['Docker', ['docker/b', 'docker/a', 'docker/z']]]);
    }));

  it('is looked for where katacoda.yaml says', () =>
    withFiles({ 'katacoda.yaml': 'scenario_root: labs\n', ...at('labs/c/a'), ...at('old/b') }, async (folder) => {
      expect(await shown(folder)).toEqual([['C', ['c/a']]]);
    }));

  it('is followed through links that stay in the repository, and not through others', () =>
    withFiles({ ...at('c/a'), 'shared/run.sh': 'true', 'c/a/index.json': JSON.stringify({ details: { steps: [{ text: 'one.md', verify: 'inside.sh', foreground: 'outside.sh' }] } }) }, async (folder) => {
      await symlink('../../shared/run.sh', join(folder, 'c/a/inside.sh'));
      await symlink('/etc/hostname', join(folder, 'c/a/outside.sh'));
      const [course] = await loadCourses(folder, validateCheck);
      const [item] = course?.items ?? [];
      expect(item?.type === 'scenario' && [item.scenario.steps[0]?.verify, item.scenario.steps[0]?.foreground, item.scenario.problems.map((problem) => problem.code)]).toEqual(['inside.sh', undefined, ['path-escapes']]);
    }));
});

describe('assets', () => {
  it.each([
    ['a/b.sh', '~', ['/h/b.sh']],
    ['a/*.sh', '/ks', ['/ks/a/b.sh']],
    ['*', './', ['/h/x.yaml']],
    ['**', 'assets', ['/h/assets/a/b.sh', '/h/assets/a/c/d.json', '/h/assets/x.yaml']],
    ['**/*.*', '/root/', ['/h/a/b.sh', '/h/a/c/d.json', '/h/x.yaml']],
    ['a/**/*.json', '/usr/local/bin', ['/usr/local/bin/a/c/d.json']],
    ['a*/**/*.*', '/tmp', ['/tmp/a/b.sh', '/tmp/a/c/d.json']],
    ['x.y?ml', '~/k', ['/h/k/x.yaml']],
    ['assets/x.yaml', '~', ['/h/x.yaml']],
    ['beside.txt', '~', ['/h/beside.txt']],
    ['a', '~', ['/h/a/b.sh', '/h/a/c/d.json']],
    [`${'*'.repeat(500)}z`, '~', []],
    ['none', '~', []],
  ])('%s into %s', async (file, target, expected) => {
    await withFiles({ 's/index.json': JSON.stringify({ ...STEP, details: { ...STEP.details, assets: { host01: [{ file, target }] } } }), 's/one.md': 'x', 's/assets/a/b.sh': '', 's/assets/a/c/d.json': '', 's/assets/x.yaml': '', 's/beside.txt': '' }, async (folder) => {
      const { scenario } = await loadScenario(join(folder, 's'), 's', validateCheck);
      expect(scenario === undefined ? [] : (await planAssets(scenario, '/h')).copies.map((copy) => copy.target)).toEqual(expected);
    });
  });

  it('for the first machine win over those for others', async () => {
    await withFiles({ 's/index.json': JSON.stringify({ ...STEP, details: { ...STEP.details, assets: { host01: [{ file: 'a/x', target: '~' }], node01: [{ file: 'b/x', target: '~' }] } } }), 's/one.md': 'x', 's/assets/a/x': '', 's/assets/b/x': '' }, async (folder) => {
      const { scenario } = await loadScenario(join(folder, 's'), 's', validateCheck);
      expect(scenario === undefined ? [] : (await planAssets(scenario, '/h')).copies.map((copy) => copy.source.slice(folder.length))).toEqual(['/s/assets/a/x']);
    });
  });
});
