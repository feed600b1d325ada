export type Severity = 'error' | 'warning' | 'info';

/** What `argo-lab lint` says about a place in a file. */
export interface Finding {
  /** Relative to where the command was started, where it is below. */
  file: string;
  /** From 1. */
  line?: number;
  /** From 1. */
  column?: number;
  code: string;
  severity: Severity;
  message: string;
  /** How to mend it. */
  mend: string;
  /** The page it belongs to: `intro`, `step2`. */
  page?: string;
}

/** A rule as the list in the author's guide has it. */
export interface Rule {
  code: string;
  severity: Severity;
  /** What it finds, in half a sentence. */
  finds: string;
  mend: string;
}
