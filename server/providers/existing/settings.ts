/** Which cluster `existing` is. */
export interface ExistingSettings {
  /** Absolute path. */
  kubeconfig: string;
  /** Default: the file's current context. */
  context?: string;
  /** A folder of the provider's own below the data folder. */
  folder: string;
}
