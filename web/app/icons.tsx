import type { JSX } from 'preact';

const PATHS = {
  play: 'M8 5.5v13l11-6.5z',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  plus: 'M12 5v14M5 12h14',
  left: 'M14.5 6l-6 6 6 6',
  right: 'M9.5 6l6 6-6 6',
  sun: 'M12 8.2a3.8 3.8 0 100 7.6 3.8 3.8 0 000-7.6zM12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4',
  moon: 'M19.5 14.2A8 8 0 019.8 4.5a8 8 0 109.7 9.7z',
  list: 'M9 6.5h11M9 12h11M9 17.5h11M4.2 6.5h.6M4.2 12h.6M4.2 17.5h.6',
  reload: 'M19 12a7 7 0 11-2.2-5.1M19 4.5v4h-4',
  open: 'M13.5 5H19v5.5M19 5l-8 8M16.5 14v5H5V7.5h5',
  more: 'M5.5 12h.6M11.7 12h.6M17.9 12h.6',
  pencil: 'M5 19l1-4L16 5l3 3L9 18z',
  warning: 'M12 4.5L3.5 19h17zM12 10v4M12 16.4v.2',
  down: 'M6 9.5l6 6 6-6',
  up: 'M6 14.5l6-6 6 6',
  file: 'M7 3.5h7l4 4v13H7zM14 3.5v4h4',
  folder: 'M3.5 6.5h6l2 2.5h9v9.5h-17z',
  save: 'M5 5h11l3 3v11H5zM8.5 5v4.5h6V5M8.5 19v-5.5h7V19',
  split: 'M4.5 5h15v14h-15zM4.5 12h15',
  text: 'M4.5 5h15v14h-15zM11 5v14M6.8 8.5h2M6.8 11.5h2',
  search: 'M10.5 5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM14.6 14.6L20 20',
  pause: 'M8.5 6v12M15.5 6v12',
  film: 'M4 6h16v12H4zM8 6v12M16 6v12M4 12h4M16 12h4',
  download: 'M12 4.5V15M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14',
  trash: 'M5 7h14M9.5 7V4.5h5V7M7 7l1 12.5h8L17 7M10.3 10.5v5.5M13.7 10.5v5.5',
  home: 'M4.5 11.5L12 5l7.5 6.5M7 10v8.5h10V10',
  clock: 'M12 4a8 8 0 100 16 8 8 0 000-16zM12 7.5V12l3.2 2',
} as const;

export type IconName = keyof typeof PATHS;

/** A drawn sign next to a word, or inside a button that has a label of its own: never read aloud. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A round sign for how a step or check stands; the word is for screen readers. */
export function StateMark({ state }: { state: 'done' | 'failed' | 'open' | 'busy' | 'current' }): JSX.Element {
  const words = { done: 'done', failed: 'not done yet', open: 'open', busy: 'running', current: 'open' };
  return (
    <span class={`mark mark-${state}`}>
      {state === 'done' && <Icon name="check" />}
      {state === 'failed' && <Icon name="cross" />}
      <span class="sr-only">{words[state]}: </span>
    </span>
  );
}
