import { posix } from 'node:path';

/** Where commands live that an image has beyond the host's: the host's own folders are read-only in a container. */
export const OWN_BIN = '/opt/image/bin';
export const OWN_PATH = `${OWN_BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** An image whose only command is its program, by itself or within a workflow's emissary: any other is not there. */
export const unlessNamed = (name: string) => (argv: readonly string[]): string[] | undefined => {
  const [command = ''] = argv[1] === 'emissary' ? argv.slice(argv.indexOf('--') + 1) : argv;
  return posix.basename(command) === name ? undefined : [...argv];
};

/** A command of the image that is its program: any other, or one with an option that only asks, is a process. */
export const commandOnly = (names: readonly string[], aside: RegExp) => (argv: readonly string[]): string[] | undefined => {
  const command = /^(?:docker-)?entrypoint\.sh$/.test(posix.basename(argv[0] ?? '')) ? argv.slice(1) : [...argv];
  return names.includes(posix.basename(command[0] ?? '')) && !command.some((word) => aside.test(word)) ? undefined : command;
};

/** How a server is begun and ended by its own command, where a container's shell does that. */
export interface ServiceCommand {
  name: string;
  version: string;
  port: number;
  /** Words of the command by which it stays in the foreground; absent: it always does. */
  foreground?: string;
}

/** The command of a server: what serves is a program of the cluster, which this tells to begin, with its words, and to end. */
export function serviceScript({ name, version, port, foreground }: ServiceCommand): string {
  const stays = 'trap \'rm -f "$service/up"; exit 0\' TERM INT QUIT; while :; do sleep 3600 & wait $!; done';
  return `#!/bin/sh
service=\${ARGO_LAB_SERVICE:-/run/argo-lab}
case " $* " in
  *" -v "*|*" -V "*|*" --version "*) echo "${version}" >&2; exit 0 ;;
  *" -t "*|*" -T "*) echo "${name}: in this cluster a small server of the lab stands for it; it reads no configuration" >&2; exit 1 ;;
  *" -s stop "*|*" -s quit "*|*" -k stop "*) rm -f "$service/up"; exit 0 ;;
  *" -s "*|*" -k restart "*|*" -k graceful "*) exit 0 ;;
esac
if [ ! -d "$service" ] || [ -e "$service/up" ]; then echo "${name}: [emerg] bind() to 0.0.0.0:${port} failed (98: Address already in use)" >&2; exit 1; fi
printf '%s\\n' "\${0##*/}" "$@" >"$service/.up" && mv "$service/.up" "$service/up"
${foreground === undefined ? stays : `case " $* " in *"${foreground}"*) ${stays} ;; esac`}
`;
}
