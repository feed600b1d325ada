import { z } from 'zod';
import { AuthorProgress, FindingView } from './author.ts';

import { LayoutView } from './workbench.ts';

export * from './author.ts';

/**
 * The lab's REST shapes, shared by server and page. All under `/api`, JSON, authenticated by the lab's cookie;
 * requests that change state carry the header `X-Argo-Lab: 1`.
 *
 *   GET    /api/courses                                  → CourseTree
 *   GET    /api/scenarios/:id                            → ScenarioView     (:id is URL-encoded)
 *   GET    /api/scenarios/:id/assets/*                    → a file that a page shows (images)
 *   GET    /api/scenarios/:id/recording                   → asciicast v2 text, where ScenarioView.recording
 *   POST   /api/sessions {scenario, provider?}           → SessionView      (201; resumes one that is open)
 *   GET    /api/sessions/:sid                            → SessionView
 *   DELETE /api/sessions/:sid                            → 204              (also cancels the preparation, at any moment)
 *   POST   /api/sessions/:sid/reset {provider?}          → SessionView      (another provider: `go on on embedded`)
 *   POST   /api/sessions/:sid/continue {provider}        → SessionView      (after `lost`: a new cluster, all else stays)
 *   POST   /api/sessions/:sid/continue {provider?}       → SessionView      (after `lost`: another cluster; terminals, files and progress stay)
 *   GET    /api/sessions/:sid/bundle                     → a file to download, where SessionView.bundle
 *   GET    /api/sessions/:sid/clock                      → ClockView        (409 where SessionView.clock is absent)
 *   POST   /api/sessions/:sid/clock {advance}            → ClockView        (seconds; what is due by then happens at once)
 *   POST   /api/sessions/:sid/steps/:page/quiz {quiz, answers} → QuizVerdict
 *   POST   /api/sessions/:sid/steps/:page/open           → SessionView      (runs its scripts once)
 *   POST   /api/sessions/:sid/steps/:page/check          → CheckReport
 *   POST   /api/sessions/:sid/terminals {name?,id?,command?} → TerminalView (201; 200 where `id` is open already)
 *   PATCH  /api/sessions/:sid/terminals/:tid {name}      → TerminalView
 *   DELETE /api/sessions/:sid/terminals/:tid             → 204
 *   GET    /api/sessions/:sid/events                     → server-sent events, each `data:` one SessionEvent
 *   WS     /api/sessions/:sid/terminals/:tid/socket      → see ws.ts
 *   GET    /api/events                                   → server-sent events, each `data:` one LabEvent (with --watch)
 *   GET    /api/author/scenarios/:id                     → AuthorView       (author.ts; 404 without --watch)
 *   POST   /api/sessions/:sid/author/jump {page}         → SessionView      (202; then events `author`)
 *   POST   /api/sessions/:sid/author/solution {page}     → SessionView      (202; then events `author`)
 *   POST   /api/sessions/:sid/author/near-miss {page,index} → NearMissView
 *   GET    /healthz                                      → Health
 *
 * Files of the editor: workbench.ts. What `serve --watch` adds for authors: author.ts. Where ScenarioView.languages has
 * several, the scenario, check and events resources take `?language=de`; else Accept-Language decides.
 *
 * Errors are `{error: {code, message, next?}}` with a fitting HTTP status.
 */

export const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string(), next: z.string().optional() }) });
export type ErrorBody = z.infer<typeof ErrorBody>;

export const ProblemView = z.object({ file: z.string(), line: z.number().optional(), column: z.number().optional(), field: z.string().optional(), message: z.string(), severity: z.enum(['error', 'warning']) });

/** Something a scenario needs of the machine: `docker`, `internet`, `apt`, `systemd`, `cluster`, `image` … */
export const NeedView = z.object({ id: z.string(), title: z.string(), met: z.boolean(), message: z.string().optional(), next: z.string().optional() });
export type NeedView = z.infer<typeof NeedView>;

/** A provider and whether it can be had here; `reason` and `next` say why not. */
export const ProviderView = z.object({ id: z.string(), title: z.string(), available: z.boolean(), reason: z.string().optional(), next: z.string().optional(), default: z.boolean() });
export type ProviderView = z.infer<typeof ProviderView>;

export const ScenarioCard = z.object({
  type: z.literal('scenario'),
  id: z.string(),
  title: z.string(),
  description: z.string(),
  difficulty: z.string().optional(),
  time: z.string().optional(),
  steps: z.number(),
  /** Ids of the pages that this learner has finished, over all runs. */
  done: z.array(z.string()),
  finished: z.boolean(),
  /** An open session of this scenario, to resume. */
  session: z.string().optional(),
  /** Said before the start: what it needs and whether this machine gives it. Absent = nothing special. */
  needs: z.array(NeedView).optional(),
  /** Warnings of the loader: an unknown image, say. */
  problems: z.array(ProblemView).optional(),
  /** Ids of the providers that fit; absent = all; empty = it needs no cluster. */
  providers: z.array(z.string()).optional(),
  /** Providers that can be had, but not for this scenario: why. What the default one refuses is among `needs` as `cluster`. */
  refused: z.array(z.object({ provider: z.string(), reason: z.string(), next: z.string().optional() })).optional(),
  recording: z.boolean().optional(),
});
export type ScenarioCard = z.infer<typeof ScenarioCard>;

export type CourseTree = { id: string; title: string; description: string; items: (ScenarioCard | BrokenCard | CourseCard)[] };
export type CourseCard = { type: 'course'; course: CourseTree };
export const BrokenCard = z.object({ type: z.literal('broken'), id: z.string(), title: z.string(), problems: z.array(ProblemView) });
export type BrokenCard = z.infer<typeof BrokenCard>;
export const CourseTree: z.ZodType<CourseTree> = z.lazy(() =>
  z.object({ id: z.string(), title: z.string(), description: z.string(), items: z.array(z.union([ScenarioCard, BrokenCard, z.object({ type: z.literal('course'), course: CourseTree })])) }),
);
/** GET /api/courses */
export const CoursesView = z.object({
  courses: z.array(CourseTree),
  notice: z.string().optional(),
  providers: z.array(ProviderView).optional(),
  /** True with `serve --watch`: the page shows the author's bar. */
  author: z.boolean().optional(),
});
export type CoursesView = z.infer<typeof CoursesView>;

/** A question with answers to choose or to type. */
export const QuizView = z.object({
  id: z.string(),
  kind: z.enum(['radio', 'checkbox', 'text']),
  questionHtml: z.string(),
  options: z.array(z.object({ id: z.string(), html: z.string() })),
});
export type QuizView = z.infer<typeof QuizView>;
/** POST …/quiz {quiz: 'q1', answers: ['a']}: ids of options, or one text. */
export const QuizAnswer = z.object({ quiz: z.string().max(100), answers: z.array(z.string().max(4000)).max(100) });
export const QuizVerdict = z.object({ quiz: z.string(), correct: z.boolean(), message: z.string().optional() });
export type QuizVerdict = z.infer<typeof QuizVerdict>;

/**
 * A page as rendered by the server: sanitised HTML. Clickable code carries data attributes:
 * `<pre data-action="exec|exec-interrupt|copy" data-terminal="1" data-code="…">` or the same on `<code>`;
 * links to ports are `<a data-port="2746" data-path="/apidocs" href="#">`. Further actions: `exec-no-newline` (typed
 * without Enter), `ctrl-seq` (`^C`, `^D`, `^ESC` sent as keys), `open` (data-code names a file for the editor). `data-host`
 * names the machine and `data-terminal-name` the terminal where a scenario has several; `data-terminal` is absent where the
 * author named none. `<a data-selector="1" href="#">` lets the learner choose a port. A block for the editor is `<pre data-file="app.yaml"
 * data-target="replace|insert|append|prepend|clipboard" data-marker="#TODO" data-code="…">`. The place of a quiz is
 * `<div data-quiz="q1"></div>`, its content in `quizzes`.
 */
export const PageView = z.object({
  id: z.string(),
  title: z.string(),
  /** The language that it is in, where that is known: `fr`. */
  language: z.string().optional(),
  html: z.string(),
  checks: z.array(z.object({ id: z.string(), title: z.string(), live: z.boolean() })),
  /** True where there is something to check (checks or a verify script). */
  checkable: z.boolean(),
  /** Rendered solution, behind a disclosure; absent where the step is no exercise. */
  solutionHtml: z.string().optional(),
  /** The author's answer page, behind a disclosure. */
  answerHtml: z.string().optional(),
  /** Whom the page thanks. */
  creditsHtml: z.string().optional(),
  hints: z.array(z.string()),
  quizzes: z.array(QuizView).optional(),
});
export type PageView = z.infer<typeof PageView>;

export const ScenarioView = z.object({ id: z.string(), title: z.string(), description: z.string(), course: z.object({ id: z.string(), title: z.string() }), pages: z.array(PageView),
  layout: LayoutView.optional(),
  recording: z.boolean().optional(),
  /** Languages of the pages and of the checks' words: `en`, `de`; `und` for a page's own where nothing tells it. */
  languages: z.array(z.string()).optional(),
  /** With `serve --watch`: author.ts answers for this scenario. */
  author: z.boolean().optional(),
});
export type ScenarioView = z.infer<typeof ScenarioView>;

export const StageView = z.object({ id: z.string(), title: z.string(), state: z.enum(['running', 'done', 'failed']), took: z.number().optional(), output: z.string().optional() });
export type StageView = z.infer<typeof StageView>;

export const TerminalView = z.object({ id: z.string(), name: z.string(), running: z.boolean() });
export type TerminalView = z.infer<typeof TerminalView>;

export const CheckResultView = z.object({ id: z.string(), title: z.string(), passed: z.boolean(), expected: z.string(), observed: z.string(), why: z.string(), next: z.string(), hints: z.array(z.string()) });
export type CheckResultView = z.infer<typeof CheckResultView>;
export const CheckReport = z.object({ page: z.string(), passed: z.boolean(), results: z.array(CheckResultView), at: z.number() });
export type CheckReport = z.infer<typeof CheckReport>;

/** The time in a session's cluster, RFC 3339 in UTC: `2026-01-02T03:04:05Z`. */
export const ClockView = z.object({ now: z.string() });
export type ClockView = z.infer<typeof ClockView>;
/** POST …/clock {advance: 3600}: seconds, a year at most. */
export const MovedClock = z.object({ advance: z.int().min(1).max(366 * 86_400) });

export const SessionView = z.object({
  id: z.string(),
  scenario: z.string(),
  state: z.enum(['preparing', 'ready', 'failed', 'ended']),
  stages: z.array(StageView),
  /** The page the learner was on last. */
  page: z.string(),
  done: z.array(z.string()),
  terminals: z.array(TerminalView),
  /** The home folder as the place's processes see it: where the editor's tree begins. */
  home: z.string().optional(),
  /** The lab runs with --watch: the author's bar is shown. */
  author: z.boolean().optional(),
  /** The cluster has a clock of its own that can be moved forward. */
  clock: z.boolean().optional(),
  provider: z.string(),
  /** `https?://{port}-{sid}.localhost:1234`; `{port}` is replaced by the port's number. */
  portUrl: z.string(),
  /** Said on the page, e.g. that there is no sandbox on this machine. */
  notice: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string(), next: z.string().optional() }).optional(),
  /** Logs of a failed start can be downloaded. */
  bundle: z.boolean().optional(),
  /** The cluster of a ready session is gone; `alternatives` are providers to go on with. */
  lost: z.object({ message: z.string(), next: z.string().optional(), alternatives: z.array(z.string()) }).optional(),
});
export type SessionView = z.infer<typeof SessionView>;

/** A near miss was run: whether the checks refused it, and with the words that the author expects. */
export const NearMissView = z.object({ page: z.string(), title: z.string(), expect: z.string(), asExpected: z.boolean(), report: CheckReport });
export type NearMissView = z.infer<typeof NearMissView>;

/** An author changed a scenario's files (`serve --watch`): what shows it is fetched again; terminals and cluster go on. */
export const ContentChange = z.object({ type: z.literal('content'), scenario: z.string(), problems: z.array(FindingView).optional(), /** It can not be read as it is now: what is shown of it stays. */ broken: z.boolean().optional() });
export type ContentChange = z.infer<typeof ContentChange>;
/** GET /api/events */
export const LabEvent = ContentChange;
export type LabEvent = z.infer<typeof LabEvent>;

export const SessionEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), session: SessionView }),
  z.object({ type: z.literal('stage'), stage: StageView }),
  z.object({ type: z.literal('checks'), report: CheckReport, live: z.boolean() }),
  z.object({ type: z.literal('ports'), ports: z.array(z.number()) }),
  ContentChange,
  z.object({ type: z.literal('author'), progress: AuthorProgress }),
  /** Something to know that ends by itself, such as a disk that is nearly full. An empty text: it is over. */
  z.object({ type: z.literal('notice'), id: z.string(), severity: z.enum(['info', 'warning', 'error']), text: z.string() }),
  /** Files below the home folder changed on disk; absolute paths, folders where many did. */
  z.object({ type: z.literal('files'), paths: z.array(z.string()) }),
]);
export type SessionEvent = z.infer<typeof SessionEvent>;

export const Health = z.object({ status: z.literal('ok'), version: z.string(), sandbox: z.enum(['bubblewrap', 'none']), sessions: z.number() });
export type Health = z.infer<typeof Health>;
