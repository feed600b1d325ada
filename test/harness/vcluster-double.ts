import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Stands for the commands `vcluster` and `kubectl port-forward`: the virtual cluster is another real API server. */
export interface VclusterDouble {
  environment: Record<string, string>;
  /** The command lines so far. */
  calls(): Promise<string[]>;
}

/** `inside` is the kubeconfig of what the virtual cluster shall be, `port` where that listens; `fail` makes `create` fail with this. */
export async function writeVclusterDouble(folder: string, inside: string, port: number, fail?: string): Promise<VclusterDouble> {
  const bin = join(folder, 'double-bin');
  const log = join(folder, 'double.log');
  await mkdir(bin, { recursive: true });
  await writeFile(log, '');
  const vcluster = `#!/bin/sh
echo "vcluster $*" >>'${log}'
case "$1" in
--version) echo 'vcluster version 0.24.1' ;;
create) ${fail === undefined ? "echo 'done Successfully created virtual cluster lab'" : `echo '${fail}' >&2; exit 1`} ;;
connect) cat '${inside}' ;;
esac
`;
  const kubectl = `#!/bin/sh
echo "kubectl $*" >>'${log}'
echo 'Forwarding from 127.0.0.1:${port} -> 8443'
exec sleep 600
`;
  for (const [name, text] of [['vcluster', vcluster], ['kubectl', kubectl]] as const) {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }
  return {
    environment: { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, HOME: folder },
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
  };
}
