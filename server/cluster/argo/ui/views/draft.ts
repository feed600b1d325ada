import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { isFields, readObject, setInText, withValue, write } from '../state/edit.ts';
import type { Fields, Language, Path } from '../state/edit.ts';
import { pause } from '../state/time.ts';

/** An object that is being edited, as text and by forms. */
export interface Draft {
  text: string;
  language: Language;
  /** What the text said when it could last be read. */
  object: Fields;
  /** Why the text can't be read as it is. */
  problem: string | undefined;
  /** Something was changed since it was taken. */
  edited: boolean;
  /** Grows with each change. */
  version: number;
  type(text: string): void;
  /** Changes one value; undefined takes it away. */
  set(path: Path, value: unknown): void;
  switchTo(language: Language): void;
  /** Begins anew with another object. */
  take(object: unknown): void;
  /** What the text says now; throws where it can't be read. */
  read(): Fields;
}

/** Letters from which on a text is read only when nobody has typed for a while. */
const LARGE = 100_000;
const REST_MS = 400;

export function useDraft(initial: unknown): Draft {
  const first = useRef(true);
  const text = useSignal('');
  const language = useSignal<Language>('yaml');
  const object = useSignal<Fields>({});
  const problem = useSignal<string | undefined>(undefined);
  const edited = useSignal(false);
  const version = useSignal(0);
  const waiting = useRef<AbortController | undefined>(undefined);
  const read = (): Fields => {
    waiting.current?.abort();
    waiting.current = undefined;
    try {
      const value = readObject(text.value);
      problem.value = undefined;
      object.value = value;
      return value;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
      throw error;
    }
  };
  const look = () => {
    try {
      read();
    } catch {
      // The problem stands below the text.
    }
  };
  const changed = (next: string) => {
    text.value = next;
    edited.value = true;
    version.value += 1;
    waiting.current?.abort();
    if (next.length < LARGE) {
      look();
      return;
    }
    const turn = new AbortController();
    waiting.current = turn;
    void pause(REST_MS, turn.signal).then(() => {
      if (!turn.signal.aborted) look();
    });
  };
  const take = (value: unknown) => {
    text.value = value === undefined ? '' : write(value, language.value);
    problem.value = undefined;
    if (value !== undefined) look();
    edited.value = false;
    version.value += 1;
  };
  if (first.current) {
    first.current = false;
    take(initial);
  }
  useEffect(() => () => waiting.current?.abort(), []);
  return {
    text: text.value,
    language: language.value,
    object: object.value,
    problem: problem.value,
    edited: edited.value,
    version: version.value,
    type: changed,
    set(path, value) {
      try {
        if (text.value.length < LARGE) {
          changed(setInText(text.value, language.value, path, value));
          return;
        }
        // A large text is written anew, without its comments: to keep them it would have to be read several times.
        const next = withValue(waiting.current === undefined ? object.value : read(), path, value);
        object.value = isFields(next) ? next : {};
        text.value = write(object.value, language.value);
        edited.value = true;
        version.value += 1;
      } catch (error) {
        problem.value = error instanceof Error ? error.message : String(error);
      }
    },
    switchTo(to) {
      try {
        text.value = write(read(), to);
        language.value = to;
      } catch {
        // The text is broken: it stays as it is, its problem stands below.
      }
    },
    take,
    read,
  };
}
