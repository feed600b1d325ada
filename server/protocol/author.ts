import { z } from 'zod';

/** What an author gets beside the learner's page; there only while the lab runs with `--watch`. */

export const FindingView = z.object({
  file: z.string(),
  line: z.number().optional(),
  column: z.number().optional(),
  code: z.string().optional(),
  severity: z.enum(['error', 'warning', 'info']),
  message: z.string(),
  /** How to mend it. */
  mend: z.string().optional(),
  /** The page it belongs to: `intro`, `step2`; absent for the scenario's own files. */
  page: z.string().optional(),
});
export type FindingView = z.infer<typeof FindingView>;

/** GET /api/author/scenarios/:id */
export const AuthorView = z.object({
  scenario: z.string(),
  pages: z.array(z.object({ id: z.string(), title: z.string(), /** Has a solution that can be run. */ solution: z.boolean(), nearMisses: z.array(z.object({ title: z.string(), expect: z.string() })) })),
  findings: z.array(FindingView),
});
export type AuthorView = z.infer<typeof AuthorView>;

/** POST …/author/jump and …/author/solution: the page; …/author/near-miss: the page and which of its near misses, from 0. */
export const AuthorTarget = z.object({ page: z.string().max(100) }).strict();
export const NearMissTarget = z.object({ page: z.string().max(100), index: z.number().int().min(0).max(1000) }).strict();

/** What the author's bar shows while something is being done; comes as the session's event `author`. */
export const AuthorProgress = z.object({
  task: z.enum(['jump', 'solution', 'near-miss']),
  page: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  /** `step 2 of 3: its solution is being typed`, or why it failed. */
  message: z.string(),
});
export type AuthorProgress = z.infer<typeof AuthorProgress>;
