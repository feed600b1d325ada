import type { Quiz } from '../model.ts';

export interface QuizText {
  /** The page without its questions: where one stood, a line `<mark>q1`. */
  markdown: string;
  quizzes: Quiz[];
  flaws: { line: number; message: string }[];
}

const QUESTION = /^\s{0,3}>>\s*(?:Q?\d{1,3}\s*[:.)]\s*)?(.*?)\s*<<\s*$/i;
const OPTION = /^\s{0,3}(?:[-*+]\s+)?(?:([[(])\s*([*xX]?)\s*[\])])\s+(.+)$/;
const TEXT = /^\s{0,3}(===|=~=)\s*(.+)$/;

/** The id of an option: a, b, … z, a1, b1, … */
export function optionId(index: number): string {
  return String.fromCharCode(97 + (index % 26)) + (index < 26 ? '' : String(Math.floor(index / 26)));
}

/**
 * Takes the questions out of a page: `>>Q1: …<<`, then `(*)` and `( )` for one of several, `[*]` and `[ ]` for any of
 * several, `===` for a text and `=~=` for a part of it. Lines in fences are left alone. Keeps the number of lines.
 */
export function takeQuizzes(page: string, mark: string): QuizText {
  if (!page.includes('>>') || !page.includes('<<')) return { markdown: page, quizzes: [], flaws: [] };
  const lines = page.split('\n');
  const quizzes: Quiz[] = [];
  const flaws: QuizText['flaws'] = [];
  let fence: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const ticks = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (ticks !== undefined && !(fence === undefined && line.trim().slice(ticks.length).includes('```'))) fence = fence === undefined ? ticks : ticks.startsWith(fence) ? undefined : fence;
    if (fence !== undefined) continue;
    const question = line.length > 2000 ? undefined : QUESTION.exec(line)?.[1];
    if (question === undefined) continue;
    const options: { text: string; right: boolean; box: boolean }[] = [];
    const texts: string[] = [];
    let match: 'exact' | 'contains' = 'exact';
    let end = i + 1;
    for (let j = i + 1; j < lines.length; j++) {
      const next = lines[j] ?? '';
      if (next.trim() === '') continue;
      const option = next.length > 2000 ? null : OPTION.exec(next);
      const text = next.length > 2000 ? null : TEXT.exec(next);
      if (option !== null) options.push({ text: (option[3] ?? '').trim(), right: option[2] !== '', box: option[1] === '[' });
      else if (text !== null) {
        texts.push((text[2] ?? '').trim());
        if (text[1] === '=~=') match = 'contains';
      } else break;
      end = j + 1;
    }
    if (options.length === 0 && texts.length === 0) {
      flaws.push({ line: i + 1, message: 'this question has no answers below it' });
      continue;
    }
    const id = `q${quizzes.length + 1}`;
    if (options.length > 0) {
      const answers = options.flatMap((option, index) => (option.right ? [optionId(index)] : []));
      if (answers.length === 0) flaws.push({ line: i + 1, message: 'none of the answers is marked as right' });
      const kind = options.some((option) => option.box) ? 'checkbox' : 'radio';
      if (kind === 'radio' && answers.length > 1) flaws.push({ line: i + 1, message: 'has several right answers but lets only one be chosen: use [*] and [ ]' });
      quizzes.push({ id, question, kind, options: options.map((option) => option.text), answers });
    } else quizzes.push({ id, question, kind: 'text', options: [], answers: texts, match });
    lines[i] = `${mark}${id}`;
    for (let j = i + 1; j < end; j++) lines[j] = '';
    i = end - 1;
  }
  return { markdown: lines.join('\n'), quizzes, flaws };
}
