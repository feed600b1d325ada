import { z } from 'zod';

/**
 * A page's quiz. The page's HTML shows the questions; each stands in an element with `data-quiz="<id>"`. The right answers
 * never reach the page: it sends what was chosen, and is told which questions are right.
 */
export const QuizAnswers = z.object({ /** By question id: the numbers of the options chosen, from 0, or the text typed as the only entry. */ answers: z.record(z.string().max(100), z.array(z.union([z.number().int().min(0).max(1000), z.string().max(4000)])).max(100)) }).strict();
export type QuizAnswers = z.infer<typeof QuizAnswers>;

export const QuizReport = z.object({
  page: z.string(),
  /** Every question of the page is right. */
  passed: z.boolean(),
  /** One a question that was answered, in the page's order. */
  questions: z.array(z.object({ id: z.string(), correct: z.boolean(), /** For the learner; empty when right. */ why: z.string() })),
  /** The page's checks, where one of them is about the quiz: what `…/check` would say. */
  at: z.number(),
});
export type QuizReport = z.infer<typeof QuizReport>;
