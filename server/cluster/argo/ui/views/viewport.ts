import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

export interface Viewport {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What of a scrolling element can be seen, in pixels of its content; undefined before the first look. `begin` may scroll it first. */
export function useViewport(ref: RefObject<HTMLElement | null>, begin?: (element: HTMLElement) => void): Viewport | undefined {
  const seen = useSignal<Viewport | undefined>(undefined);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    let planned = 0;
    const look = () => {
      planned = 0;
      seen.value = { left: element.scrollLeft, top: element.scrollTop, width: element.clientWidth, height: element.clientHeight };
    };
    const plan = () => {
      if (planned === 0) planned = requestAnimationFrame(look);
    };
    begin?.(element);
    look();
    const sizes = new ResizeObserver(plan);
    sizes.observe(element);
    element.addEventListener('scroll', plan, { passive: true });
    return () => {
      cancelAnimationFrame(planned);
      sizes.disconnect();
      element.removeEventListener('scroll', plan);
    };
  }, []);
  return seen.value;
}
