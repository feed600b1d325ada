import type { KubeObject } from '../../store/object.ts';

export const ARGO_VERSION = 'v3.7.6';
export const IMAGES = {
  server: `quay.io/argoproj/argocli:${ARGO_VERSION}`,
  controller: `quay.io/argoproj/workflow-controller:${ARGO_VERSION}`,
  executor: `quay.io/argoproj/argoexec:${ARGO_VERSION}`,
  minio: 'quay.io/minio/minio:latest',
  minioClient: 'quay.io/minio/mc:latest',
} as const;

const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
};

function deployment(name: string, podSpec: object): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'argo' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec },
    },
  };
}

/** How the Argo Server is started: what the course patches its Deployment to. */
export interface ServerSettings {
  authModes?: ('client' | 'server')[];
  secure?: boolean;
}

// After argo-workflows v3.7.6 manifests/base/argo-server
export function argoServerDeployment({ authModes = ['client'], secure = false }: ServerSettings = {}): KubeObject {
  return deployment('argo-server', {
    containers: [
      {
        args: ['server', ...authModes.map((mode) => `--auth-mode=${mode}`), ...(secure ? [] : ['--secure=false'])],
        env: ['FIRST_TIME_USER_MODAL', 'FEEDBACK_MODAL', 'NEW_VERSION_MODAL'].map((name) => ({ name, value: 'false' })),
        image: IMAGES.server,
        name: 'argo-server',
        ports: [{ containerPort: 2746, name: 'web' }],
        readinessProbe: {
          httpGet: { path: '/', port: 2746, scheme: secure ? 'HTTPS' : 'HTTP' },
          initialDelaySeconds: 10,
          periodSeconds: 20,
        },
        securityContext: hardened,
        volumeMounts: [{ mountPath: '/tmp', name: 'tmp' }],
      },
    ],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    securityContext: { runAsNonRoot: true },
    serviceAccountName: 'argo-server',
    volumes: [{ emptyDir: {}, name: 'tmp' }],
  });
}

export function argoServerService(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'argo-server', namespace: 'argo' },
    spec: { ports: [{ name: 'web', port: 2746, targetPort: 2746 }], selector: { app: 'argo-server' } },
  };
}

// After argo-workflows v3.7.6 manifests/base/workflow-controller
export function controllerDeployment(): KubeObject {
  return deployment('workflow-controller', {
    containers: [
      {
        args: [],
        command: ['workflow-controller'],
        env: [{ name: 'LEADER_ELECTION_IDENTITY', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
        image: IMAGES.controller,
        livenessProbe: { failureThreshold: 3, httpGet: { path: '/healthz', port: 6060 }, initialDelaySeconds: 90, periodSeconds: 60, timeoutSeconds: 30 },
        name: 'workflow-controller',
        ports: [{ containerPort: 9090, name: 'metrics' }, { containerPort: 6060 }],
        securityContext: hardened,
      },
    ],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    priorityClassName: 'workflow-controller',
    securityContext: { runAsNonRoot: true },
    serviceAccountName: 'argo',
  });
}

export function controllerPriorityClass(): KubeObject {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'workflow-controller' }, value: 1_000_000 };
}

const artifactRepository = `archiveLogs: false
s3:
  bucket: workflows
  endpoint: minio:9000
  insecure: true
  accessKeySecret:
    name: my-minio-cred
    key: accesskey
  secretKeySecret:
    name: my-minio-cred
    key: secretkey
`;

const workflowDefaults = `spec:
  serviceAccountName: argo-workflow
`;

/** The controller's settings: where artifacts go, and the ServiceAccount that workflows get without asking. */
export function controllerConfigMap(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'workflow-controller-configmap', namespace: 'argo' },
    data: { artifactRepository, workflowDefaults },
  };
}
