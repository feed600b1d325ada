/** Which cluster `existing` is. */
export interface ExistingSettings {
  /** Absolute path. */
  kubeconfig: string;
  /** Default: the file's current context. */
  context?: string;
  /** A folder of the provider's own below the data folder. */
  folder: string;
  /** For `vcluster` and `kubectl`: PATH, HOME and the like. Default: the lab's own. */
  environment?: Readonly<Record<string, string | undefined>>;
}
