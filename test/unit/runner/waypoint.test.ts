import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Desk } from '../../../server/runner/desk.ts';
import { Waypoint } from '../../../server/runner/waypoint/index.ts';
import { flatten } from '../../../server/runner/select.ts';
import { createSandbox } from '../../../server/sandbox/detect.ts';
import type { Session } from '../../../server/session/session.ts';
import { systemClock } from '../../../server/lib/clock.ts';
import { openTestWorkshop, type TestWorkshop } from '../../harness/workshop.ts';

const probe = await createSandbox({ folder: join(tmpdir(), `waypoint-probe-${process.pid}`), tools: tmpdir(), warm: 1, wanted: 'auto' }, systemClock);
await probe.close();
const sandboxed = probe.isolation === 'bubblewrap';

let folder: string;
let workshop: TestWorkshop;
let session: Session;
let desk: Desk;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waypoint-'));
  await mkdir(join(folder, 'course', 'one'), { recursive: true });
  await writeFile(join(folder, 'course', 'one', 'index.json'), JSON.stringify({ title: 'One', details: { steps: [{ title: 'Step', text: 'step.md' }] }, backend: { imageid: 'kubernetes-kubeadm-1node' } }));
  await writeFile(join(folder, 'course', 'one', 'step.md'), '# Step\n\n`true`{{exec}}\n');
  workshop = await openTestWorkshop([join(folder, 'course')]);
}, 60_000);
afterAll(async () => {
  await workshop?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(async () => {
  const [one] = flatten(await workshop.workshop.content.courses());
  if (one?.type !== 'scenario') throw new Error('the scenario is broken');
  session = await workshop.workshop.manager.start(one.scenario);
  await session.prepared();
  desk = new Desk(session, { clock: systemClock, limitMs: 20_000 });
}, 60_000);
afterEach(async () => {
  await desk.close();
  await workshop.workshop.manager.end(session.id);
}, 60_000);

async function type(...commands: string[]): Promise<string> {
  let output = '';
  for (const command of commands) output = (await desk.type(command, { page: 'step1', part: 'solution' })).output.trim();
  return output;
}

async function taken(): Promise<Waypoint> {
  const waypoint = await Waypoint.take(session, systemClock);
  if (waypoint === undefined) throw new Error('no waypoint could be taken');
  return waypoint;
}

const EARLIER = [
  'NAME=then; export SHARED="a b"; declare -a LIST=(one "two three")',
  'greet() { echo hello; }; alias l1="echo one"; cd /tmp; set -o pipefail',
  'echo then > ~/kept; echo then > ~/changed; mkdir ~/folder; echo then > ~/folder/gone',
  'sleep 1000 &',
  'kubectl create configmap earlier --from-literal=a=1',
];

/** What a learner could see of the session. */
const LOOK = 'echo "$NAME|$SHARED|${LIST[1]}|${NEW-unset}|$(greet)|$PWD|$OLDPWD|$(shopt -o pipefail)|$(alias l1)|$(declare -F other)|$(jobs | wc -l)"; cat ~/kept ~/changed ~/folder/gone; ls ~ /tmp; kubectl get configmaps,pods,workflows -A -o name; fc -ln -100 | tail -3';

describe.skipIf(!sandboxed)('a session (needs bubblewrap)', () => {
  it('comes back to where it was: shell, files, processes, objects and what was asked', async () => {
    await type(...EARLIER);
    const waypoint = await taken();
    const before = { look: await type(LOOK), commands: session.terminals?.history.commands.length, requests: session.cluster?.requests().filter((request) => request.method === 'POST').length };
    expect(await waypoint.rewind()).toEqual([]);
    await type(
      'NAME=now; unset SHARED; LIST[1]=x; NEW=1; greet() { echo bye; }; other() { :; }; alias l1=false; cd /; set +o pipefail; set -u; trap "echo x" USR1',
      'echo now > ~/changed; rm -r ~/folder; echo new > ~/new; echo new > /tmp/new',
      'kubectl create configmap later',
      `kubectl create -f - <<'END'\napiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { name: later, namespace: argo }\nspec: { entrypoint: main, templates: [{ name: main, container: { image: busybox, command: [sleep, "100"] } }] }\nEND`,
    );
    expect(await waypoint.rewind()).toEqual([]);
    expect({ requests: session.cluster?.requests().filter((request) => request.method === 'POST').length, look: await type(LOOK), commands: session.terminals?.history.commands.length }).toEqual(before);
  }, 60_000);

  it.each([
    ['a variable that is read-only', 'readonly FIXED=1', ['shell']],
    ['a process that an earlier step had started and that was ended', 'kill $!; wait', ['processes']],
    ['a process that was started: the shell remembers it as the last one', 'sleep 1000 &', ['shell']],
    ['an object of an earlier step that was changed', 'kubectl patch configmap earlier -p \'{"data":{"a":"2"}}\'', ['cluster']],
    ['an object of an earlier step that was deleted', 'kubectl delete configmap earlier', ['cluster']],
    ['a file outside of the home and /tmp', 'echo x > /etc/changed', ['files']],
    ['a shell that is gone', 'exit', ['processes']],
    ['a container that somebody went into', "kubectl -n argo exec deploy/argo-server -- true; true", ['cluster']],
    ['a file that an open descriptor leads to', 'exec 7> ~/open', ['files', 'shell']],
  ])('can’t come back from %s, and says so', async (_, command, differs) => {
    await type(...EARLIER);
    const waypoint = await taken();
    await type(command);
    expect(await waypoint.rewind()).toEqual(differs);
  }, 60_000);

  it('takes no notice of a terminal device that somebody wrote to', async () => {
    const waypoint = await taken();
    // Its time tells of a write only every eight seconds.
    await type('for i in 1 2 3 4 5; do echo seen > /dev/tty; sleep 2; done');
    expect(await waypoint.rewind()).toEqual([]);
  }, 60_000);

  it('has no such place while a pod of the learner runs, which may hold what is nowhere else', async () => {
    await type('kubectl run holder --image=busybox -- sleep 1000', 'kubectl wait pod holder --for=condition=Ready --timeout=20s');
    expect(await Waypoint.take(session, systemClock)).toBeUndefined();
  }, 60_000);
});
