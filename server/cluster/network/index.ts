export { createPodNetwork, type KubeletNetwork } from './virtual-network.ts';
export { startServiceProxy, parseClusterName, CLUSTER_DOMAIN } from './service-proxy.ts';
export { allocateServiceIP } from './service-addresses.ts';
export { serviceAddresses } from './service-admission.ts';
