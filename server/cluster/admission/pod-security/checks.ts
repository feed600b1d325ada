/** What the levels of Pod Security forbid. After kubernetes 1.32 pod-security-admission/policy */
import { record, records, text, texts } from '../../auth/fields.ts';

type Fields = Record<string, unknown>;

export interface Violation {
  reason: string;
  detail: string;
}

export interface PodParts {
  annotations: Readonly<Record<string, string>>;
  spec: Fields;
}

interface Check {
  id: string;
  level: 'baseline' | 'restricted';
  /** The minor version since when it is made; default from the beginning. */
  since?: number;
  until?: number;
  /** Of the level below, which this one says better. */
  overrides?: string;
  find(pod: PodParts, version: number): Violation | undefined;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
const several = (word: string, names: readonly unknown[], more = `${word}s`): string => (names.length === 1 ? word : more);
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();
const contextOf = (owner: Fields): Fields => record(owner['securityContext']);
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function containersOf(spec: Fields): Fields[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((kind) => records(spec[kind]));
}

/** The names of the containers for which something holds. */
function namesOf({ spec }: PodParts, holds: (container: Fields) => boolean): string[] {
  return containersOf(spec).filter(holds).map((container) => text(container['name']));
}

const containerText = (names: readonly string[]): string => `${several('container', names)} ${quoted(names)}`;

/** What the pod or containers of it have set: `pod`, `container "a"`. */
function setters(pod: boolean, containers: readonly string[]): string[] {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [containerText(containers)] : [])];
}

const DEFAULT_CAPABILITIES = ['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'];
const SYSCTLS: readonly [since: number, names: readonly string[]][] = [
  [0, ['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start']],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [29, ['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];
const PLAIN_VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const OTHER_VOLUMES = ['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos'];
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';

/** The type of a profile that one of these has set, where it is none of those that are fine. */
function badType(owner: Fields, profile: string, fine: readonly string[]): string | undefined {
  const own = contextOf(owner)[profile];
  if (!isFields(own)) return undefined;
  const type = text(own['type']);
  return fine.includes(type) ? undefined : type;
}

function profiles(pod: PodParts, profile: string, fine: readonly string[]): { setters: string[]; values: string[] } {
  const owners = [pod.spec, ...containersOf(pod.spec)];
  const values = owners.flatMap((owner) => badType(owner, profile, fine) ?? []);
  return { setters: setters(badType(pod.spec, profile, fine) !== undefined, namesOf(pod, (c) => badType(c, profile, fine) !== undefined)), values: sorted(values) };
}

function seccomp(pod: PodParts): Violation | undefined {
  const { setters: who, values } = profiles(pod, 'seccompProfile', ['RuntimeDefault', 'Localhost']);
  return who.length === 0 ? undefined : { reason: 'seccompProfile', detail: `${who.join(' and ')} must not set securityContext.seccompProfile.type to ${quoted(values)}` };
}

/** By their names, as they are reported. */
export const CHECKS: readonly Check[] = [
  {
    id: 'appArmorProfile',
    level: 'baseline',
    find(pod) {
      const { setters: who, values } = profiles(pod, 'appArmorProfile', ['RuntimeDefault', 'Localhost']);
      const marks = sorted(Object.entries(pod.annotations).flatMap(([key, value]) => (key.startsWith(APPARMOR) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/') ? [`${key}=${JSON.stringify(value)}`] : [])));
      const all = [...values, ...marks];
      if (marks.length > 0) who.push(several('annotation', marks));
      return who.length === 0 ? undefined : { reason: several('forbidden AppArmor profile', all), detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(all)}` };
    },
  },
  {
    id: 'capabilities_baseline',
    level: 'baseline',
    find(pod) {
      const odd = (c: Fields): string[] => texts(record(contextOf(c)['capabilities'])['add']).filter((name) => !DEFAULT_CAPABILITIES.includes(name));
      const bad = namesOf(pod, (c) => odd(c).length > 0);
      return bad.length === 0 ? undefined : { reason: 'non-default capabilities', detail: `${containerText(bad)} must not include ${quoted(sorted(containersOf(pod.spec).flatMap(odd)))} in securityContext.capabilities.add` };
    },
  },
  {
    id: 'hostNamespaces',
    level: 'baseline',
    find({ spec }) {
      const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => spec[key] === true).map((key) => `${key}=true`);
      return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.join(', ') };
    },
  },
  {
    id: 'hostPathVolumes',
    level: 'baseline',
    find({ spec }) {
      const bad = records(spec['volumes']).filter((volume) => isFields(volume['hostPath'])).map((volume) => text(volume['name']));
      return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${several('volume', bad)} ${quoted(bad)}` };
    },
  },
  {
    id: 'hostPorts',
    level: 'baseline',
    find(pod) {
      const ports = (c: Fields): string[] => records(c['ports']).flatMap(({ hostPort }) => (typeof hostPort === 'number' && hostPort !== 0 ? [String(hostPort)] : []));
      const bad = namesOf(pod, (c) => ports(c).length > 0);
      const all = sorted(containersOf(pod.spec).flatMap(ports));
      return bad.length === 0 ? undefined : { reason: 'hostPort', detail: `${containerText(bad)} ${several('uses', bad, 'use')} ${several('hostPort', all)} ${all.join(', ')}` };
    },
  },
  {
    id: 'privileged',
    level: 'baseline',
    find(pod) {
      const bad = namesOf(pod, (c) => contextOf(c)['privileged'] === true);
      return bad.length === 0 ? undefined : { reason: 'privileged', detail: `${containerText(bad)} must not set securityContext.privileged=true` };
    },
  },
  {
    id: 'procMount',
    level: 'baseline',
    find(pod) {
      const mount = (c: Fields): string => text(contextOf(c)['procMount']);
      const odd = (c: Fields): boolean => mount(c) !== '' && mount(c) !== 'Default';
      const bad = namesOf(pod, odd);
      return bad.length === 0 ? undefined : { reason: 'procMount', detail: `${containerText(bad)} must not set securityContext.procMount to ${quoted(sorted(containersOf(pod.spec).filter(odd).map(mount)))}` };
    },
  },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    find(pod, version) {
      const fine = ['', 'container_t', 'container_init_t', 'container_kvm_t', ...(version >= 31 ? ['container_engine_t'] : [])];
      const options = (owner: Fields): Fields => record(contextOf(owner)['seLinuxOptions']);
      const odd = (owner: Fields): boolean => !fine.includes(text(options(owner)['type'])) || text(options(owner)['user']) !== '' || text(options(owner)['role']) !== '';
      const owners = [pod.spec, ...containersOf(pod.spec)].filter(odd);
      if (owners.length === 0) return undefined;
      const types = sorted(owners.map((owner) => text(options(owner)['type'])).filter((type) => !fine.includes(type)));
      const set = (key: string): boolean => owners.some((owner) => text(options(owner)[key]) !== '');
      const data = [...(types.length > 0 ? [`${several('type', types)} ${quoted(types)}`] : []), ...(set('user') ? ['user may not be set'] : []), ...(set('role') ? ['role may not be set'] : [])];
      return { reason: 'seLinuxOptions', detail: `${setters(odd(pod.spec), namesOf(pod, odd)).join(' and ')} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}` };
    },
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    since: 19,
    find: seccomp,
  },
  {
    id: 'sysctls',
    level: 'baseline',
    find({ spec }, version) {
      const fine = SYSCTLS.filter(([since]) => version >= since).flatMap(([, names]) => names);
      const bad = records(contextOf(spec)['sysctls']).map(({ name }) => text(name)).filter((name) => !fine.includes(name));
      return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
    },
  },
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    since: 8,
    find(pod) {
      const bad = namesOf(pod, (c) => contextOf(c)['allowPrivilegeEscalation'] !== false);
      return bad.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${containerText(bad)} must set securityContext.allowPrivilegeEscalation=false` };
    },
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    since: 22,
    overrides: 'capabilities_baseline',
    find(pod) {
      const of = (c: Fields, key: string): string[] => texts(record(contextOf(c)['capabilities'])[key]);
      const added = (c: Fields): string[] => of(c, 'add').filter((name) => name !== 'NET_BIND_SERVICE');
      const missing = namesOf(pod, (c) => !of(c, 'drop').includes('ALL'));
      const adding = namesOf(pod, (c) => added(c).length > 0);
      const details = [
        ...(missing.length > 0 ? [`${containerText(missing)} must set securityContext.capabilities.drop=["ALL"]`] : []),
        ...(adding.length > 0 ? [`${containerText(adding)} must not include ${quoted(sorted(containersOf(pod.spec).flatMap(added)))} in securityContext.capabilities.add`] : []),
      ];
      return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
    },
  },
  {
    id: 'restrictedVolumes',
    level: 'restricted',
    overrides: 'hostPathVolumes',
    find({ spec }) {
      const bad = records(spec['volumes']).filter((volume) => !PLAIN_VOLUMES.some((kind) => isFields(volume[kind])));
      if (bad.length === 0) return undefined;
      const types = sorted(bad.map((volume) => OTHER_VOLUMES.find((kind) => isFields(volume[kind])) ?? 'unknown'));
      return { reason: 'restricted volume types', detail: `${several('volume', bad)} ${quoted(bad.map((volume) => text(volume['name'])))} ${several('uses', bad, 'use')} ${several('restricted volume type', types)} ${quoted(types)}` };
    },
  },
  {
    id: 'runAsNonRoot',
    level: 'restricted',
    find(pod) {
      const own = (owner: Fields): unknown => contextOf(owner)['runAsNonRoot'];
      const who = setters(own(pod.spec) === false, namesOf(pod, (c) => own(c) === false));
      if (who.length > 0) return { reason: 'runAsNonRoot != true', detail: `${who.join(' and ')} must not set securityContext.runAsNonRoot=false` };
      const silent = own(pod.spec) === true ? [] : namesOf(pod, (c) => own(c) === undefined);
      return silent.length === 0 ? undefined : { reason: 'runAsNonRoot != true', detail: `pod or ${containerText(silent)} must set securityContext.runAsNonRoot=true` };
    },
  },
  {
    id: 'runAsUser',
    level: 'restricted',
    since: 23,
    find(pod) {
      const isRoot = (owner: Fields): boolean => contextOf(owner)['runAsUser'] === 0;
      const who = setters(isRoot(pod.spec), namesOf(pod, isRoot));
      return who.length === 0 ? undefined : { reason: 'runAsUser=0', detail: `${who.join(' and ')} must not set runAsUser=0` };
    },
  },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    since: 19,
    overrides: 'seccompProfile_baseline',
    find(pod) {
      const bad = seccomp(pod);
      if (bad !== undefined) return bad;
      const silent = isFields(contextOf(pod.spec)['seccompProfile']) ? [] : namesOf(pod, (c) => !isFields(contextOf(c)['seccompProfile']));
      return silent.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${containerText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` };
    },
  },
];
