import { z } from 'zod';

/**
 * The lab's REST shapes, shared by server and page. All under `/api`, JSON, authenticated by the lab's cookie;
 * requests that change state carry the header `X-Argo-Lab: 1`.
 *
 *   GET    /api/courses                                  → CourseTree
 *   GET    /api/scenarios/:id                            → ScenarioView     (:id is URL-encoded)
 *   GET    /api/scenarios/:id/assets/*                    → a file that a page shows (images)
 *   POST   /api/sessions {scenario}                      → SessionView      (201; resumes one that is open)
 *   GET    /api/sessions/:sid                            → SessionView
 *   DELETE /api/sessions/:sid                            → 204
 *   POST   /api/sessions/:sid/reset                      → SessionView
 *   POST   /api/sessions/:sid/steps/:page/open           → SessionView      (runs its scripts once)
 *   POST   /api/sessions/:sid/steps/:page/check          → CheckReport
 *   POST   /api/sessions/:sid/terminals {name?}          → TerminalView     (201)
 *   PATCH  /api/sessions/:sid/terminals/:tid {name}      → TerminalView
 *   DELETE /api/sessions/:sid/terminals/:tid             → 204
 *   GET    /api/sessions/:sid/events                     → server-sent events, each `data:` one SessionEvent
 *   WS     /api/sessions/:sid/terminals/:tid/socket      → see ws.ts
 *   GET    /healthz                                      → Health
 *
 * Errors are `{error: {code, message, next?}}` with a fitting HTTP status.
 */

export const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string(), next: z.string().optional() }) });
export type ErrorBody = z.infer<typeof ErrorBody>;

export const ProblemView = z.object({ file: z.string(), line: z.number().optional(), column: z.number().optional(), field: z.string().optional(), message: z.string(), severity: z.enum(['error', 'warning']) });

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
export const CoursesView = z.object({ courses: z.array(CourseTree), notice: z.string().optional() });
export type CoursesView = z.infer<typeof CoursesView>;

/**
 * A page as rendered by the server: sanitised HTML. Clickable code carries data attributes:
 * `<pre data-action="exec|exec-interrupt|copy" data-terminal="1" data-code="…">` or the same on `<code>`;
 * links to ports are `<a data-port="2746" data-path="/apidocs" href="#">`.
 */
export const PageView = z.object({
  id: z.string(),
  title: z.string(),
  html: z.string(),
  checks: z.array(z.object({ id: z.string(), title: z.string(), live: z.boolean() })),
  /** True where there is something to check (checks or a verify script). */
  checkable: z.boolean(),
  /** Rendered solution, behind a disclosure; absent where the step is no exercise. */
  solutionHtml: z.string().optional(),
  hints: z.array(z.string()),
});
export type PageView = z.infer<typeof PageView>;

export const ScenarioView = z.object({ id: z.string(), title: z.string(), description: z.string(), course: z.object({ id: z.string(), title: z.string() }), pages: z.array(PageView) });
export type ScenarioView = z.infer<typeof ScenarioView>;

export const StageView = z.object({ id: z.string(), title: z.string(), state: z.enum(['running', 'done', 'failed']), took: z.number().optional(), output: z.string().optional() });
export type StageView = z.infer<typeof StageView>;

export const TerminalView = z.object({ id: z.string(), name: z.string(), running: z.boolean() });
export type TerminalView = z.infer<typeof TerminalView>;

export const CheckResultView = z.object({ id: z.string(), title: z.string(), passed: z.boolean(), expected: z.string(), observed: z.string(), why: z.string(), next: z.string(), hints: z.array(z.string()) });
export type CheckResultView = z.infer<typeof CheckResultView>;
export const CheckReport = z.object({ page: z.string(), passed: z.boolean(), results: z.array(CheckResultView), at: z.number() });
export type CheckReport = z.infer<typeof CheckReport>;

export const SessionView = z.object({
  id: z.string(),
  scenario: z.string(),
  state: z.enum(['preparing', 'ready', 'failed', 'ended']),
  stages: z.array(StageView),
  /** The page the learner was on last. */
  page: z.string(),
  done: z.array(z.string()),
  terminals: z.array(TerminalView),
  provider: z.string(),
  /** `https?://{port}-{sid}.localhost:1234`; `{port}` is replaced by the port's number. */
  portUrl: z.string(),
  /** Said on the page, e.g. that there is no sandbox on this machine. */
  notice: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string(), next: z.string().optional() }).optional(),
});
export type SessionView = z.infer<typeof SessionView>;

export const SessionEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), session: SessionView }),
  z.object({ type: z.literal('stage'), stage: StageView }),
  z.object({ type: z.literal('checks'), report: CheckReport, live: z.boolean() }),
  z.object({ type: z.literal('ports'), ports: z.array(z.number()) }),
]);
export type SessionEvent = z.infer<typeof SessionEvent>;

export const Health = z.object({ status: z.literal('ok'), version: z.string(), sandbox: z.enum(['bubblewrap', 'none']), sessions: z.number() });
export type Health = z.infer<typeof Health>;
