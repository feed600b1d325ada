import type { JSX } from 'preact';

const PIECES = /(`[^`\n]+`|https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]])/;

/** A command that a text ends with (`Delete it: kubectl delete pod a`), or that it is. Sentences end with a stop. */
const COMMAND = /^((?:.*[^\s]: )?)((?:[A-Z_][A-Z0-9_]*=\S.* )?(?:kubectl|argo|curl|echo|export|source|cat|ls|cd|nano|vim|jq|git|helm|bash|chmod|mkdir|cp|mv|rm|touch|grep|npx?|python3?)(?: \S.*[^.!?…\s]| [^.!?…\s])|[A-Z_][A-Z0-9_]*=\S.*[^.!?…\s])$/s;

/** Ports of the session, not of the learner's own machine: nothing that a click could open. */
const INSIDE = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)/;

export interface Piece {
  kind: 'plain' | 'code' | 'link';
  text: string;
}

/** A text from the lab taken apart: `backticks` mean code, addresses can be followed, those inside the session apart. */
export function piecesOf(text: string): Piece[] {
  const [, before = '', command] = text.length > 500 || text.includes('`') || text.includes('\n') ? [] : (COMMAND.exec(text) ?? []);
  if (command !== undefined) return [...piecesOf(before), { kind: 'code', text: command }];
  return text.split(PIECES).flatMap((part, i): Piece[] => {
    if (part === '') return [];
    if (i % 2 === 0) return [{ kind: 'plain', text: part }];
    if (part.startsWith('`')) return [{ kind: 'code', text: part.slice(1, -1) }];
    return [{ kind: INSIDE.test(part) ? 'code' : 'link', text: part }];
  });
}

/** Plain text from the lab. */
export function Text({ children }: { children: string }): JSX.Element {
  return (
    <>
      {piecesOf(children).map(({ kind, text }, i) =>
        kind === 'plain' ? (
          text
        ) : kind === 'code' ? (
          <code key={i}>{text}</code>
        ) : (
          <a key={i} href={text} target="_blank" rel="noopener noreferrer">
            {text}
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
