// Stands in for the commands `kind` and `docker`: prints what the real ones were recorded to print, and keeps in a folder
// which containers there are. What it is to do is in `behaviour.json` of that folder; see index.ts.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerKind } from './docker-for-kind.mjs';

const state = process.env.KIND_DOUBLE;
const [program, ...args] = process.argv.slice(2);
const recordings = new Map(
  readFileSync(join(import.meta.dirname, '../../golden/kind/transcripts.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map((one) => [one.id, { ...one, exitCode: Number(one.exitCode) }]),
);
const behaviour = () => JSON.parse(readFileSync(join(state, 'behaviour.json'), 'utf8'));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const containers = join(state, 'containers');
appendFileSync(join(state, 'commands.log'), `${JSON.stringify([program, ...args])}\n`);
writeFileSync(join(state, `environment-${program}`), JSON.stringify(Object.fromEntries(Object.entries(process.env).filter(([name]) => /^KIND_(EXPERIMENTAL|CLUSTER)/.test(name)))));

/** Exits as recorded; `as` replaces the recording's names. */
function replay(id, as = (text) => text) {
  const { stdout, stderr, exitCode } = recordings.get(id);
  process.stdout.write(as(stdout));
  process.stderr.write(as(stderr));
  process.exit(exitCode);
}

function flag(name) {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}
const flags = (name) => args.flatMap((arg, i) => (arg === name ? [args[i + 1]] : []));

const all = () => readdirSync(containers).map((file) => JSON.parse(readFileSync(join(containers, file), 'utf8')));
const find = (name) => all().find((one) => one.name === name);
function save(container) {
  const whole = join(state, `new-${process.pid}`);
  writeFileSync(whole, JSON.stringify(container));
  renameSync(whole, join(containers, container.name));
}
const remove = (name) => rmSync(join(containers, name), { force: true });
function event(action, container) {
  appendFileSync(join(state, 'events.log'), `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: container.name, Attributes: { name: container.name, 'io.x-k8s.kind.cluster': container.cluster } } })}\n`);
}

const { docker } = behaviour();
if (docker === 'denied') {
  const denied = 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/info": dial unix /var/run/docker.sock: connect: permission denied\n';
  process.stderr.write(program === 'docker' ? denied : `ERROR: failed to create cluster: failed to get docker info: command "docker info --format '{{json .}}'" failed with error: exit status 1\n\nCommand Output: ${denied}`);
  process.exit(1);
}
// A daemon that hangs: whoever asks waits.
if (docker === 'hung') await new Promise(() => setInterval(() => {}, 1 << 30));
if (docker === 'down') {
  if (program === 'docker') replay(args[0] === 'info' ? '36-docker-down-docker-info-json' : '31-docker-down-docker-ps');
  const [verb, noun] = args;
  const id = { create: '32-docker-down-kind-create', delete: '34-docker-down-kind-delete', load: '37-docker-down-kind-load' }[verb] ?? (noun === 'kubeconfig' ? '38-docker-down-kind-get-kubeconfig' : '33-docker-down-kind-get-clusters');
  replay(id, (text) => text.replaceAll('t1', flag('--name') ?? 't1'));
}

await (program === 'kind' ? kind(args[0], args[1]) : runDocker(args[0]));

async function kind(verb, noun) {
  const name = flag('--name') ?? 'kind';
  const node = `${name}-control-plane`;
  const named = (text) => text.replaceAll('nosuch', name).replaceAll('t1', name);
  if (verb === 'version') replay('01-kind-version');
  if (verb === 'create') return create(name);
  if (verb === 'delete') {
    await wait(behaviour().deleteMs ?? 0);
    const container = find(node);
    if (container === undefined) replay('14-delete-missing', named);
    remove(node);
    event('die', container);
    event('destroy', container);
    replay('13-delete-existing', named);
  }
  if (verb === 'get' && noun === 'clusters') {
    const names = all().map(({ cluster }) => cluster);
    if (names.length === 0) replay('02-get-clusters-none');
    process.stdout.write(`${names.join('\n')}\n`);
    return;
  }
  if (verb === 'get' && noun === 'kubeconfig') {
    const container = find(node);
    if (container === undefined) replay('09-get-kubeconfig-missing', named);
    if (container.state !== 'running') replay('43-node-stopped-get-kubeconfig', named);
    process.stdout.write(readFileSync(container.api, 'utf8'));
    return;
  }
  if (verb === 'load') {
    await wait(behaviour().loadMs ?? 0);
    const images = args.slice(2).filter((arg, i, rest) => arg !== '--name' && rest[i - 1] !== '--name');
    const container = find(node);
    const absent = images.find((image) => !behaviour().images.includes(image));
    if (absent !== undefined) replay('22-load-docker-image-missing', (text) => text.replaceAll('nosuch/image:1', absent));
    if (container === undefined) replay('25-load-docker-image-no-cluster', named);
    if (behaviour().saves === false) {
      process.stderr.write(`ERROR: command "docker save -o /tmp/images-tar2327081908/images.tar ${images.join(' ')}" failed with error: exit status 1\n\nCommand Output: failed to save image: invalid output path: directory "/tmp/images-tar2327081908" does not exist\n`);
      process.exit(1);
    }
    if (behaviour().wholeImages === false) {
      process.stderr.write(`ERROR: failed to load image: command "docker exec --privileged -i ${node} ctr --namespace=k8s.io images import --all-platforms --digests --snapshotter=overlayfs -" failed with error: exit status 1\n\nCommand Output: ctr: content digest sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b: not found\n`);
      process.exit(1);
    }
    save({ ...find(node), loaded: [...(container.loaded ?? []), ...images] });
    return;
  }
  if (verb === 'export') {
    mkdirSync(join(args[2], node), { recursive: true });
    writeFileSync(join(args[2], node, 'kubelet.log'), 'what the kubelet said\n');
    replay('08-export-logs', named);
  }
  throw new Error(`the double of kind does not know: ${args.join(' ')}`);
}

/** A new cluster is empty, as long as there are unused ones. */
function pickApi() {
  const apis = readdirSync(join(state, 'apis')).sort();
  const given = existsSync(join(state, 'given')) ? readFileSync(join(state, 'given'), 'utf8').split('\n') : [];
  const api = apis.find((file) => !given.includes(file)) ?? apis.find((file) => !all().some((one) => one.api === join(state, 'apis', file))) ?? apis[0];
  appendFileSync(join(state, 'given'), `${api}\n`);
  return api === undefined ? undefined : join(state, 'apis', api);
}

async function create(name) {
  const { stepMs = 5, fail, hang, ignoreTerm } = behaviour();
  if (ignoreTerm) process.on('SIGTERM', () => {});
  else process.on('SIGTERM', () => process.exit(143));
  const node = `${name}-control-plane`;
  const image = flag('--image') ?? 'kindest/node:v1.32.2';
  if (find(node) !== undefined) replay('12-create-name-exists', (text) => text.replaceAll('t1', name));
  const recording = recordings.get(fail ?? '03-create-success');
  const own = (text) => text.replaceAll('t1', name).replaceAll(/local\/kindest-node:v1\.32\.2|kindest\/node:v9\.99\.9/g, image);
  const retain = args.includes('--retain');
  for (const line of own(recording.stderr).split(/(?<=\n)/)) {
    if (retain && line.startsWith('Deleted nodes')) continue;
    process.stderr.write(line);
    if (/• Preparing nodes/.test(line)) {
      // The container is there from here on, whatever comes.
      save({ name: node, cluster: name, state: 'running', image, api: pickApi() });
    }
    if (hang !== undefined && line.includes(`• ${hang}`)) {
      setInterval(() => {}, 1 << 30);
      return;
    }
    await wait(stepMs);
    if (behaviour().docker === 'down') {
      process.stderr.write(`ERROR: failed to create cluster: command "docker exec --privileged ${node} cat /kind/version" failed with error: exit status 1\n\nCommand Output: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n`);
      process.exit(1);
    }
  }
  if (recording.exitCode !== 0 && !retain) remove(node);
  if (recording.exitCode === 0 && behaviour().noKubeconfig !== true && find(node)?.api !== undefined) writeFileSync(flag('--kubeconfig'), readFileSync(find(node).api));
  process.exit(recording.exitCode);
}

async function runDocker(verb) {
  if (await answerKind(args, { state, behaviour, find, save, pickApi })) return;
  if (verb === 'info' && behaviour().podman === true) {
    process.stdout.write(`${JSON.stringify({ host: { arch: 'amd64', buildahVersion: '1.33.7', cgroupVersion: 'v2', memTotal: 8 * 2 ** 30 }, store: {}, registries: {}, version: { Version: '4.9.3' } })}\n`);
    return;
  }
  if (verb === 'info') {
    process.stdout.write(`${JSON.stringify({ ServerVersion: '28.2.2', CgroupVersion: '2', CgroupDriver: 'systemd', MemoryLimit: true, PidsLimit: true, CPUShares: true, SecurityOptions: ['name=seccomp,profile=builtin'], MemTotal: behaviour().memory ?? 8 * 2 ** 30, DockerRootDir: behaviour().root ?? '' })}\n`);
    return;
  }
  if (verb === 'ps') {
    const cluster = flags('--filter').map((filter) => /^label=io\.x-k8s\.kind\.cluster=(.*)$/.exec(filter)?.[1]).find((found) => found !== undefined);
    const status = flags('--filter').map((filter) => /^status=(.*)$/.exec(filter)?.[1]).find((found) => found !== undefined);
    const shown = (flag('--format') ?? '').includes('.Label') ? 'cluster' : 'name';
    for (const one of all()) if ((cluster === undefined || one.cluster === cluster) && (status === undefined || one.state === status)) process.stdout.write(`${one[shown]}\n`);
    return;
  }
  if (verb === 'load') {
    const file = flag('--input') ?? '';
    for (const image of readFileSync(file, 'utf8').trim().split('\n')) process.stdout.write(`Loaded image: ${image}\n`);
    return;
  }
  if (verb === 'image') {
    const image = args.at(-1);
    if (behaviour().images.includes(image)) {
      process.stdout.write('sha256:0123\n');
      return;
    }
    process.stderr.write(`Error response from daemon: No such image: ${image}\n`);
    process.exit(1);
  }
  if (verb === 'rm') {
    for (const name of args.slice(1).filter((arg) => !arg.startsWith('-'))) {
      const container = find(name);
      if (container === undefined) continue;
      remove(name);
      event('die', container);
      event('destroy', container);
    }
    return;
  }
  if (verb === 'pause' || verb === 'unpause' || verb === 'stop') {
    const container = find(args[1]);
    if (container === undefined) {
      process.stderr.write(`Error response from daemon: No such container: ${args[1]}\n`);
      process.exit(1);
    }
    save({ ...container, state: { pause: 'paused', unpause: 'running', stop: 'exited' }[verb] });
    if (verb === 'stop') event('die', container);
    process.stdout.write(`${args[1]}\n`);
    return;
  }
  if (verb === 'inspect') {
    const container = find(args.at(-1));
    if (container === undefined) {
      process.stderr.write(`Error: No such object: ${args.at(-1)}\n`);
      process.exit(1);
    }
    // A paused container runs, as far as Docker is concerned.
    process.stdout.write(`${container.state !== 'exited'}\n`);
    return;
  }
  if (verb === 'events') return follow(join(state, 'events.log'), statSize(join(state, 'events.log')));
  if (verb === 'exec') return follow(join(state, 'audit.log'), 0);
  throw new Error(`the double of docker does not know: ${args.join(' ')}`);
}

function statSize(file) {
  return existsSync(file) ? readFileSync(file).length : 0;
}

/** Prints what is added to a file until Docker is down. */
function follow(file, from) {
  let at = from;
  const look = () => {
    if (behaviour().docker === 'down') process.exit(1);
    if (!existsSync(file)) return;
    const data = readFileSync(file);
    if (data.length > at) process.stdout.write(data.subarray(at));
    at = data.length;
  };
  look();
  watch(state, look);
  setInterval(look, 100);
}
