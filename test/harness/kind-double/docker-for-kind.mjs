// What a real `kind` asks of Docker while it makes a cluster, beside what the lab asks: enough for it to believe that there
// is a node. What it does inside of the node happens nowhere; the API is the one that the double was given.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** True when the command was one of kind's. `tools` is what the double knows of its containers. */
export async function answerKind(args, { state, behaviour, find, save, pickApi }) {
  const [verb, second] = args;
  const say = (text) => (process.stdout.write(text), true);
  if (verb === '-v' || verb === '--version') return say('Docker version 28.2.2, build e6534b4\n');
  if (verb === 'info' && !args.includes('{{json .}}')) return say(args.includes('{{.Driver}}') ? 'overlay2\n' : args.includes('{{json .DriverStatus }}') ? '[["Backing Filesystem","extfs"]]\n' : "'[\"name=seccomp,profile=builtin\"]'\n");
  if (verb === 'network') return say(second === 'ls' ? (args.includes('--format={{.Name}}') ? 'kind\n' : '0123456789ab\n') : second === 'inspect' && args.includes('-f') ? '1500\n' : '[{"Name":"kind","Id":"0123456789ab","Containers":{}}]\n');
  if (verb === 'inspect' && second === '--type=image') return answerImage(args.at(-1), behaviour);
  if (verb === 'pull') return fail(`Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host\n`);
  if (verb === 'run') {
    const name = args[args.indexOf('--name') + 1];
    const cluster = args.find((arg) => arg.startsWith('io.x-k8s.kind.cluster='))?.split('=')[1];
    writeFileSync(join(state, `run-${name}.json`), JSON.stringify(args));
    save({ name, cluster, state: 'running', image: args.at(-1), api: pickApi() });
    return say(`${name}-id\n`);
  }
  if (verb === 'logs') return say('[  OK  ] Reached target multi-user.target - Multi-User System.\n');
  if (verb === 'inspect' && /Config\.Labels "io\.x-k8s\.kind\.role"/.test(args[2] ?? '')) return say('control-plane\n');
  if (verb === 'inspect' && /desktop\.docker\.io/.test(args[2] ?? '')) return say('\n');
  if (verb === 'inspect' && /NetworkSettings\.Ports/.test(args[2] ?? '')) return say(`127.0.0.1\t${portOf(find(args.at(-1)))}\n`);
  if (verb === 'inspect' && /NetworkSettings\.Networks/.test(args[2] ?? '')) return say('172.18.0.2,fc00::2\n');
  if (verb === 'save') {
    const absent = args.slice(1).find((image) => !image.startsWith('-') && !image.includes('/images-tar') && !behaviour().images.includes(image));
    if (absent !== undefined) return fail(`Error response from daemon: reference does not exist\n`);
    const at = args.indexOf('-o');
    const images = args.slice(1).filter((arg, i, rest) => arg !== '-o' && rest[i - 1] !== '-o');
    if (at < 0) return say(JSON.stringify(images));
    writeFileSync(args[at + 1], JSON.stringify(images));
    return true;
  }
  if (verb === 'exec') {
    const at = args.findIndex((arg) => find(arg) !== undefined);
    return at < 0 ? fail(`Error response from daemon: No such container: ${args.find((arg, i) => i > 0 && !arg.startsWith('-'))}\n`) : inNode(args.slice(at), { state, behaviour, find, save });
  }
  return false;
}

async function inNode([name, program, ...rest], { state, behaviour, find, save }) {
  const node = find(name);
  const line = [program, ...rest].join(' ');
  if (program === 'tail') return false;
  appendFileSync(join(state, 'node.log'), `${line}\n`);
  if (line === 'crictl images -o json') return print(JSON.stringify({ images: [...(behaviour().nodeImages ?? []), ...(node.loaded ?? [])].map((image) => ({ id: 'sha256:00', repoTags: [image] })) }));
  if (program === 'crictl') return fail('FATA no such image\n');
  if (line === 'cat /kind/version') return print('v1.32.2\n');
  if (line === 'cat /etc/kubernetes/admin.conf') return print(readFileSync(node.api, 'utf8').replace(/server: .*/, `server: https://${name}:6443`));
  if (program === 'cat') return print('apiVersion: v1\nkind: List\nitems: []\n');
  if (line === 'containerd config dump') return print('version = 2\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri"]\n    [plugins."io.containerd.grpc.v1.cri".containerd]\n      snapshotter = "overlayfs"\n');
  if (program === 'kubeadm') {
    if (behaviour().hang === 'Starting control-plane') return new Promise(() => setInterval(() => {}, 1 << 30));
    await new Promise((done) => setTimeout(done, behaviour().stepMs ?? 5));
    return true;
  }
  const input = await stdin();
  if (line.startsWith('cp /dev/stdin ')) writeFileSync(join(state, rest.at(-1).replaceAll('/', '_')), input);
  if (/images import/.test(line)) {
    if (behaviour().wholeImages === false && line.includes('--all-platforms')) return fail('ctr: content digest sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b: not found\n');
    save({ ...find(name), loaded: [...(find(name).loaded ?? []), ...JSON.parse(input)] });
  }
  return true;
}

function portOf({ api }) {
  return /server: https:\/\/[^:]+:(\d+)/.exec(readFileSync(api, 'utf8'))?.[1];
}

function answerImage(image, behaviour) {
  return behaviour().images.includes(image) ? print('[{}]\n') : fail(`Error: No such image: ${image}\n`);
}

function print(text) {
  process.stdout.write(text);
  return true;
}

function fail(text) {
  process.stderr.write(text);
  process.exit(1);
}

async function stdin() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
