import { describe, expect, it } from 'vitest';
import { alpineRelease, debianRelease, languageRelease, ubuntuRelease } from '../../../../server/cluster/kubelet/images/os-release.ts';

const pretty = (files: Record<string, string>) => /^PRETTY_NAME="(.*)"$/m.exec(files['/etc/os-release'] ?? '')?.[1];

describe('what an image says of its release', () => {
  it('is written as the distribution writes it', () => {
    expect(alpineRelease('3.6')).toEqual({ '/etc/alpine-release': '3.6.0\n', '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.6.0\nPRETTY_NAME="Alpine Linux v3.6"\nHOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n' });
    expect(debianRelease('9.1')['/etc/debian_version']).toBe('9.1\n');
  });

  it.each([
    [alpineRelease, 'latest', 'Alpine Linux v3.21'],
    [alpineRelease, '3.20.3', 'Alpine Linux v3.20'],
    [debianRelease, '9.1', 'Debian GNU/Linux 9 (stretch)'],
    [debianRelease, 'bookworm-slim', 'Debian GNU/Linux 12 (bookworm)'],
    [debianRelease, 'latest', 'Debian GNU/Linux 12 (bookworm)'],
    [debianRelease, '99', 'Debian GNU/Linux 99'],
    [ubuntuRelease, '17.10', 'Ubuntu 17.10'],
    [ubuntuRelease, 'jammy', 'Ubuntu 22.04 LTS'],
    [ubuntuRelease, 'latest', 'Ubuntu 24.04 LTS'],
    [languageRelease, 'alpine3.6', 'Alpine Linux v3.6'],
    [languageRelease, '9.1-alpine', 'Alpine Linux v3.21'],
    [languageRelease, '3.12-slim-bullseye', 'Debian GNU/Linux 11 (bullseye)'],
  ])('follows the tag: %o %s', (of, tag, expected) => {
    expect(pretty(of(tag))).toBe(expected);
  });
});
