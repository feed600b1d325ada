import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { changeSettings, settings } from '../state/settings.ts';

const MIN = 25;
const MAX = 75;

/** The bar between text and terminal: dragged, or moved with the arrow keys, Home and End. */
export function Splitter(): JSX.Element {
  const bar = useRef<HTMLDivElement>(null);
  const move = (percent: number) => changeSettings({ split: Math.round(Math.min(MAX, Math.max(MIN, percent)) * 10) / 10 });
  const onKeyDown = (event: KeyboardEvent) => {
    const now = settings.value.split;
    const to = { ArrowLeft: now - 2, ArrowRight: now + 2, Home: MIN, End: MAX }[event.key];
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
    document.body.classList.add('dragging');
    const box = parent.getBoundingClientRect();
    const onMove = (at: PointerEvent) => move(((at.clientX - box.left) / box.width) * 100);
    const onUp = () => {
      document.body.classList.remove('dragging');
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
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the text"
      aria-valuemin={MIN}
      aria-valuemax={MAX}
      aria-valuenow={Math.round(settings.value.split)}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onDblClick={() => move(44)}
    />
  );
}
