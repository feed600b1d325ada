import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { XtermScreen } from './xterm-screen.ts';

/** Finds text in a terminal: Enter goes up, as the newest stands below, Shift+Enter down, Escape back to the shell. */
export function SearchBar({ screen, onClose }: { screen: XtermScreen; onClose(): void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const close = () => {
    screen.search.clearDecorations();
    screen.terminal.clearSelection();
    onClose();
    screen.terminal.focus();
  };
  return (
    <div class="search-bar" role="search">
      <input
        ref={input}
        type="text"
        aria-label="Find in the terminal"
        placeholder="Find"
        onInput={(event) => screen.search.findPrevious(event.currentTarget.value, { incremental: true })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            if (event.shiftKey) screen.search.findNext(event.currentTarget.value);
            else screen.search.findPrevious(event.currentTarget.value);
          } else if (event.key === 'Escape') close();
        }}
      />
      <button type="button" onClick={close}>
        Close
      </button>
    </div>
  );
}
