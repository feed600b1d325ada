/** What the pinned Argo Workflows says of its own build. */
export const VERSION = {
  version: 'v3.7.6',
  buildDate: '2025-12-09T13:25:23Z',
  gitCommit: '9572e7b8243834b951385584c2a344378accb76d',
  gitTag: 'v3.7.6',
  gitTreeState: 'clean',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
} as const;
