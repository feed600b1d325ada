import { describe, expect, it } from 'vitest';
import { endLines, entrypointLines, nginxError, nginxTime, startLines } from '../../../../server/cluster/kubelet/images/nginx-log.ts';

const AT = Date.UTC(2026, 10, 23, 9, 28, 56);

describe('what nginx says', () => {
  it('when its image begins', () => {
    expect(entrypointLines('1.27.3', 'own')).toEqual([
      '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration',
      '/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/',
      '/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh',
      '10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf',
      '10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf',
      '/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh',
      '/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh',
      '/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh',
      '/docker-entrypoint.sh: Configuration complete; ready for start up',
    ]);
  });

  it.each([
    ['1.24.0', 'own', 8, 4],
    ['1.24.0', 'mounted', 7, 3],
    ['1.27.3', 'missing', 8, 3],
    ['1.14.2', 'own', 0, undefined],
  ] as const)('depends on its version %s and configuration %s', (version, config, count, last) => {
    const lines = entrypointLines(version, config);
    expect([lines.length, lines.findLastIndex((line) => line.startsWith('10-listen'))]).toEqual([count, last ?? -1]);
  });

  it('itself when it begins and when it ends', () => {
    expect(startLines('1.27.3', { alpine: false, workers: 2, kernel: '6.1.0' })).toEqual([
      '[notice] 1#1: using the "epoll" event method',
      '[notice] 1#1: nginx/1.27.3',
      '[notice] 1#1: built by gcc 12.2.0 (Debian 12.2.0-14) ',
      '[notice] 1#1: OS: Linux 6.1.0',
      '[notice] 1#1: getrlimit(RLIMIT_NOFILE): 1048576:1048576',
      '[notice] 1#1: start worker processes',
      '[notice] 1#1: start worker process 29',
      '[notice] 1#1: start worker process 30',
    ]);
    expect(startLines('1.24.0', { alpine: false, workers: 0, kernel: 'k' })[2]).toBe('[notice] 1#1: built by gcc 10.2.1 20210110 (Debian 10.2.1-6) ');
    expect(startLines('1.21.1', { alpine: true, workers: 0, kernel: 'k' })[2]).toBe('[notice] 1#1: built by gcc 10.3.1 20210424 (Alpine 10.3.1_git20210424) ');
    expect(startLines('1.14.2', { alpine: false, workers: 1, kernel: 'k' })).toEqual([]);
    expect(endLines('1.27.3', 1)).toEqual([
      '[notice] 1#1: signal 3 (SIGQUIT) received, shutting down',
      '[notice] 29#29: gracefully shutting down',
      '[notice] 29#29: exiting',
      '[notice] 29#29: exit',
      '[notice] 1#1: signal 17 (SIGCHLD) received from 29',
      '[notice] 1#1: worker process 29 exited with code 0',
      '[notice] 1#1: exit',
    ]);
  });

  it('of a page that is not there', () => {
    expect(nginxTime(AT)).toBe('2026/11/23 09:28:56');
    expect(nginxError(AT, { number: 3, address: '10.244.0.1', line: 'GET /x HTTP/1.1', host: '10.244.0.5', referer: 'http://a/' }, 'open() "/usr/share/nginx/html/x" failed (2: No such file or directory)')).toBe(
      '2026/11/23 09:28:56 [error] 29#29: *3 open() "/usr/share/nginx/html/x" failed (2: No such file or directory), client: 10.244.0.1, server: localhost, request: "GET /x HTTP/1.1", host: "10.244.0.5", referrer: "http://a/"\n',
    );
  });
});
