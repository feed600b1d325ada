import { isRight, quizzesOf } from '../checks/quiz.ts';
import { LabError } from '../lib/errors.ts';
import type { QuizVerdict } from '../protocol/rest.ts';
import type { Page } from '../scenario/model.ts';

/** What a learner would answer who knows: by question. For authors and tests, never for the page. */
export function rightAnswers(page: Page): { quiz: string; answers: string[] }[] {
  return quizzesOf(page, []).map(({ id, kind, answers }) => ({ quiz: id, answers: kind === 'text' ? answers.slice(0, 1) : answers }));
}

/** Whether an answer is right, in the words of the page's author where it is not. */
export function answerQuiz(page: Page, id: string, answers: readonly string[], languages: readonly string[]): QuizVerdict {
  const question = quizzesOf(page, languages).find((candidate) => candidate.id === id);
  if (question === undefined) throw new LabError('not-found', 'there is no such question');
  const unknown = question.kind === 'text' ? [] : answers.filter((answer) => !question.options.some((option) => option.id === answer));
  if (unknown.length > 0 || (question.kind !== 'checkbox' && answers.length > 1)) throw new LabError('bad-request', 'this is no answer to the question');
  const correct = isRight(question, answers);
  return { quiz: id, correct, ...(correct ? {} : { message: question.why ?? 'That is not right. Read the text again, then choose another answer.' }) };
}
