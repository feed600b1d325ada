import type { ClusterFlags } from '../cluster.ts';
import type { AddCommand } from '../command.ts';
import { SANDBOX, logLevel } from '../options.ts';

export const addCluster: AddCommand = (program, { parts, exit }) => {
  program
    .command('cluster')
    .description('run an embedded cluster with Argo Workflows in the foreground')
    .option('--port <number>', 'port of the Kubernetes API; 0 takes a free one', '0')
    .option('--argo-port <number>', 'also listen on this port for the Argo Server; 0 takes a free one')
    .option('--addons', 'with the StorageClass and the IngressClass that clusters of sessions have')
    .option('--ingress-port <number>', 'also serve Ingresses over HTTP on this port; 0 takes a free one')
    .option('--kubeconfig-out <file>', 'where to write the kubeconfig', 'kubeconfig.yaml')
    .option(...SANDBOX)
    .option(...logLevel('warn'))
    .action(async (flags: ClusterFlags) => {
      const { cluster } = await import('../cluster.ts');
      exit(await cluster(flags, await parts.argoUi()));
    });
};
