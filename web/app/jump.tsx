import type { JSX } from 'preact';

/** On a phone, where text and workspace lie one below the other: the way to the other one. */
export function Jump({ to, children }: { to: 'step' | 'workspace'; children: string }): JSX.Element {
  return (
    <a
      class="button jump"
      href={`#${to}`}
      onClick={(event) => {
        // The hash of the address names the page.
        event.preventDefault();
        document.getElementById(to)?.scrollIntoView();
      }}
    >
      {children}
    </a>
  );
}
