/**
 * What kind clusters are made of, each with its checksum. Everything here can be replaced: KIND_NODE_IMAGE or
 * `--node-image`, ARGO_MANIFEST or `--argo-manifest`, and any `kind` on the PATH.
 */

export const KIND_VERSION = 'v0.27.0';

/** SHA-256 of the release's programs, by platform and architecture as node names them. Source: the release's own `.sha256sum` files. */
const KIND_CHECKSUMS: Record<string, string> = {
  'linux-x64': 'a6875aaea358acf0ac07786b1a6755d08fd640f4c79b7a2e46681cc13f49a04b',
  'linux-arm64': '5e4507a41c69679562610b1be82ba4f80693a7826f4e9c6e39236169a3e4f9d0',
  'darwin-x64': '3435134325b6b9406ccfec417b13bb46a808fc74e9a2ebb0ca31b379c8293863',
  'darwin-arm64': '5240ca1acb587e1d0386532dd8c3373d81f5173b5af322919fc56f0cdd646596',
};

/** Kubernetes v1.32.2, the image that kind v0.27.0 takes by itself. */
export const NODE_IMAGE = 'kindest/node:v1.32.2@sha256:f226345927d7e348497136874b6d207e0b32cc52154ad8323129352923a3142f';

export interface Download {
  url: string;
  sha256: string;
}

/** The program for this machine; undefined where the release has none. */
export function kindDownload(platform: string, architecture: string): Download | undefined {
  const sha256 = KIND_CHECKSUMS[`${platform}-${architecture}`];
  if (sha256 === undefined) return undefined;
  return { url: `https://kind.sigs.k8s.io/dl/${KIND_VERSION}/kind-${platform}-${architecture === 'x64' ? 'amd64' : architecture}`, sha256 };
}

export const ARGO_VERSION = 'v3.7.6';

/** The release's manifests for a whole cluster: made from the tag's sources by its own Makefile, which gives the same bytes. */
export const ARGO_MANIFEST: Download = {
  url: `https://github.com/argoproj/argo-workflows/releases/download/${ARGO_VERSION}/install.yaml`,
  sha256: '8d920e64e6be276416f6f0bf019e06e60dd506b3a7818488889f8d3e7dc11ba2',
};

/** Needed by Argo beside what its manifests name: the executor runs in each workflow's pods. */
export const EXECUTOR_IMAGE = `quay.io/argoproj/argoexec:${ARGO_VERSION}`;

/** A controller that was built without a version asks for `latest`. */
export const EXECUTOR_IMAGES: readonly string[] = [EXECUTOR_IMAGE, 'quay.io/argoproj/argoexec:latest'];
