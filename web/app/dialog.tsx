import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

export interface DialogProps {
  title: string;
  children: ComponentChildren;
  confirm: string;
  /** Red button for what can't be undone. */
  danger?: boolean;
  onConfirm(): void;
  onClose(): void;
}

/** A question before something is done. The browser's own dialog keeps the focus inside and gives it back after. */
export function Dialog(props: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog ref={ref} class="dialog" aria-labelledby={id} onClose={props.onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          props.onConfirm();
          ref.current?.close();
        }}
      >
        <h2 id={id}>{props.title}</h2>
        {props.children}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={() => ref.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={props.danger === true ? 'button danger' : 'button primary'}>
            {props.confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
