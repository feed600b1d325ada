import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Asks for a terminal's name where its tab is; Escape and nothing typed leave the old one. */
export function RenameField({ name, onDone }: { name: string; onDone(name: string | undefined): void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const finished = useRef(false);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const done = (value: string | undefined) => {
    if (finished.current) return;
    finished.current = true;
    onDone(value === undefined || value.trim() === '' ? undefined : value.trim());
  };
  return (
    <input
      ref={input}
      class="tab-rename"
      aria-label="Name of the terminal"
      defaultValue={name}
      maxLength={40}
      onBlur={(event) => done(event.currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') done(event.currentTarget.value);
        if (event.key === 'Escape') done(undefined);
      }}
    />
  );
}
