import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { write } from '../state/edit.ts';
import type { Language } from '../state/edit.ts';
import type { Draft } from './draft.ts';

const LANGUAGES: readonly Language[] = ['json', 'yaml'];
const [ROWS_MIN, ROWS_MAX] = [12, 34];

function LanguageSwitch({ language, onSwitch }: { language: Language; onSwitch(to: Language): void }): JSX.Element {
  return (
    <>
      {LANGUAGES.map((name) => (
        <button key={name} type="button" class={language === name ? 'pill solid' : 'pill'} aria-pressed={language === name} onClick={() => onSwitch(name)}>
          {name.toUpperCase()}
        </button>
      ))}
    </>
  );
}

const rows = (text: string) => Math.min(ROWS_MAX, Math.max(ROWS_MIN, text.split('\n', ROWS_MAX).length + 1));

/** Letters of which a text box still makes no browser wait. */
const BEGINNING = 100_000;

/** Where the beginning of a text ends, with a whole line. */
function endOf(text: string): number {
  if (text.length <= BEGINNING) return text.length;
  const end = text.lastIndexOf('\n', BEGINNING);
  return end < BEGINNING / 2 ? BEGINNING : end + 1;
}

/** An object as text, to look at; of a large one its beginning, until all of it is asked for. */
export function ObjectText({ value, label }: { value: unknown; label: string }): JSX.Element {
  const language = useSignal<Language>('yaml');
  // Written once, not whenever the clock moves on.
  const text = useMemo(() => write(value, language.value), [value, language.value]);
  const whole = useSignal(false);
  const end = useMemo(() => endOf(text), [text]);
  const shown = whole.value ? text : text.slice(0, end);
  return (
    <div class="editor">
      <div class="editor-tools">
        <LanguageSwitch language={language.value} onSwitch={(to) => (language.value = to)} />
      </div>
      <textarea aria-label={label} spellcheck={false} readOnly value={shown} rows={rows(shown)} />
      {shown.length < text.length && (
        <p class="quiet">
          This is its beginning: {Math.round(shown.length / 1024)} of {Math.round(text.length / 1024)} KiB.{' '}
          <button type="button" class="link" onClick={() => (whole.value = true)}>
            Show all
          </button>
        </p>
      )}
    </div>
  );
}

/** A draft as text, to change. What is wrong with the text stands below it. */
export function TextEditor({ draft, label }: { draft: Draft; label: string }): JSX.Element {
  const box = useRef<HTMLTextAreaElement>(null);
  const goTo = (field: string) => {
    const element = box.current;
    if (element === null) return;
    const lines = draft.text.split('\n');
    const line = lines.findIndex((one) => (draft.language === 'yaml' ? one.startsWith(`${field}:`) : one.startsWith(`  ${JSON.stringify(field)}:`)));
    if (line < 0) return;
    const at = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
    element.focus();
    element.setSelectionRange(at, at + (lines[line]?.length ?? 0));
    element.scrollTop = (element.scrollHeight / lines.length) * Math.max(0, line - 2);
  };
  return (
    <div class="editor">
      <div class="editor-tools">
        <LanguageSwitch language={draft.language} onSwitch={draft.switchTo} />
        {Object.keys(draft.object).map((field) => (
          <button key={field} type="button" class="pill" aria-label={`Go to ${field}`} onClick={() => goTo(field)}>
            {field}
          </button>
        ))}
      </div>
      <textarea ref={box} aria-label={label} spellcheck={false} value={draft.text} aria-invalid={draft.problem !== undefined} onInput={(event) => draft.type(event.currentTarget.value)} rows={rows(draft.text)} />
      {draft.problem !== undefined && (
        <pre class="editor-problem" role="alert">
          {draft.problem}
        </pre>
      )}
    </div>
  );
}

/** Takes a file's text into the draft, in place of what was there. */
export function UploadButton({ draft }: { draft: Draft }): JSX.Element {
  return (
    <label class="pill upload">
      Upload file
      <input
        type="file"
        accept=".yaml,.yml,.json"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          // The same file can be taken once more after it was changed.
          void file?.text().then((text) => {
            draft.type(text);
            currentTarget.value = '';
          });
        }}
      />
    </label>
  );
}
