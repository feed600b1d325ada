import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { ErrorNotice } from './common.tsx';
import { ObjectEditor } from './editor.tsx';
import { Icon } from './icons.tsx';

export interface CreateManifestProps {
  title: string;
  /** Of the text box. */
  label: string;
  example: unknown;
  /** Asks the server what is wrong with the object; rejects with its answer. */
  validate(object: unknown): Promise<unknown>;
  create(object: unknown): Promise<void>;
  children?: ComponentChildren;
}

/** An object as text to begin with, with the buttons that have the server check or create it. */
export function CreateManifest({ title, label, example, validate, create, children }: CreateManifestProps): JSX.Element {
  const initial = useSignal<unknown>(example);
  const edited = useSignal<unknown>(initial.value);
  const problem = useSignal<string | undefined>(undefined);
  const check = useCheck(validate);
  const submit = () => create(edited.value).catch(check.fail);
  return (
    <section class="box">
      <h2>{title}</h2>
      <p>
        <button type="button" class="pill solid" disabled={problem.value !== undefined} onClick={() => void submit()}>
          <Icon name="plus" /> Create
        </button>{' '}
        <button type="button" class="pill" disabled={problem.value !== undefined} onClick={() => check.run(edited.value)}>
          <Icon name="check" /> Validate
        </button>{' '}
        <span role="status">{check.fine && 'The server finds nothing wrong with it.'}</span>
      </p>
      <ErrorNotice error={check.error} />
      <ObjectEditor
        label={label}
        value={initial.value}
        onChange={(value, wrong) => {
          problem.value = wrong;
          check.forget();
          if (wrong === undefined) edited.value = value;
        }}
      />
      {children}
    </section>
  );
}

export interface Check {
  /** The server has found nothing wrong with the text as it is now. */
  fine: boolean;
  error: unknown;
  run(object: unknown): void;
  fail(error: unknown): void;
  /** The text is another: it is no longer known to be fine. What was wrong stays in sight until it is asked for again. */
  forget(): void;
  /** Nothing is wrong any more. */
  clear(): void;
}

/** What the server says of an edited object. */
export function useCheck(validate: (object: unknown) => Promise<unknown>): Check {
  const fine = useSignal(false);
  const error = useSignal<unknown>(undefined);
  const turn = useSignal(0);
  const fail = (reason: unknown) => {
    fine.value = false;
    error.value = reason;
  };
  const forget = () => {
    turn.value += 1;
    fine.value = false;
  };
  const run = (object: unknown) => {
    forget();
    const own = turn.value;
    validate(object).then(
      () => {
        if (own !== turn.value) return;
        error.value = undefined;
        fine.value = true;
      },
      (reason: unknown) => {
        if (own === turn.value) fail(reason);
      },
    );
  };
  const clear = () => {
    forget();
    error.value = undefined;
  };
  return { fine: fine.value, error: error.value, run, fail, forget, clear };
}
