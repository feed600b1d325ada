import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ErrorNotice } from './common.tsx';
import { useDraft } from './draft.ts';
import { EditorTabs } from './editor-tabs.tsx';
import type { EditedKind } from './editor-tabs.tsx';
import { UploadButton } from './editor.tsx';
import { Icon } from './icons.tsx';

export interface CreateManifestProps {
  title: string;
  kind: EditedKind;
  namespace: string;
  example: unknown;
  /** Asks the server what is wrong with the object; rejects with its answer. Undefined where the server can't be asked. */
  validate?: (object: unknown) => Promise<unknown>;
  create(object: unknown): Promise<void>;
  children?: ComponentChildren;
}

/** An object to begin with, as text and as forms, with the buttons that have the server check or create it. */
export function CreateManifest({ title, kind, namespace, example, validate, create, children }: CreateManifestProps): JSX.Element {
  const draft = useDraft(example);
  const tab = useSignal('manifest');
  const busy = useSignal(false);
  const check = useCheck(validate ?? (() => Promise.resolve()));
  useEffect(check.forget, [draft.version]);
  const submit = async () => {
    busy.value = true;
    try {
      await create(draft.read());
    } catch (reason) {
      check.fail(reason);
    } finally {
      busy.value = false;
    }
  };
  return (
    <section>
      <h2>{title}</h2>
      <p class="editor-buttons">
        <UploadButton draft={draft} />
        <button type="button" class="pill solid" disabled={draft.problem !== undefined || busy.value} onClick={() => void submit()}>
          <Icon name="plus" /> Create
        </button>
        {validate !== undefined && (
          <button type="button" class="pill" disabled={draft.problem !== undefined} onClick={() => check.run(draft.read)}>
            <Icon name="check" /> Validate
          </button>
        )}
        <span role="status">{check.fine && 'The server finds nothing wrong with it.'}</span>
      </p>
      <ErrorNotice error={check.error} />
      <EditorTabs kind={kind} draft={draft} namespace={namespace} tab={tab.value} onTab={(key) => (tab.value = key)} />
      {children}
    </section>
  );
}

export interface Check {
  /** The server has found nothing wrong with the text as it is now. */
  fine: boolean;
  error: unknown;
  run(read: () => unknown): void;
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
  const run = (read: () => unknown) => {
    forget();
    const own = turn.value;
    // What can't be read is told as what the server refuses.
    const asked = async () => validate(read());
    asked().then(
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
