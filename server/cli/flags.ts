import { LabError } from '../lib/errors.ts';

/** Flags as commander hands them on. */
export interface Flags {
  port?: string;
  host?: string;
  data?: string;
  scenarios?: string[];
  sandbox?: string;
  cluster?: string;
  kubeconfig?: string;
  context?: string;
  nodeImage?: string;
  argoManifest?: string;
  warm?: string;
  allowHost?: string[];
  allowRemote?: boolean;
  previewDomain?: string;
  maxSessions?: string;
  logLevel?: string;
  watch?: boolean;
}

/** What starts the lab: given by main, because the command line knows no room. */
export interface StartedLab {
  url: string;
  notices: string[];
  close(): Promise<void>;
}

/** A flag's whole number within bounds. */
export function integer(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new LabError('bad-request', `${flag} takes a number from ${least} to ${most}, not ${text}`);
  return value;
}
