import type { JSX } from 'preact';

const PIECES = /(`[^`\n]+`|https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]])/;

/** Plain text from the lab in which `backticks` mean code, and addresses can be followed. */
export function Text({ children }: { children: string }): JSX.Element {
  return (
    <>
      {children.split(PIECES).map((part, i) =>
        i % 2 === 0 ? (
          part
        ) : part.startsWith('`') ? (
          <code key={i}>{part.slice(1, -1)}</code>
        ) : (
          <a key={i} href={part} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ),
      )}
    </>
  );
}

/** What is the matter, and below it what to do about it. */
export function Said({ message, next }: { message: string; next: string | undefined }): JSX.Element {
  return (
    <>
      <p>
        <Text>{sentence(message)}</Text>
      </p>
      {next !== undefined && (
        <p class="quiet">
          <Text>{next}</Text>
        </p>
      )}
    </>
  );
}

/** `the node did not boot` → `The node did not boot.` */
export function sentence(text: string): string {
  const trimmed = text.trim();
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…:)”"`/]$/.test(begun) || begun === '' ? begun : `${begun}.`;
}

/** `0.4 s`, `12 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
