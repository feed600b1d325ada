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
  homeSize?: string;
  podsSize?: string;
  logLevel?: string;
  watch?: boolean;
}

/** What starts the lab: given by main, because the command line knows no room. */
export interface StartedLab {
  url: string;
  notices: string[];
  close(): Promise<void>;
}

const UNITS: Readonly<Record<string, number>> = { Mi: 1024 ** 2, Gi: 1024 ** 3, M: 1e6, G: 1e9 };

/** A flag's amount of bytes, such as `500Mi` or `2Gi`. */
export function bytes(flag: string, text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})(Mi|Gi|M|G)$/.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (!(value > 0)) throw new LabError('bad-request', `${flag} takes a size such as 500Mi or 2Gi, not ${text}`);
  return value;
}

/** A flag's whole number within bounds. */
export function integer(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new LabError('bad-request', `${flag} takes a number from ${least} to ${most}, not ${text}`);
  return value;
}
