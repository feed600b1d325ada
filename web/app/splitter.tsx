import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

export interface SplitterProps {
  /** What the bar changes: `Width of the text`. */
  label: string;
  /** `x`: a standing bar between left and right; `y`: a lying one between above and below. */
  axis: 'x' | 'y';
  /** The first part in percent of what the parent measures. */
  value: number;
  min: number;
  max: number;
  /** Where a double click puts it. */
  middle: number;
  onChange(percent: number): void;
}

/** The bar between two parts of the page: dragged, or moved with the arrow keys, Home and End. */
export function Splitter({ label, axis, value, min, max, middle, onChange }: SplitterProps): JSX.Element {
  const bar = useRef<HTMLDivElement>(null);
  // A key that is held down comes again before the page is drawn: each goes on from where the last one led.
  const now = useRef(value);
  now.current = value;
  const move = (percent: number) => {
    now.current = Math.round(Math.min(max, Math.max(min, percent)) * 10) / 10;
    onChange(now.current);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = axis === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const to = event.key === less ? now.current - 2 : event.key === more ? now.current + 2 : event.key === 'Home' ? min : event.key === 'End' ? max : undefined;
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  };
  const onPointerDown = (event: PointerEvent) => {
    const element = bar.current;
    const parent = element?.parentElement;
    if (element === null || parent === null || parent === undefined) return;
    event.preventDefault();
    element.focus();
    element.setPointerCapture(event.pointerId);
    document.body.classList.add('dragging', `dragging-${axis}`);
    // The first part begins where the parent or the part before the bar begins.
    const start = element.previousElementSibling?.getBoundingClientRect();
    const box = parent.getBoundingClientRect();
    const onMove = (at: PointerEvent) => {
      const from = axis === 'x' ? (start?.left ?? box.left) : (start?.top ?? box.top);
      const size = axis === 'x' ? box.right - from : box.bottom - from;
      move((((axis === 'x' ? at.clientX : at.clientY) - from) / size) * 100);
    };
    const onUp = () => {
      document.body.classList.remove('dragging', `dragging-${axis}`);
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', onUp);
    };
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', onUp);
  };
  return (
    <div
      ref={bar}
      class={`splitter splitter-${axis}`}
      role="separator"
      aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-label={label}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={Math.round(value)}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onDblClick={() => move(middle)}
    />
  );
}
