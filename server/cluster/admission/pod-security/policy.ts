/** Which level a namespace asks for, and what of a pod goes against it. After kubernetes 1.32 pod-security-admission/api and policy */
import { goString } from '../../api/schema/causes.ts';
import type { StatusCause } from '../../api/status.ts';
import { CHECKS, type PodParts, type Violation } from './checks.ts';

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];
const PREFIX = 'pod-security.kubernetes.io/';
/** The minor version of Kubernetes that `latest` means. */
const LATEST = 32;

export interface Standard {
  level: Level;
  /** `latest`, `v1.30` */
  version: string;
}

export interface Policy {
  enforce: Standard;
  warn: Standard;
  /** What is wrong with the namespace's labels. */
  problems: StatusCause[];
}

/** What the labels of a namespace say; what can't be read is taken strictly where it counts. */
export function policyOf(labels: Readonly<Record<string, string>>): Policy {
  const problems: StatusCause[] = [];
  const standard = (mode: string, broken: Level): Standard => {
    const level = labels[`${PREFIX}${mode}`];
    const known = LEVELS.find((one) => one === level);
    const fail = (key: string, value: string, detail: string): void => void problems.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${goString(value)}: ${detail}`, field: `metadata.labels[${key}]` });
    if (level !== undefined && known === undefined) fail(`${PREFIX}${mode}`, level, `must be one of ${LEVELS.join(', ')}`);
    const version = labels[`${PREFIX}${mode}-version`];
    const fine = version === undefined || version === 'latest' || /^v1\.([0-9]|[1-9][0-9]*)$/.test(version);
    if (!fine) fail(`${PREFIX}${mode}-version`, version, 'must be "latest" or "v1.x"');
    return { level: known ?? (level === undefined ? 'privileged' : broken), version: fine ? (version ?? 'latest') : 'latest' };
  };
  const enforce = standard('enforce', 'restricted');
  standard('audit', 'privileged');
  const warn = standard('warn', 'privileged');
  // Who enforces a level is told of controllers whose pods would not come through.
  const enforces = LEVELS.some((level) => level === labels[`${PREFIX}enforce`]);
  if (labels[`${PREFIX}warn`] === undefined && enforces && isStricter(enforce.level, warn.level)) {
    warn.level = enforce.level;
    if (labels[`${PREFIX}warn-version`] === undefined) warn.version = enforce.version;
  }
  return { enforce, warn, problems };
}

export function isStricter(a: Level, b: Level): boolean {
  return LEVELS.indexOf(a) > LEVELS.indexOf(b);
}

/** `restricted:latest` */
export function standardText({ level, version }: Standard): string {
  return `${level}:${version}`;
}

export function violations(pod: PodParts, { level, version }: Standard): Violation[] {
  if (level === 'privileged') return [];
  const minor = version === 'latest' ? LATEST : Number(version.slice('v1.'.length));
  const made = CHECKS.filter((check) => (level === 'restricted' || check.level === 'baseline') && minor >= (check.since ?? 0));
  const better = new Set(made.flatMap((check) => check.overrides ?? []));
  return made.filter((check) => !better.has(check.id)).flatMap((check) => check.find(pod, minor) ?? []);
}

/** `privileged (container "a" must not set …), hostPort (…)` */
export function violationText(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}
