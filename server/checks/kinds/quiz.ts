import { z } from 'zod';
import { defineKind, fail, pass } from '../kind.ts';
import { isRight, type QuizQuestion, WrittenQuestion } from '../quiz.ts';

const Spec = z.union([
  WrittenQuestion,
  z
    .object({
      /** Ids of questions in the page's text; all of them where nothing is said. */
      questions: z.array(z.string()).min(1).optional(),
    })
    .strict(),
]);

/** The learner answered the page's questions, and the answers are right. */
export const quiz = defineKind({
  name: 'quiz',
  description: 'Are the questions of this page answered rightly? Either one question that stands here, shown below the text, or those that the text asks (`>>Q1: …<<`). The right answers never reach the page.',
  example: `quiz:
  question: {en: Which verb reads one object?, de: Welches Verb liest ein Objekt?}
  options: [get, list, watch]
  answers: [1]
  why: A list answers with many objects, a watch with changes.`,
  schema: Spec,
  async run(spec, context) {
    const asked = questionsOf(spec, context.quizzes);
    const expected = asked.length === 1 ? `“${short(asked[0]?.question ?? '')}” is answered rightly` : `${asked.length} questions are answered rightly`;
    if (asked.length === 0) return fail(expected, 'this page asks no such question', 'This page has no question that this check could be about.', "Tell the scenario's author.");
    const open = asked.filter((question) => context.quizAnswers[question.id] === undefined);
    const [first] = open;
    if (first !== undefined) return fail(expected, `${asked.length - open.length} of ${asked.length} answered`, `“${short(first.question)}” is not answered yet.`, 'Answer it on this page.');
    const wrong = asked.filter((question) => !isRight(question, context.quizAnswers[question.id] ?? []));
    const [worst] = wrong;
    if (worst !== undefined) return fail(expected, `${asked.length - wrong.length} of ${asked.length} are right`, worst.why ?? `The answer to “${short(worst.question)}” is not right.`, 'Read the text again, then choose another answer.');
    return pass(expected, asked.length === 1 ? 'the answer is right' : `all ${asked.length} are right`);
  },
});

function questionsOf(spec: z.output<typeof Spec>, quizzes: readonly QuizQuestion[]): QuizQuestion[] {
  if ('question' in spec) return quizzes.filter((question) => question.question === spec.question).slice(0, 1);
  const { questions } = spec;
  return questions === undefined ? [...quizzes] : quizzes.filter((question) => questions.includes(question.id));
}

function short(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
