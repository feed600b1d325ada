import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

let test: TestCluster;
const kubectl = async (...args: string[]): Promise<{ stdout: string; stderr: string }> => {
  try {
    return await promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, ...args]);
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { stdout, stderr };
  }
};

const IN = 'namespace: ingress-nginx';
/** What ingress-nginx' manifest for bare machines does, shortened. */
const MANIFEST = `
apiVersion: v1
kind: Namespace
metadata: {name: ingress-nginx}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ingress-nginx-admission, ${IN}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ingress-nginx-admission, ${IN}}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get, create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ingress-nginx-admission, ${IN}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ingress-nginx-admission}
subjects: [{kind: ServiceAccount, name: ingress-nginx-admission, ${IN}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ingress-nginx-admission}
rules: [{apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [get, update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ingress-nginx-admission}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ingress-nginx-admission}
subjects: [{kind: ServiceAccount, name: ingress-nginx-admission, ${IN}}]
---
apiVersion: v1
kind: Service
metadata: {name: ingress-nginx-controller, ${IN}}
spec: {type: NodePort, ports: [{name: http, port: 80, targetPort: http}, {name: https, port: 443, targetPort: https}], selector: {app.kubernetes.io/name: ingress-nginx}}
---
apiVersion: v1
kind: Service
metadata: {name: ingress-nginx-controller-admission, ${IN}}
spec: {ports: [{name: https-webhook, port: 443, targetPort: webhook}], selector: {app.kubernetes.io/name: ingress-nginx}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller, ${IN}}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: ingress-nginx}}
  template:
    metadata: {labels: {app.kubernetes.io/name: ingress-nginx}}
    spec:
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.12.1@sha256:d2fbc4ec70d8aa2050dd91a91506e998765e86c96f32cffb56c503c9c34eed5b
        args: [/nginx-ingress-controller, --election-id=ingress-nginx-leader, --controller-class=k8s.io/ingress-nginx, --ingress-class=nginx, "--validating-webhook=:8443", --validating-webhook-certificate=/usr/local/certificates/cert, --validating-webhook-key=/usr/local/certificates/key]
        readinessProbe: {httpGet: {path: /healthz, port: 10254}, periodSeconds: 1}
        ports: [{name: http, containerPort: 80}, {name: https, containerPort: 443}, {name: webhook, containerPort: 8443}]
        volumeMounts: [{name: webhook-cert, mountPath: /usr/local/certificates/, readOnly: true}]
      volumes: [{name: webhook-cert, secret: {secretName: ingress-nginx-admission}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: ingress-nginx-admission-create, ${IN}}
spec:
  template:
    spec:
      serviceAccountName: ingress-nginx-admission
      restartPolicy: OnFailure
      containers:
      - name: create
        image: registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.5.2
        args: [create, "--host=ingress-nginx-controller-admission,ingress-nginx-controller-admission.$(POD_NAMESPACE).svc", --namespace=$(POD_NAMESPACE), --secret-name=ingress-nginx-admission]
        env: [{name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: ingress-nginx-admission-patch, ${IN}}
spec:
  template:
    spec:
      serviceAccountName: ingress-nginx-admission
      restartPolicy: OnFailure
      containers:
      - name: patch
        image: registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.5.2
        args: [patch, --webhook-name=ingress-nginx-admission, --namespace=$(POD_NAMESPACE), --patch-mutating=false, --secret-name=ingress-nginx-admission, --patch-failure-policy=Fail]
        env: [{name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: ingress-nginx-admission}
webhooks:
- name: validate.nginx.ingress.kubernetes.io
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: ingress-nginx-controller-admission, ${IN}, path: /networking/v1/ingresses}}
  failurePolicy: Fail
  matchPolicy: Equivalent
  rules: [{apiGroups: [networking.k8s.io], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [ingresses]}]
  sideEffects: None
`;

beforeAll(async () => {
  test = await startTestCluster();
  const child = promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, 'apply', '-f', '-']);
  child.child.stdin?.end(MANIFEST);
  await child;
  await kubectl('create', 'deployment', 'web', '--image=hashicorp/http-echo', '--', '/http-echo', '-text=hello');
  await kubectl('expose', 'deployment', 'web', '--port=80', '--target-port=5678');
}, 60_000);
afterAll(() => test?.stop());

describe('ingress-nginx installed from its own manifest', () => {
  it('comes up as on any cluster', async () => {
    expect((await kubectl('wait', '-n', 'ingress-nginx', '--for=condition=complete', 'job', '--all', '--timeout=30s')).stdout).toBe('job.batch/ingress-nginx-admission-create condition met\njob.batch/ingress-nginx-admission-patch condition met\n');
    expect((await kubectl('wait', '-n', 'ingress-nginx', '--for=condition=ready', 'pod', '--selector=app.kubernetes.io/name=ingress-nginx', '--timeout=30s')).stdout).toMatch(/^pod\/ingress-nginx-controller-\S+ condition met\n$/);
  }, 70_000);

  it('answers at its Service from what Ingresses name', async () => {
    await kubectl('wait', '--for=condition=available', 'deployment/web', '--timeout=20s');
    await expect.poll(async () => (await kubectl('create', 'ingress', 'web', '--class=nginx', '--rule=web.example/*=web:80')).stdout, { timeout: 10_000, interval: 200 }).toBe('ingress.networking.k8s.io/web created\n');
    const ask = async (host: string) => {
      const socket = await test.cluster.network.dialAddress('ingress-nginx-controller.ingress-nginx.svc', 80);
      const asked = request({ path: '/', headers: { host }, createConnection: () => socket }).end();
      const [reply] = await once(asked, 'response');
      let body = '';
      for await (const chunk of reply) body += String(chunk);
      return [reply.statusCode, body];
    };
    expect([await ask('web.example'), (await ask('other.example'))[0]]).toEqual([[200, 'hello\n'], 404]);
  }, 40_000);

  it('refuses what two Ingresses would share, by its webhook', async () => {
    expect((await kubectl('create', 'ingress', 'second', '--class=nginx', '--rule=web.example/*=web:80')).stderr).toBe('error: failed to create ingress: admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "web.example" and path "/" is already defined in ingress default/web\n');
  });
});
