import type { Duplex } from 'node:stream';
import type { KubeClient } from '../cluster/vocabulary.ts';
import type { RequestRecord } from '../cluster/vocabulary.ts';
import type { RunResult } from '../sandbox/run.ts';
import type { Outcome } from './kind.ts';
import type { QuizQuestion } from './quiz.ts';

/** A question with a verdict. Words are for a person: what was expected, what is there, why, and what to do next. */
export interface CheckResult extends Outcome {
  id: string;
  title: string;
  /** Shown one after another at the learner's request. */
  hints: string[];
}

export type CommandResult = Omit<RunResult, 'bytes'>;

/** What checks may look at. Checks run in the server, not in the learner's shell. */
export interface CheckContext {
  /** The session's cluster, as its administrator. */
  client: KubeClient;
  /** Connects to 127.0.0.1:port as the learner would; rejects with code ECONNREFUSED. */
  dial(port: number): Promise<Duplex>;
  shell: ShellState;
  /** Oldest first. */
  requests(): readonly RequestRecord[];
  /** The text of a script of the scenario. */
  readScript(path: string): Promise<string>;
  /** Runs a script in the session's place, as `verify.sh` does; output is capped at 64 kB. */
  runScript(path: string, timeoutMs: number): Promise<CommandResult>;
  /** Runs a command line with bash in the session's place, in `folder` (the home where nothing is said); output is capped at 64 kB. */
  runCommand(line: string, timeoutMs: number, folder?: string): Promise<CommandResult>;
  /** Reads a file as the place's processes would, at most 1 MiB; undefined when it is missing or can't be read. `~/` and relative paths lead to the home. */
  readFile(path: string): Promise<string | undefined>;
  /** What lies at a path; undefined when nothing does. */
  statFile(path: string): Promise<FileState | undefined>;
  /** The quizzes of the page. */
  quizzes: readonly QuizQuestion[];
  /** What the learner answered last, by question: ids of options, or one text. Unanswered ones are absent. */
  quizAnswers: Readonly<Record<string, readonly string[]>>;
  /** Languages that the learner reads, the best first. */
  languages: readonly string[];
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects when `signal` aborts. */
  sleep(ms: number): Promise<void>;
  /** When the step was opened, milliseconds since the epoch. */
  stepOpenedAt: number;
  signal: AbortSignal;
}

export interface FileState {
  /** What the path leads to; `link` where that is missing. */
  type: 'file' | 'folder' | 'link' | 'other';
  /** The path itself is a symbolic link. */
  link: boolean;
  /** Bytes. */
  size: number;
  /** The permission bits, e.g. 0o755. */
  mode: number;
  /** Milliseconds since the epoch, to the second. */
  modifiedAt: number;
}

/** What shell integration told about the learner's terminals. */
export interface ShellState {
  /** Declared variables, e.g. ARGO_TOKEN, as they are in the terminal used last. Unset ones are absent. */
  variables: Record<string, string>;
  /** Newest last, at most 200. */
  commands: { command: string; exitCode: number; at: number; cwd: string }[];
}
