import type { ImageEntry } from '../../program.ts';
import { alpineRelease, languageRelease } from './os-release.ts';

/** Images that are one command of the host's: where the host has it not, the container says so as for any missing command. */
export const hostTools: readonly ImageEntry[] = [
  { repository: 'bash', cmd: ['bash'], content: { kind: 'root-folder', base: 'host' } },
  { repository: 'node', cmd: ['node'], filesOfTag: languageRelease, content: { kind: 'root-folder', base: 'host' } },
  { repository: 'perl', cmd: ['perl'], filesOfTag: languageRelease, content: { kind: 'root-folder', base: 'host' } },
  { repository: 'ghcr.io/jqlang/jq', entrypoint: ['jq'], content: { kind: 'root-folder', base: 'host' } },
  { repository: 'stedolan/jq', entrypoint: ['jq'], content: { kind: 'root-folder', base: 'host' } },
  { repository: 'nicolaka/netshoot', cmd: ['bash'], content: { kind: 'root-folder', base: 'host' } },
  { repository: 'registry.k8s.io/e2e-test-images/busybox', cmd: ['sh'], content: { kind: 'root-folder', base: 'busybox' } },
  { repository: 'radial/busyboxplus', cmd: ['sh'], content: { kind: 'root-folder', base: 'busybox', hostCommands: ['curl'] } },
  { repository: 'golang', cmd: ['bash'], workingDir: '/go', filesOfTag: languageRelease, env: { GOPATH: '/go' }, content: { kind: 'root-folder', base: 'host' } },
  { repository: 'alpine/git', entrypoint: ['git'], cmd: ['--help'], workingDir: '/git', filesOfTag: () => alpineRelease(''), content: { kind: 'root-folder', base: 'host' } },
  { repository: 'bitnami/kubectl', user: 1001, entrypoint: ['kubectl'], cmd: ['--help'], content: { kind: 'root-folder', base: 'host' } },
];
