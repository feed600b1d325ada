import type { ImageFamily } from './model.ts';

export interface ImageMeaning {
  family: ImageFamily;
  /** False where the id is in no list of ours: the family is a guess, and said so. */
  known: boolean;
  hosts: string[];
  /** What the id itself promises that a lab may lack. */
  needs: ('docker' | 'openshift')[];
}

const PLAIN = new Set(['ubuntu', 'ubuntu-4gb', 'ubuntu1804', 'ubuntu18.04', 'ubuntu:1804', 'ubuntu:18.04', 'ubuntu2004', 'ubuntu20.04', 'ubuntu:2004', 'ubuntu:20.04', 'bash', 'bash1804', 'bash2004', 'git', 'python', 'go', 'golang', 'vscode']);
const DOCKER = new Set(['docker', 'docker-swarm', 'swarm', 'docker-golang', 'docker-node', 'envoy-docker']);
const ONE_NODE = ['controlplane'];
const TWO_NODES = ['controlplane', 'node01'];
/** `kubernetes-kubeadm-1node`, `-2nodes`, `-1node-4GB`, `-2nodes-rapid`, `-1node-ubuntu20.04`; cks and k3s are the same to a learner. */
const KUBERNETES = /^kubernetes-(?:kubeadm|k3s|cks)-(1node|2nodes)(?:-rapid|-4gb|-ubuntu20\.04)*$/;
/** Katacoda's own: two nodes, by version. */
const KATACODA_CLUSTER = /^kubernetes-cluster(?:-running)?(?::\d[\w.]*)?$/;
const MINIKUBE = /^minikube(?:-builder|-running)?(?::\d[\w.]*)?$/;

/**
 * What an image id means: a cluster or a plain machine. Compared without regard to case; an id in no list goes by its
 * beginning (`kubernetes…`, `minikube…`, `k3s…` is a cluster, everything else is not).
 */
export function imageMeaning(imageId: string | undefined): ImageMeaning {
  const id = (imageId ?? '').trim().toLowerCase();
  if (id === '' || PLAIN.has(id)) return { family: 'plain', known: true, hosts: ['host01'], needs: [] };
  if (DOCKER.has(id)) return { family: 'plain', known: true, hosts: ['host01'], needs: ['docker'] };
  const nodes = KUBERNETES.exec(id)?.[1];
  if (nodes !== undefined) return { family: 'cluster', known: true, hosts: nodes === '2nodes' ? TWO_NODES : ONE_NODE, needs: [] };
  if (KATACODA_CLUSTER.test(id)) return { family: 'cluster', known: true, hosts: TWO_NODES, needs: [] };
  if (id === 'kubernetes' || MINIKUBE.test(id)) return { family: 'cluster', known: true, hosts: ONE_NODE, needs: [] };
  if (/^(?:kubernetes|minikube|k3s)/.test(id)) return { family: 'cluster', known: false, hosts: ONE_NODE, needs: [] };
  return { family: 'plain', known: false, hosts: ['host01'], needs: id.startsWith('openshift') ? ['openshift'] : [] };
}
