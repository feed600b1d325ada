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
  intro?: Page;
  steps: Page[];
  finish?: Page;
  assets: { host: string; file: string; target: string; chmod?: string }[];
  imageId: string;
  /** The namespace that kubectl is in at the start: `backend.namespace`. None means `default`. */
  namespace?: string;
  /** Variables whose values shell integration reports: the union over all steps' checks.yaml. */
  variables: string[];
  /** Extra scripts run before the first page, hidden: none in Killercoda's own format. */
  problems: Problem[];
}

export interface Page {
  /** `intro`, `step1`…`stepN`, `finish`. */
  id: string;
  title: string;
  /** Path of the Markdown file. */
  text: string;
  foreground?: string;
  background?: string;
  /** Path of the verify script. */
  verify?: string;
  checks: CheckSpec[];
  exercise?: Exercise;
}

/** One entry of `checks.yaml`; `spec` is parsed by the check kind's own schema. */
export interface CheckSpec {
  id: string;
  title: string;
  kind: string;
  spec: unknown;
  hints: string[];
  /** Cheap enough to re-run while the learner works. */
  live: boolean;
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
  file: string;
  line?: number;
  column?: number;
  /** `details.steps[2].text` */
  field?: string;
  message: string;
  severity: 'error' | 'warning';
}
