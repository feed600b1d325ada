/** What may be set about kind; the versions that are used otherwise are in pins.ts. */
export interface KindSettings {
  /** `kind/` in the data folder: who owns which cluster, downloads. */
  folder: string;
  /** Another node image than the pinned one. */
  nodeImage?: string;
  /** Path of a file with Argo's manifests, instead of the pinned release. */
  argoManifest?: string;
  /** Clusters that are kept ready ahead of need. */
  warm: number;
  /** For `kind` and `docker`: PATH, HOME, DOCKER_HOST and the like. */
  environment: Readonly<Record<string, string | undefined>>;
}
