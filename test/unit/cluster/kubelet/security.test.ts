import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { capabilityMask } from '../../../../server/sandbox/capabilities.ts';
import { securityOf } from '../../../../server/cluster/kubelet/security.ts';

const pod = (securityContext?: object): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'ns', uid: 'u1' }, spec: { containers: [], ...(securityContext === undefined ? {} : { securityContext }) } });
const container = (securityContext?: object): Container => ({ name: 'c', ...(securityContext === undefined ? {} : { securityContext }) });

const USUAL = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'NET_BIND_SERVICE', 'NET_RAW', 'SYS_CHROOT', 'MKNOD', 'AUDIT_WRITE', 'SETFCAP'];

describe('who a container is', () => {
  it.each([
    ['root where nobody says', undefined, undefined, undefined, { readOnlyRoot: false }],
    ['as its image says', undefined, undefined, 8737, { readOnlyRoot: false, user: { uid: 8737, gid: 0 } }],
    ['as its pod says', { runAsUser: 1000, runAsGroup: 3000 }, undefined, 8737, { readOnlyRoot: false, user: { uid: 1000, gid: 3000 } }],
    ['as it says itself', { runAsUser: 1000, runAsGroup: 3000 }, { runAsUser: 2000, readOnlyRootFilesystem: true }, undefined, { readOnlyRoot: true, user: { uid: 2000, gid: 3000 } }],
    ['root although its image is not', undefined, { runAsUser: 0 }, 101, { readOnlyRoot: false }],
    ['somebody else than root, who was ruled out', { runAsNonRoot: true }, undefined, 101, { readOnlyRoot: false, user: { uid: 101, gid: 0 } }],
  ])('is %s', (_what, ofPod, own, imageUser, expected) => {
    expect(securityOf(pod(ofPod), container(own), imageUser)).toEqual({ capabilities: USUAL, ...expected });
  });

  it.each([
    ['an image that runs as root', { runAsNonRoot: true }, undefined, undefined, 'container has runAsNonRoot and image will run as root (pod: "p_ns(u1)", container: c)'],
    ['an image whose user is but a name', undefined, { runAsNonRoot: true }, 'app', 'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "p_ns(u1)", container: c)'],
    ['root by the pod itself', { runAsUser: 0 }, { runAsNonRoot: true }, 101, `container's runAsUser breaks non-root policy (pod: "p_ns(u1)", container: c)`],
  ])('may not be root: %s', (_what, ofPod, own, imageUser, message) => {
    expect(() => securityOf(pod(ofPod), container(own), imageUser)).toThrow(message);
  });

  it('may be root where the container takes back what the pod says', () => {
    expect(securityOf(pod({ runAsNonRoot: true }), container({ runAsNonRoot: false }), undefined)).toEqual({ readOnlyRoot: false, capabilities: USUAL });
  });

  it.each([
    ['what every container has', undefined, 'a80425fb'],
    ['that and more', { capabilities: { add: ['NET_ADMIN', 'sys_time'] } }, 'aa0435fb'],
    ['less', { capabilities: { drop: ['KILL', 'NET_RAW'] } }, 'a80405db'],
    ['nothing', { capabilities: { drop: ['ALL'] } }, '0'],
    ['one alone', { capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] } }, '400'],
    ['everything', { capabilities: { add: ['ALL'] } }, '1ffffffffff'],
    ['everything but one', { capabilities: { add: ['ALL'], drop: ['CHOWN'] } }, '1fffffffffe'],
    ['everything, where it is privileged', { privileged: true }, '1ffffffffff'],
  ])('may do %s', (_what, own, mask) => {
    expect(capabilityMask(securityOf(pod(), container(own), undefined).capabilities).toString(16)).toBe(mask);
  });
});
