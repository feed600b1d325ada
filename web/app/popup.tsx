import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';

/** A button with a panel below it: Escape and a click outside close it. */
export function Popup(props: { label: string; text?: string; icon: IconName; children: (close: () => void) => JSX.Element }): JSX.Element {
  const open = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    open.value = false;
    button.current?.focus();
  };
  useEffect(() => {
    if (!open.value) return;
    const outside = (event: PointerEvent | FocusEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) open.value = false;
    };
    addEventListener('pointerdown', outside);
    addEventListener('focusin', outside);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('focusin', outside);
    };
  }, [open.value]);
  return (
    <div
      class="popup"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && open.value) {
          event.stopPropagation();
          close();
        }
      }}
    >
      <button ref={button} type="button" class={props.text === undefined ? 'icon-button' : 'button'} aria-label={props.label} aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name={props.icon} />
        {props.text !== undefined && <span class="button-text">{props.text}</span>}
      </button>
      {open.value && <div class="popup-panel">{props.children(close)}</div>}
    </div>
  );
}
