import type { Field, StructType } from './types.ts';

/** Where a field's name in Go is not its JSON name with a large first letter. Those of one struct alone are `Struct.name`. */
const NAMES: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiVersion: 'APIVersion',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cephfs: 'CephFS',
  'ISCSIVolumeSource.chapAuthDiscovery': 'DiscoveryCHAPAuth',
  'ISCSIVolumeSource.chapAuthSession': 'SessionCHAPAuth',
  csi: 'CSI',
  'AzureDiskVolumeSource.diskURI': 'DataDiskURI',
  dnsConfig: 'DNSConfig',
  dnsPolicy: 'DNSPolicy',
  'GlusterfsVolumeSource.endpoints': 'EndpointsName',
  fc: 'FC',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  grpc: 'GRPC',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  'RBDVolumeSource.image': 'RBDImage',
  ip: 'IP',
  iqn: 'IQN',
  iscsi: 'ISCSI',
  iscsiInterface: 'ISCSIInterface',
  metadata: 'ObjectMeta',
  'RBDVolumeSource.monitors': 'CephMonitors',
  nfs: 'NFS',
  os: 'OS',
  pdName: 'PDName',
  'RBDVolumeSource.pool': 'RBDPool',
  rbd: 'RBD',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  seLinuxOptions: 'SELinuxOptions',
  'PodSpec.serviceAccount': 'DeprecatedServiceAccount',
  sslEnabled: 'SSLEnabled',
  storageos: 'StorageOS',
  tcpSocket: 'TCPSocket',
  tty: 'TTY',
  uid: 'UID',
  'RBDVolumeSource.user': 'RadosUser',
  wwids: 'WWIDs',
};

/** The name of a pod's field, and of what templates hold beside it, in Go. */
export function goFieldName(struct: StructType, field: Field): string {
  if (field.inline && field.type.k === 'struct') return field.type.ref.slice(field.type.ref.lastIndexOf('.') + 1);
  return NAMES[`${struct.name}.${field.name}`] ?? NAMES[field.name] ?? `${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}`;
}
