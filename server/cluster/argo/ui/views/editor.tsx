import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { parse, stringify } from 'yaml';

export type Language = 'yaml' | 'json';

export function write(value: unknown, language: Language): string {
  return language === 'yaml' ? stringify(value, { lineWidth: 0 }) : JSON.stringify(value, null, 2);
}

/** Reads YAML or JSON (JSON is YAML too); throws with line and column. */
export function readText(text: string): unknown {
  return parse(text);
}

/** An object as text, to look at or to change; `onChange` gets the parsed object, or the reason why there is none. */
export function ObjectEditor({ value, readOnly, label, onChange }: { value: unknown; readOnly?: boolean; label: string; onChange?: (value: unknown, problem: string | undefined) => void }): JSX.Element {
  const language = useSignal<Language>('yaml');
  const text = useSignal(write(value, 'yaml'));
  const problem = useSignal<string | undefined>(undefined);
  useEffect(() => {
    text.value = write(value, language.value);
  }, [value]);
  const change = (next: string) => {
    text.value = next;
    try {
      const parsed = readText(next);
      problem.value = undefined;
      onChange?.(parsed, undefined);
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
      onChange?.(undefined, problem.value);
    }
  };
  const switchTo = (to: Language) => {
    try {
      text.value = write(readText(text.value), to);
      language.value = to;
    } catch {
      // The text is broken: it stays as it is, its problem stands below.
    }
  };
  return (
    <div class="editor">
      <div class="editor-tools">
        {(['yaml', 'json'] as const).map((name) => (
          <button key={name} type="button" class={language.value === name ? 'pill solid' : 'pill'} aria-pressed={language.value === name} onClick={() => switchTo(name)}>
            {name.toUpperCase()}
          </button>
        ))}
        {readOnly !== true && (
          <label class="pill upload">
            Upload file
            <input type="file" accept=".yaml,.yml,.json" onChange={(event) => void event.currentTarget.files?.[0]?.text().then(change)} />
          </label>
        )}
      </div>
      <textarea aria-label={label} spellcheck={false} readOnly={readOnly} value={text.value} onInput={(event) => change(event.currentTarget.value)} rows={Math.min(34, Math.max(12, text.value.split('\n').length + 1))} />
      {problem.value !== undefined && (
        <pre class="editor-problem" role="alert">
          {problem.value}
        </pre>
      )}
    </div>
  );
}
