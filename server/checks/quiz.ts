import { z } from 'zod';
import type { Page } from '../scenario/model.ts';
import { quizIn } from '../scenario/translations.ts';
import { inLanguage, OptionalText, Text } from './words.ts';

/** A question with its right answers, which never leave the server. */
export interface QuizQuestion {
  id: string;
  kind: 'radio' | 'checkbox' | 'text';
  question: string;
  /** In the order in which they are shown; none for a text. */
  options: { id: string; text: string }[];
  /** Ids of the right options; for a text, the texts of which one is right. */
  answers: string[];
  /** How a text is compared: whole, or as a part of what was typed. Letters of either case; blanks don't count. */
  match: 'exact' | 'contains';
  /** Said when the answer is wrong, in the author's words. */
  why?: string;
}

/** A question as an author writes it into a check. */
export const WrittenQuestion = z
  .object({
    question: Text,
    /** What to choose from; without them, the answer is typed. */
    options: z.array(Text).min(2).max(20).optional(),
    /** The right options, counted from 1, or, where the answer is typed, the right texts. Several options: all of them have to be chosen. */
    answers: z.array(z.union([z.number().int().min(1), z.string().min(1)])).min(1).max(20),
    match: z.enum(['exact', 'contains']).default('exact'),
    why: OptionalText,
  })
  .strict()
  .refine((spec) => (spec.options === undefined ? spec.answers.every((answer) => typeof answer === 'string') : spec.answers.every((answer) => typeof answer === 'number' && answer <= (spec.options?.length ?? 0))), 'answers are numbers of options, counted from 1, or texts where there are no options');
export type WrittenQuestion = z.infer<typeof WrittenQuestion>;

/** The id of an option by its place: `a`, `b`, … */
export function optionId(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}

export function asQuestion(id: string, spec: WrittenQuestion): QuizQuestion {
  const answers = spec.answers.map((answer) => (typeof answer === 'number' ? optionId(answer - 1) : answer));
  const shared = { id, question: spec.question, answers, match: spec.match, ...(spec.why === undefined ? {} : { why: spec.why }) };
  if (spec.options === undefined) return { ...shared, kind: 'text', options: [] };
  return { ...shared, kind: spec.answers.length > 1 ? 'checkbox' : 'radio', options: spec.options.map((text, index) => ({ id: optionId(index), text })) };
}

/** Whether these answers are right: every right option and no other, or a text that is one of the right ones. */
export function isRight(question: QuizQuestion, given: readonly string[]): boolean {
  if (question.kind !== 'text') {
    const chosen = new Set(given);
    return chosen.size === question.answers.length && question.answers.every((answer) => chosen.has(answer));
  }
  const text = plain(given[0] ?? '');
  return question.answers.some((answer) => (question.match === 'exact' ? text === plain(answer) : text.includes(plain(answer))));
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** The questions of a page: those of its text, then those that stand in its checks, each under its check's id. */
export function quizzesOf(page: Page, languages: readonly string[]): QuizQuestion[] {
  const written = page.checks.flatMap((check) => {
    if (check.kind !== 'quiz') return [];
    const parsed = WrittenQuestion.safeParse(inLanguage(check.spec, languages));
    return parsed.success ? [asQuestion(check.id, parsed.data)] : [];
  });
  const inText = quizIn(page, languages).map((quiz): QuizQuestion => ({ ...quiz, options: quiz.options.map((text, index) => ({ id: optionId(index), text })), match: quiz.match ?? 'exact' }));
  return [...inText, ...written];
}
