import { posix } from 'node:path';

type Files = Record<string, string>;

const DEBIAN: Readonly<Record<string, string>> = { '8': 'jessie', '9': 'stretch', '10': 'buster', '11': 'bullseye', '12': 'bookworm', '13': 'trixie' };
const UBUNTU: Readonly<Record<string, string>> = { '14.04': 'Trusty Tahr', '16.04': 'Xenial Xerus', '17.10': 'Artful Aardvark', '18.04': 'Bionic Beaver', '20.04': 'Focal Fossa', '22.04': 'Jammy Jellyfish', '24.04': 'Noble Numbat' };
const ALPINE = '3.21.0';

/** `NAME=value` lines; values with anything but letters, digits, dots and such are quoted, as distributions do. */
function release(values: Readonly<Record<string, string>>, bare: readonly string[]): string {
  return Object.entries(values).map(([name, value]) => `${name}=${bare.includes(name) ? value : `"${value}"`}\n`).join('');
}

/** What Alpine says of the release that a tag names, `3.6` or `3.20.1`; of a newer one for any other. */
export function alpineRelease(tag: string): Files {
  const version = /^\d+\.\d+(?:\.\d+)?/.exec(tag)?.[0] ?? ALPINE;
  const full = /\.\d+\./.test(version) ? version : version === '3.21' ? ALPINE : `${version}.0`;
  return {
    '/etc/alpine-release': `${full}\n`,
    '/etc/os-release': release({ NAME: 'Alpine Linux', ID: 'alpine', VERSION_ID: full, PRETTY_NAME: `Alpine Linux v${full.replace(/\.\d+$/, '')}`, HOME_URL: 'https://alpinelinux.org/', BUG_REPORT_URL: 'https://gitlab.alpinelinux.org/alpine/aports/-/issues' }, ['ID', 'VERSION_ID']),
  };
}

/** The same of Debian, by number or by name: `9.5-slim`, `bookworm`. */
export function debianRelease(tag: string): Files {
  const named = Object.entries(DEBIAN).find(([, name]) => tag.startsWith(name))?.[0];
  const [version = named ?? '12'] = /^\d+(?:\.\d+)?/.exec(tag) ?? [];
  const number = version.split('.')[0] ?? version;
  const name = DEBIAN[number];
  const shown = name === undefined ? number : `${number} (${name})`;
  return {
    '/etc/debian_version': `${version.includes('.') ? version : `${version}.0`}\n`,
    '/etc/os-release': release({ PRETTY_NAME: `Debian GNU/Linux ${shown}`, NAME: 'Debian GNU/Linux', VERSION_ID: number, VERSION: shown, ...(name === undefined ? {} : { VERSION_CODENAME: name }), ID: 'debian', HOME_URL: 'https://www.debian.org/', SUPPORT_URL: 'https://www.debian.org/support', BUG_REPORT_URL: 'https://bugs.debian.org/' }, ['VERSION_CODENAME', 'ID']),
  };
}

/** The same of Ubuntu, by number or by the first word of its name: `22.04`, `jammy`. */
export function ubuntuRelease(tag: string): Files {
  const named = Object.entries(UBUNTU).find(([, name]) => tag.startsWith(name.split(' ')[0]?.toLowerCase() ?? ' '))?.[0];
  const version = /^\d+\.\d+/.exec(tag)?.[0] ?? named ?? '24.04';
  const name = UBUNTU[version];
  const lts = /^\d*[02468]\.04$/.test(version) ? ' LTS' : '';
  const code = name?.split(' ')[0]?.toLowerCase();
  return {
    '/etc/os-release': release({ PRETTY_NAME: `Ubuntu ${version}${lts}`, NAME: 'Ubuntu', VERSION_ID: version, VERSION: `${version}${lts}${name === undefined ? '' : ` (${name})`}`, ...(code === undefined ? {} : { VERSION_CODENAME: code }), ID: 'ubuntu', ID_LIKE: 'debian', HOME_URL: 'https://www.ubuntu.com/', SUPPORT_URL: 'https://help.ubuntu.com/', BUG_REPORT_URL: 'https://bugs.launchpad.net/ubuntu/' }, ['VERSION_CODENAME', 'ID', 'ID_LIKE']),
  };
}

/** Of images of languages, which come on Alpine or on Debian: `3.12-slim`, `alpine3.6`, `9.1-alpine`. */
export function languageRelease(tag: string): Files {
  const alpine = /alpine(\d+\.\d+)?/.exec(tag);
  if (alpine !== null) return alpineRelease(alpine[1] ?? '');
  return debianRelease(Object.values(DEBIAN).find((name) => posix.basename(tag).includes(name)) ?? '');
}
