import type { ImageEntry } from '../../program.ts';

export const busybox: ImageEntry = { repository: 'busybox', cmd: ['sh'], size: 1_100_282, content: { kind: 'root-folder', base: 'busybox' } };

/** Debian's and Alpine's apk differ from busybox only in the package manager, which could reach nothing here. */
export const alpine: ImageEntry = {
  repository: 'alpine',
  cmd: ['/bin/sh'],
  size: 1_100_450,
  content: {
    kind: 'root-folder',
    base: 'busybox',
    files: {
      '/usr/local/sbin/apk': '#!/bin/sh\necho "apk: this cluster has no package repositories; the image holds what it holds" >&2\nexit 1\n',
      '/etc/alpine-release': '3.21.0\n',
    },
  },
};

export const debian: ImageEntry = { repository: 'debian', cmd: ['bash'], content: { kind: 'root-folder', base: 'host' } };
export const ubuntu: ImageEntry = { repository: 'ubuntu', cmd: ['/bin/bash'], content: { kind: 'root-folder', base: 'host' } };
