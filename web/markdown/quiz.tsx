import { computed, useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { render } from 'preact';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { QuizVerdict, QuizView } from '../../server/protocol/rest.ts';
import { Icon } from '../app/icons.tsx';
import { Text } from '../app/text.tsx';

/** The questions of a page and how they are answered. */
export interface QuizOffer {
  quizzes: readonly QuizView[];
  verdict(quiz: string): QuizVerdict | undefined;
  answer(quiz: string, answers: string[]): Promise<void>;
}

/** Puts the page's questions where its text has their places, those without a place at its end. Returns how to undo it. */
export function mountQuizzes(root: HTMLElement, offer: QuizOffer): () => void {
  const places = offer.quizzes.map((quiz) => {
    let place = root.querySelector(`[data-quiz="${CSS.escape(quiz.id)}"]`);
    if (place === null) {
      place = document.createElement('div');
      root.append(place);
    }
    place.textContent = '';
    // The frame is the form's.
    place.removeAttribute('class');
    render(<Quiz quiz={quiz} verdict={computed(() => offer.verdict(quiz.id))} onAnswer={(answers) => offer.answer(quiz.id, answers)} />, place);
    return place;
  });
  return () => places.forEach((place) => render(null, place));
}

interface QuizProps {
  quiz: QuizView;
  verdict: ReadonlySignal<QuizVerdict | undefined>;
  onAnswer(answers: string[]): Promise<void>;
}

/** One question: choose one, choose all that are right, or type the answer. */
function Quiz({ quiz, verdict, onAnswer }: QuizProps): JSX.Element {
  // Each question is a root of its own, where useId would begin anew.
  const id = `quiz-${quiz.id}`;
  const form = useRef<HTMLFormElement>(null);
  const busy = useSignal(false);
  /** Something was changed since the verdict was given. */
  const changed = useSignal(false);
  /** Asked without an answer. */
  const empty = useSignal(false);
  const told = verdict.value;
  const shown = told !== undefined && !changed.value ? told : undefined;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (form.current === null || busy.value) return;
    const answers = new FormData(form.current).getAll('answer').map(String).filter((answer) => answer.trim() !== '');
    empty.value = answers.length === 0;
    if (empty.value) return;
    busy.value = true;
    void onAnswer(answers).finally(() => {
      busy.value = false;
      changed.value = false;
    });
  };
  return (
    <form class={`quiz ${shown === undefined ? '' : shown.correct ? 'quiz-right' : 'quiz-wrong'}`} ref={form} onSubmit={submit} onInput={() => void ((changed.value = true), (empty.value = false))}>
      <fieldset>
        <legend id={`${id}-q`} dangerouslySetInnerHTML={{ __html: quiz.questionHtml }} />
        {quiz.kind === 'text' ? (
          <input class="quiz-text" type="text" name="answer" aria-labelledby={`${id}-q`} autocomplete="off" autocapitalize="off" spellcheck={false} />
        ) : (
          quiz.options.map((option) => (
            <label key={option.id} class="quiz-option">
              <input type={quiz.kind === 'radio' ? 'radio' : 'checkbox'} name="answer" value={option.id} />
              <span dangerouslySetInnerHTML={{ __html: option.html }} />
            </label>
          ))
        )}
      </fieldset>
      <div class="quiz-foot">
        <button type="submit" class="button" aria-disabled={busy.value}>
          {quiz.kind === 'checkbox' ? 'Check answers' : 'Check answer'}
        </button>
        <p class="quiz-verdict" role="status">
          {empty.value ? (
            <Text>{quiz.kind === 'text' ? 'Type an answer first.' : 'Choose an answer first.'}</Text>
          ) : shown !== undefined && (
            <>
              <Icon name={shown.correct ? 'check' : 'cross'} /> <Text>{shown.message ?? (shown.correct ? 'Right.' : 'Not right yet. Try again.')}</Text>
            </>
          )}
        </p>
      </div>
    </form>
  );
}
