import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, defaultHighlightStyle, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, rectangularSelection } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { languageOf } from './languages.ts';

export interface CodeViewEvents {
  changed(text: string): void;
  save(): void;
}

/** Colours come from the page's theme, so that light and dark need no second editor. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.comment, tags.meta], color: 'var(--t-comment)' },
  { tag: [tags.keyword, tags.definitionKeyword, tags.modifier, tags.operatorKeyword, tags.bool, tags.null], color: 'var(--t-keyword)' },
  { tag: [tags.string, tags.special(tags.string), tags.attributeValue], color: 'var(--t-string)' },
  { tag: [tags.number, tags.atom, tags.labelName], color: 'var(--t-constant)' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.function(tags.variableName), tags.standard(tags.variableName), tags.typeName], color: 'var(--t-function)' },
  { tag: [tags.link, tags.url], color: 'var(--t-link)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

const THEME = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--paper)', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--quiet)', border: '0' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent-soft) 45%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--accent-soft)', color: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--accent-soft)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-textfield, .cm-button': { backgroundColor: 'var(--paper)', backgroundImage: 'none', border: '1px solid var(--quiet)', borderRadius: '6px', color: 'var(--ink)', fontSize: '13px' },
  '.cm-searchMatch': { backgroundColor: 'var(--warm-soft)', outline: '1px solid var(--warm)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
});

/** A CodeMirror view that changes between files and keeps each one's undo, cursor and scroll: the only file that knows its interface. */
export class CodeView {
  readonly #view: EditorView;
  readonly #states = new Map<string, { state: EditorState; revision: number; scroll: number }>();
  readonly #events: CodeViewEvents;
  #path: string | undefined;
  #revision = 0;

  constructor(parent: HTMLElement, events: CodeViewEvents) {
    this.#events = events;
    this.#view = new EditorView({ parent, state: EditorState.create({ doc: '' }) });
  }

  /** Shows a file; `revision` that is higher than the last one's replaces the text (a block was put in, the disk was read). */
  show(path: string, text: string, revision: number): void {
    if (this.#path !== path) {
      this.#keep();
      const known = this.#states.get(path);
      this.#path = path;
      this.#revision = known?.revision ?? revision;
      this.#view.setState(known?.state ?? EditorState.create({ doc: text, extensions: this.#extensions(path, text) }));
      if (known !== undefined) requestAnimationFrame(() => (this.#view.scrollDOM.scrollTop = known.scroll));
    }
    if (revision > this.#revision) this.#replace(text);
    this.#revision = revision;
  }

  /** Only what differs is replaced, so that the cursor stays where it was. */
  #replace(text: string): void {
    const before = this.#view.state.doc.toString();
    if (before === text) return;
    let from = 0;
    while (from < before.length && from < text.length && before[from] === text[from]) from += 1;
    let end = 0;
    while (end < before.length - from && end < text.length - from && before[before.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    this.#view.dispatch({ changes: { from, to: before.length - end, insert: text.slice(from, text.length - end) }, scrollIntoView: false });
    this.#view.dispatch({ effects: EditorView.scrollIntoView(from, { y: 'nearest', yMargin: 40 }) });
  }

  forget(path: string): void {
    this.#states.delete(path);
    if (this.#path === path) this.#path = undefined;
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }

  #keep(): void {
    if (this.#path !== undefined) this.#states.set(this.#path, { state: this.#view.state, revision: this.#revision, scroll: this.#view.scrollDOM.scrollTop });
  }

  #extensions(path: string, text: string): Extension {
    const language = languageOf(path, text);
    return [
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightActiveLine(),
      highlightSpecialChars(),
      highlightSelectionMatches(),
      history(),
      drawSelection(),
      rectangularSelection(),
      indentOnInput(),
      bracketMatching(),
      search({ top: false }),
      indentUnit.of('  '),
      EditorState.tabSize.of(language.name === 'Go' ? 4 : 2),
      language.extension,
      syntaxHighlighting(COLOURS),
      syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
      THEME,
      EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': `${path}, ${language.name}. Tab indents; press Escape, then Tab to leave.` }),
      keymap.of([{ key: 'Mod-s', preventDefault: true, run: () => (this.#events.save(), true) }, ...searchKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) this.#events.changed(update.state.doc.toString());
      }),
    ];
  }
}
