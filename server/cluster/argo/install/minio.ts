import type { KubeObject } from '../../store/object.ts';
import { IMAGES } from './workloads.ts';

const credentials = { accesskey: 'argoproj', secretkey: 'sup3rs3cr3tp4ssw0rd1' };

const makeBuckets = `#!/bin/sh
set -e
mc config host add minio http://minio:9000 "$ACCESS_KEY" "$SECRET_KEY"
mc mb --ignore-existing minio/workflows
mc mb --ignore-existing minio/argoproj
mc mb --ignore-existing minio/my-bucket
`;

const fromSecret = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { key, name: 'my-minio-cred' } } });

/** The object store that the course's artifacts live in: its pod, Service, credentials, and the job that makes buckets. */
export function minioObjects(): KubeObject[] {
  const namespace = 'argo';
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'my-minio-cred', namespace }, type: 'Opaque', stringData: credentials },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'minio-config', namespace }, data: { initialize: makeBuckets } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'minio', namespace, labels: { app: 'minio' } },
      spec: {
        selector: { matchLabels: { app: 'minio' } },
        template: {
          metadata: { labels: { app: 'minio' } },
          spec: {
            containers: [
              {
                name: 'minio',
                image: IMAGES.minio,
                command: ['minio', 'server', '--console-address', ':9001', '/data'],
                env: [fromSecret('MINIO_ROOT_USER', 'accesskey'), fromSecret('MINIO_ROOT_PASSWORD', 'secretkey')],
                ports: [
                  { containerPort: 9000, name: 'api' },
                  { containerPort: 9001, name: 'dashboard' },
                ],
                readinessProbe: { httpGet: { path: '/minio/health/ready', port: 9000 }, periodSeconds: 10 },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'minio', namespace, labels: { app: 'minio' } },
      spec: {
        selector: { app: 'minio' },
        ports: [
          { name: 'api', port: 9000, protocol: 'TCP', targetPort: 9000 },
          { name: 'dashboard', port: 9001, protocol: 'TCP', targetPort: 9001 },
        ],
      },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'minio-job', namespace, labels: { app: 'minio-job' } },
      spec: {
        template: {
          metadata: { labels: { app: 'minio-job', job: 'minio-job' } },
          spec: {
            restartPolicy: 'OnFailure',
            containers: [
              {
                name: 'mc',
                image: IMAGES.minioClient,
                command: ['/bin/sh', '/config/initialize'],
                env: [fromSecret('ACCESS_KEY', 'accesskey'), fromSecret('SECRET_KEY', 'secretkey')],
                volumeMounts: [{ name: 'config', mountPath: '/config' }],
              },
            ],
            volumes: [{ name: 'config', configMap: { name: 'minio-config' } }],
          },
        },
      },
    },
  ];
}
