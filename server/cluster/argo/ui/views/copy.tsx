import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { copyText } from '../api/clipboard.ts';
import { linkParts } from '../state/links.ts';
import { Icon } from './icons.tsx';

/** A text with a small button that copies it. */
export function CopyableText({ text, noun }: { text: string; noun: string }): JSX.Element {
  const copied = useSignal(false);
  return (
    <>
      {text}{' '}
      <button type="button" class="time-switch" aria-label={copied.value ? `${noun} is copied` : `Copy ${noun}`} title={copied.value ? 'Copied to clipboard' : 'Copy to clipboard'} onClick={() => void copyText(text).then((done) => (copied.value = done))}>
        <Icon name={copied.value ? 'check' : 'copy'} />
      </button>
    </>
  );
}

export function CopyButton({ text }: { text: string | (() => string) }): JSX.Element {
  const copied = useSignal<boolean | undefined>(undefined);
  const copy = () => void copyText(typeof text === 'string' ? text : text()).then((done) => (copied.value = done));
  return (
    <button type="button" class="pill" onClick={copy}>
      {copied.value === undefined ? 'Copy to clipboard' : copied.value ? 'Copied to clipboard' : 'The browser does not let this page copy'}
    </button>
  );
}

/** A text in which addresses of web pages can be followed. */
export function LinkedText({ text }: { text: string }): JSX.Element {
  return (
    <>
      {linkParts(text).map((part, i) =>
        part.url === undefined ? (
          part.text
        ) : (
          <a key={i} href={part.url} target="_blank" rel="noopener noreferrer">
            {part.text}
          </a>
        ),
      )}
    </>
  );
}
