import type { ImageEntry } from '../../program.ts';

export const curl: ImageEntry = { repository: 'curlimages/curl', user: 'curl_user', entrypoint: ['curl'], cmd: ['--help'], content: { kind: 'root-folder', base: 'host' } };
/** On Alpine: scripts written for it use what its shell knows beyond the standard. */
export const curlAppropriate: ImageEntry = { repository: 'appropriate/curl', entrypoint: ['/usr/local/bin/curl'], content: { kind: 'root-folder', base: 'busybox', hostCommands: ['curl'] } };
