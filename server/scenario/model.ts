import type { ArgoBackend, KindBackend } from './schema.ts';
import type { Words } from './words.ts';

/** A scenario as loaded from a folder in the Killercoda format. Every path is relative to the scenario's folder. */
export interface Scenario {
  /** `argo-workflows/using-the-api`: the course path and the folder's name. */
  id: string;
  title: string;
  description: string;
  difficulty?: string;
  time?: string;
  /** Absolute path of the scenario's folder. */
  folder: string;
  /** Absolute path of the repository it is part of: links and images may lead anywhere inside it, never out. */
  root: string;
  intro?: Page;
  steps: Page[];
  finish?: Page;
  assets: { host: string; file: string; target: string; chmod?: string }[];
  /** As written; `ubuntu` where nothing is said. */
  imageId: string;
  /** Whether the scenario expects a cluster, by its image id; `plain` is a machine with a shell. */
  family: ImageFamily;
  /** Machines the image has, by the names that scenarios use: `['host01']`, or `['controlplane', 'node01']`. */
  hosts: string[];
  /** What it uses that a lab may not have, found in its image id, its code blocks and its scripts. */
  needs: Need[];
  layout: LayoutKind;
  /** Extra tabs that show a port, or a page elsewhere. */
  dashboards: Dashboard[];
  /** Extra terminals to open at the start, with names. */
  terminals: NamedTerminal[];
  /** Where the older dialect says that the first or last page is not shown. Scripts of a hidden introduction still run. */
  hide: { intro: boolean; finish: boolean; /** Files whose names begin with a dot, in the editor's tree. */ dotFiles?: boolean };
  /** The folder that the editor shows: `environment.uieditorpath`. None means the home. */
  editorPath?: string;
  /** `environment.exclusionPatterns`: what the editor's tree leaves out; see editor-tree.ts. */
  leftOutOfEditor?: string[];
  /** `environment.uimessage1`, made safe: what stands in the first terminal above its prompt. */
  greeting?: string;
  /** The namespace that kubectl is in at the start: `backend.namespace`. None means `default`. */
  namespace?: string;
  /** `backend.kind`: what a cluster made with kind has besides. */
  kind?: KindBackend;
  /** `backend.argo`: how the Argo Server is started, where it is not as usual. */
  argo?: ArgoBackend;
  /** Variables whose values shell integration reports: the union over all steps' checks.yaml. */
  variables: string[];
  /** What is wrong and does not keep it from being shown. */
  problems: Problem[];
}

export interface Page {
  /** `intro`, `step1`…`stepN`, `finish`. */
  id: string;
  title: string;
  /** Path of the Markdown file; empty where a page only has scripts, or where its file is missing. */
  text: string;
  foreground?: string;
  background?: string;
  /** Path of the verify script. */
  verify?: string;
  /** Path of a Markdown file with the solution, shown on request. */
  answer?: string;
  /** Path of a script whose output is a hint; its first argument is the seconds since the step was opened. */
  hintScript?: string;
  /** Whom the page thanks: a link or a line of Markdown. */
  credits?: string;
  /** The language of `text`, where its name says it: `step1.en.md`. */
  language?: string;
  /** The same page in other languages, by tag: `fr`, `pt-BR`. */
  translations?: Record<string, Translation>;
  /** In the order of the page. */
  quiz?: Quiz[];
  checks: CheckSpec[];
  /** Path of the file that they stand in. */
  checksFile?: string;
  exercise?: Exercise;
}

/** A page in another language: files beside the page's own, and the words of its questions. */
export interface Translation {
  text: string;
  answer?: string;
  quiz?: Quiz[];
}

export type ImageFamily = 'cluster' | 'plain';

export type NeedKind = 'docker' | 'packages' | 'internet' | 'systemd' | 'nodes' | 'openshift' | 'users' | 'kernel' | 'program';

/** Something that a scenario uses: `because` names where it was seen first, in words. */
export interface Need {
  kind: NeedKind;
  /** Which one, for `program`. */
  program?: string;
  because: string;
}

/**
 * How the page is laid out beside the text: `ide` an editor with a terminal in it, `ide-terminal` an editor above a
 * terminal, `terminal-terminal` two of them, `…-preview` with a tab for a port, `preview` and `text` without a terminal.
 */
export type LayoutKind = 'terminal' | 'ide' | 'ide-terminal' | 'terminal-terminal' | 'terminal-preview' | 'ide-preview' | 'preview' | 'text';

/** A tab: a port of the session (`port` and `path`), or a page elsewhere (`url`). */
export interface Dashboard {
  name: string;
  port?: number;
  path?: string;
  url?: string;
}

export interface NamedTerminal {
  name: string;
  /** Which machine: `host01`. */
  host?: string;
  /** Typed into it at the start. */
  command?: string;
}

/** A question in a page, as `>>Q1: …<<` writes it. The right answers stay on the server. */
export interface Quiz {
  /** `q1`, `q2`, … in the order of the page. */
  id: string;
  /** Markdown. */
  question: string;
  kind: 'radio' | 'checkbox' | 'text';
  /** Markdown; their ids are `a`, `b`, … Empty for `text`. */
  options: string[];
  /** Ids of the right options, or texts any one of which is right. */
  answers: string[];
  /** How a text is compared: the whole of it, or whether it holds the answer. */
  match?: 'exact' | 'contains';
}

/** One entry of `checks.yaml`; `spec` is parsed by the check kind's own schema. */
export interface CheckSpec {
  id: string;
  title: string;
  kind: string;
  spec: unknown;
  hints: string[];
  /** Where it stands in its file, from 1. */
  at?: { line: number; column: number } | undefined;
  /** Cheap enough to re-run while the learner works. */
  live: boolean;
  /** As the author wrote them, in whatever languages; `why` and `next` replace the kind's own words when it fails. */
  words?: { title: Words; hints: Words[]; why?: Words; next?: Words };
}

export interface Exercise {
  /** Bash, run in one shell; later steps rely on what it left. */
  solution: string;
  nearMisses: { title: string; script: string; expectMessage: string }[];
  /** What the failing check says before anything was done. */
  expectBefore: string;
  /** Earlier steps whose result the solution takes back on purpose: their checks may fail afterwards. */
  undoes: string[];
}

export interface Course {
  id: string;
  title: string;
  description: string;
  items: ({ type: 'scenario'; scenario: Scenario } | { type: 'course'; course: Course } | { type: 'broken'; id: string; title: string; problems: Problem[] })[];
}

/** A finding in an author's file. */
export interface Problem {
  /** Which rule: `json-duplicate-key`. See `argo-lab lint` in scenarios/README.md. */
  code: string;
  file: string;
  line?: number;
  column?: number;
  /** `details.steps[2].text` */
  field?: string;
  message: string;
  severity: 'error' | 'warning';
}
