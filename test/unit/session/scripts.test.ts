import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckReport, type SessionView } from '../../../server/protocol/rest.ts';
import { BubblewrapSandbox } from '../../../server/sandbox/bubblewrap.ts';
import { runToEnd } from '../../../server/sandbox/run.ts';
import { type SmallLab, startSmallLab } from '../http/lab.ts';

const probe = new BubblewrapSandbox({ folder: join(tmpdir(), `lab-scripts-probe-${process.pid}`), tools: tmpdir(), warm: 0 });
const problem = await probe.problem();
await probe.close();
if (problem !== undefined) console.warn(`\n  SKIPPED: scripts in a sandbox (${problem})\n`);

const FILES: Record<string, string> = {
  'one.md': '# One\n',
  'two.md': '# Two\n',
  'three.md': '# Three\n',
  'four.md': '# Four\n',
  // No shebang, CRLF, not executable: all of that is common.
  'background.sh': 'set -e\r\necho to stdout\r\necho to stderr >&2\r\necho "$HOME $PWD $(id -u) [$(tty)]" > /root/where\r\nsleep 0.5\r\ntouch /tmp/finished\r\n(setsid sleep 300 & echo $! > /tmp/daemon)\r\n',
  'foreground.sh': [
    'while [ ! -f /tmp/finished ]; do sleep 0.1; done',
    'export GREETING=hello',
    'alias hi="echo hi from an alias"',
    'greet() { echo "$GREETING $1"; }',
    'cd /ks',
    'ADDRESS="{{TRAFFIC_HOST1_80}}" OLD="https://[[HOST_SUBDOMAIN]]-80-[[KATACODA_HOST]].environments.katacoda.com"',
    'set -euo pipefail',
    "trap 'echo leaving > /tmp/left' EXIT",
    'touch /tmp/foreground-done',
    'exit 3',
    'touch /tmp/never',
  ].join('\n'),
  'exec.sh': 'touch /tmp/before-exec\nexec sh -c "touch /tmp/execed; exit 5"\n',
  'fails.sh': 'echo about to fail\nls /no/such/folder\nexit 4\n',
  'verify-done.sh': 'if [ -f /tmp/ok ]; then\n  echo "done"\nfi\n',
  'verify-leaves.sh': '(setsid sleep 300 & echo $! > /tmp/left-by-verify) ; sleep 300 & echo -e "\\e[31mnot yet\\e[0m"; exit 1\n',
  'verify-reads.sh': 'read -r line && exit 1; tail -c 100000 ~/.bash_history | grep -q marker && echo seen\n',
  'assets/tool': '#!/bin/sh\necho tool of the scenario\n',
  'assets/deep/a/one.yaml': 'a: 1\n',
  'assets/deep/two.yaml': 'b: 2\n',
  'assets/root.txt': 'root\n',
};
const INDEX = {
  title: 'Scripts',
  details: {
    intro: { text: 'one.md', foreground: 'foreground.sh', background: 'background.sh' },
    steps: [
      { text: 'two.md', foreground: 'exec.sh', verify: 'verify-done.sh' },
      { text: 'three.md', background: 'fails.sh', verify: 'verify-leaves.sh' },
      { text: 'four.md', verify: 'verify-reads.sh' },
    ],
    assets: {
      host01: [
        { file: 'tool', target: '/usr/local/bin', chmod: '+x' },
        { file: 'deep/**/*.yaml', target: '/ks' },
        { file: 'deep/two.yaml', target: 'relative', chmod: '600' },
        { file: 'root.txt', target: '/root/sub', chmod: '+rww' },
      ],
    },
  },
  backend: { imageid: 'ubuntu' },
};

async function until<T>(ask: () => Promise<T | undefined>, what: string): Promise<T> {
  for (let i = 0; i < 300; i++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen in time`);
}

describe.skipIf(problem !== undefined)('the scripts of a page, in a sandbox', () => {
  let lab: SmallLab;
  let folder: string;
  let session: SessionView;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-scripts-'));
    for (const [name, text] of Object.entries({ ...FILES, 'index.json': JSON.stringify(INDEX) })) {
      const file = join(folder, 'scenarios', 'small', 'first', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    // What nobody could read to its end, and what leads out, fit the pattern as well.
    execFileSync('mkfifo', [join(folder, 'scenarios', 'small', 'first', 'assets', 'deep', 'pipe.yaml')]);
    await symlink('/etc/passwd', join(folder, 'scenarios', 'small', 'first', 'assets', 'deep', 'out.yaml'));
    lab = await startSmallLab({ sandbox: 'bubblewrap', folder });
    session = await lab.session();
  }, 60_000);
  afterAll(async () => {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a program of the session's own would see: run as an author's check would be. */
  const inPlace = async (line: string): Promise<string> => {
    const { manager } = lab.lab;
    const place = (await manager.find(session.id))?.place;
    if (place === undefined) throw new Error('no place');
    return (await runToEnd(place.command(['/bin/bash', '-c', line]), { timeoutMs: 10_000 })).stdout;
  };
  const there = async (path: string) => ((await inPlace(`[ -e ${path} ] && echo yes`)) === 'yes\n' ? true : undefined);
  const type = async (code: string) => (await lab.lab.manager.find(session.id))?.terminals?.first()?.run(code, false);
  const check = async (page: string) => CheckReport.parse((await lab.api('POST', `/sessions/${session.id}/steps/${page}/check`)).body).results[0];

  it('puts assets where they belong: by base name, or below the target as a pattern found them', async () => {
    expect(await inPlace('find /ks -type f | wc -l; tool; cat /ks/deep/a/one.yaml /ks/deep/two.yaml ~/sub/root.txt; stat -c "%n %a" ~/relative/two.yaml /usr/local/bin/tool')).toBe('2\ntool of the scenario\na: 1\nb: 2\nroot\n/root/relative/two.yaml 600\n/usr/local/bin/tool 755\n');
  });

  it('lets root make users and set their passwords, and says why nobody can become one of them', async () => {
    expect(await inPlace('which useradd chpasswd >/dev/null || { echo none; exit; }; useradd -m joe && echo joe:secret | chpasswd && id -un joe && grep -c "^joe:[$]" /etc/passwd; su - joe -c id 2>&1; sudo -u joe id 2>&1; su joey 2>&1; su -c "id -un"; sudo -u root id -un')).toBe(
      'joe\n1\nsu: everything in this sandbox runs as root: nobody can become another user.\nsudo: everything in this sandbox runs as root: nobody can become another user.\nsu: user joey does not exist\nroot\nroot\n',
    );
  });

  it('begins a home with the files that shells read', async () => {
    expect(await inPlace('source ~/.bashrc && echo sourced; HOME=/root bash -lc "echo login"; grep -c ^NAME= /etc/os-release')).toBe('sourced\nlogin\n1\n');
  });

  it('tells the address of the session where scripts look for it', async () => {
    expect(await inPlace('cat /etc/killercoda/host')).toBe(`http://PORT-${session.id}.localhost:${lab.lab.port}\n`);
  });

  it('runs the background beside the foreground, as root in /root, in a session of its own, with its logs', async () => {
    await until(() => there('/tmp/foreground-done'), 'the foreground');
    expect(await inPlace('cat ~/where /var/log/killercoda/background0_stdout.log /var/log/killercoda/background0_stderr.log')).toBe('/root /root 0 [not a tty]\nto stdout\nto stderr\n');
    expect(await inPlace('kill -0 $(cat /tmp/daemon) && echo runs')).toBe('runs\n');
  });

  it('runs the foreground in the learner’s shell, which keeps what it set and outlives its exit', async () => {
    await until(() => there('/tmp/left'), 'the end of the foreground');
    await type('hi > /tmp/told; greet you >> /tmp/told; pwd >> /tmp/told; echo "$ADDRESS $OLD" >> /tmp/told; echo "$-" | grep -c e >> /tmp/told; false; echo marker $? >> /tmp/told');
    await until(async () => ((await inPlace('grep -c marker /tmp/told')) === '1\n' ? true : undefined), 'the typed line');
    const url = `http://80-${session.id}.localhost:${lab.lab.port}`;
    expect(await inPlace('cat /tmp/told /tmp/left; [ -e /tmp/never ] || echo no further')).toBe(`hi from an alias\nhello you\n/ks\n${url} ${url}\n0\nmarker 1\nleaving\nno further\n`);
  });

  it('takes a program that would replace the shell for one that runs in it', async () => {
    await lab.api('POST', `/sessions/${session.id}/steps/step1/open`);
    await until(() => there('/tmp/execed'), 'exec');
    await type('echo "$GREETING" > /tmp/still-there');
    await until(() => there('/tmp/still-there'), 'a shell');
    expect(await inPlace('cat /tmp/still-there')).toBe('hello\n');
  });

  it('asks a script of the older dialect for the word done', async () => {
    expect(await check('step1')).toMatchObject({ passed: false, observed: 'It ended with exit code 0.', why: 'The check script did not print “done”, which is how it says that the step is done.' });
    await inPlace('touch /tmp/ok');
    expect(await check('step1')).toMatchObject({ passed: true, observed: 'It ended with exit code 0.\ndone' });
  });

  it('shows what a background script said last when it failed', async () => {
    await lab.api('POST', `/sessions/${session.id}/steps/step2/open`);
    const stage = await until(async () => {
      const view = (await lab.api('GET', `/sessions/${session.id}`)).body;
      return view !== null && typeof view === 'object' && 'stages' in view && Array.isArray(view.stages) ? view.stages.find((one: { id: string; state: string }) => one.id === 'step2-background' && one.state === 'failed') : undefined;
    }, 'the failure');
    expect(stage).toMatchObject({ state: 'failed', output: "about to fail\nls: cannot access '/no/such/folder': No such file or directory\n" });
    expect(await inPlace('ls /var/log/killercoda')).toBe('background0_stderr.log\nbackground0_stdout.log\nbackground2_stderr.log\nbackground2_stdout.log\n');
  });

  it('gives what a check script said as the reason, and leaves nothing of it running', async () => {
    expect(await check('step2')).toMatchObject({ passed: false, why: 'not yet' });
    const pid = (await inPlace('cat /tmp/left-by-verify')).trim();
    expect(await inPlace(`kill -0 ${pid} 2>/dev/null || echo gone; pgrep -fc "^sleep 300"`)).toBe('gone\n1\n');
  });

  it('lets a check script read what was typed, and gives it nothing to read from a keyboard', async () => {
    expect(await check('step3')).toMatchObject({ passed: true, observed: 'It ended with exit code 0.\nseen' });
  });

  it('says what is missing in the words of the program that would be there', async () => {
    expect(await inPlace('sudo -E env A=1 sh -c "echo \\$A; id -u"; apt-get update 2>&1; sudo apt install -y bash nosuchthing 2>&1; echo $?; systemctl start nginx 2>&1; echo $?; docker ps 2>&1; launch.sh && echo launched')).toBe(
      '1\n0\napt-get: there are no package sources in this sandbox: nothing was updated.\nbash is already there.\nE: Unable to locate package nosuchthing\napt: there are no package sources in this sandbox: nothing can be installed. What this machine has lies in /usr.\n100\nsystemctl: there is no service manager in this sandbox: services can’t be started or stopped here.\n1\ndocker: containers can’t be run in this sandbox; pods in the cluster can: kubectl run NAME --image=IMAGE\nlaunched\n',
    );
  });

  it('puts files outside the home back when the server was started again', async () => {
    await inPlace('echo changed > ~/sub/root.txt');
    await lab.lab.close();
    lab = await startSmallLab({ sandbox: 'bubblewrap', folder, data: lab.data });
    session = await lab.session();
    expect(await inPlace('tool; cat ~/sub/root.txt; cut -d- -f1 /etc/killercoda/host')).toBe('tool of the scenario\nchanged\nhttp://PORT\n');
  });

  it('leaves no process behind', async () => {
    await lab.api('DELETE', `/sessions/${session.id}`);
    expect(execFileSync('bash', ['-c', `ps -eo args | grep -c "[b]ackground.sh"; true`]).toString()).toBe('0\n');
  });
});
