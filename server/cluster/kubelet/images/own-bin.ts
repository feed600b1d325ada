import { posix } from 'node:path';

/** Where commands live that an image has beyond the host's: the host's own folders are read-only in a container. */
export const OWN_BIN = '/opt/image/bin';
export const OWN_PATH = `${OWN_BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** An image whose only command is its program, by itself or within a workflow's emissary: any other is not there. */
export const unlessNamed = (name: string) => (argv: readonly string[]): string[] | undefined => {
  const [command = ''] = argv[1] === 'emissary' ? argv.slice(argv.indexOf('--') + 1) : argv;
  return posix.basename(command) === name ? undefined : [...argv];
};
