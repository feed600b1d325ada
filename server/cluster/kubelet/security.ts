/** As whom a container runs. After kubernetes 1.32 pkg/kubelet/kuberuntime/security_context_others.go */
import { LINUX_CAPABILITIES } from '../../lib/linux-capabilities.ts';
import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import { ContainerConfigError } from './env.ts';

export interface ContainerSecurity {
  /** Absent: root, as images have it. */
  user?: { uid: number; gid: number };
  readOnlyRoot: boolean;
  /** Names without `CAP_`. */
  capabilities: string[];
}

/** `imageUser`: a number, or a name that only the image can tell the number of. Throws ContainerConfigError where the pod asks for somebody else than root and gets root. */
export function securityOf(pod: Pod, container: Container, imageUser: number | string | undefined): ContainerSecurity {
  const [own, shared] = [container.securityContext ?? {}, pod.spec.securityContext ?? {}];
  const asked = own.runAsUser ?? shared.runAsUser;
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) === true) refuseRoot(pod, container, asked, imageUser);
  const uid = asked ?? (typeof imageUser === 'number' ? imageUser : 0);
  const gid = own.runAsGroup ?? shared.runAsGroup ?? 0;
  return { readOnlyRoot: own.readOnlyRootFilesystem === true, capabilities: capabilitiesOf(own), ...(uid === 0 && gid === 0 ? {} : { user: { uid, gid } }) };
}

/** After containerd 1.7 oci/spec.go (defaultUnixCaps) */
const USUAL = ['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'];

/** After containerd 1.7 pkg/cri/sbserver/container_create_linux.go: everything or nothing first, then one by one. */
function capabilitiesOf({ privileged, capabilities }: NonNullable<Container['securityContext']>): string[] {
  if (privileged === true) return [...LINUX_CAPABILITIES];
  const [add, drop] = [capabilities?.add ?? [], capabilities?.drop ?? []].map((names) => names.map((name) => name.toUpperCase()));
  const begin = drop?.includes('ALL') === true ? [] : add?.includes('ALL') === true ? LINUX_CAPABILITIES : USUAL;
  return LINUX_CAPABILITIES.filter((name) => (begin.includes(name) || add?.includes(name) === true) && drop?.includes(name) !== true);
}

function refuseRoot(pod: Pod, container: Container, asked: number | undefined, imageUser: number | string | undefined): void {
  const { name, namespace = 'default', uid = '' } = pod.metadata;
  const where = `(pod: ${JSON.stringify(`${name}_${namespace}(${uid})`)}, container: ${container.name})`;
  if (asked === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (asked !== undefined) return;
  if (typeof imageUser === 'string') throw new ContainerConfigError(`container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`);
  if ((imageUser ?? 0) === 0) throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
}
