import type { Duplex } from 'node:stream';
import type { KubeClient } from '../cluster/vocabulary.ts';
import type { RequestRecord } from '../cluster/vocabulary.ts';

/** A question with a verdict. Words are for a person: what was expected, what is there, why, and what to do next. */
export interface CheckResult {
  id: string;
  title: string;
  passed: boolean;
  expected: string;
  observed: string;
  why: string;
  next: string;
  /** Shown one after another at the learner's request. */
  hints: string[];
}

/** What checks may look at. Checks run in the server, not in the learner's shell. */
export interface CheckContext {
  /** The session's cluster, as its administrator. */
  client: KubeClient;
  /** Connects to 127.0.0.1:port as the learner would; rejects with code ECONNREFUSED. */
  dial(port: number): Promise<Duplex>;
  shell: ShellState;
  /** Oldest first. */
  requests(): readonly RequestRecord[];
  /** Runs a script in the session's place, as `verify.sh` does; output is capped at 64 kB. */
  runScript(path: string, timeoutMs: number): Promise<{ code: number; stdout: string; stderr: string; timedOut: boolean }>;
  /** Reads a file of the learner's home; undefined when missing, refused outside the home. */
  readFile(path: string): Promise<string | undefined>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects when `signal` aborts. */
  sleep(ms: number): Promise<void>;
  /** When the step was opened, milliseconds since the epoch. */
  stepOpenedAt: number;
  signal: AbortSignal;
}

/** What shell integration told about the learner's terminals. */
export interface ShellState {
  /** Declared variables, e.g. ARGO_TOKEN, as they are in the terminal used last. Unset ones are absent. */
  variables: Record<string, string>;
  /** Newest last, at most 200. */
  commands: { command: string; exitCode: number; at: number; cwd: string }[];
}
