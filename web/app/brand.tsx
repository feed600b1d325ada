import type { JSX } from 'preact';

export function Brand(): JSX.Element {
  return (
    <a class="brand" data-route href="/" aria-label="argo-lab: all courses">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false" class="brand-mark">
        <rect width="32" height="32" rx="8" />
        <path class="brand-prompt" d="M8 10l6 6-6 6" />
        <path class="brand-cursor" d="M17 22h7" />
      </svg>
      <span>argo-lab</span>
    </a>
  );
}
