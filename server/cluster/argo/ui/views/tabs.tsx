import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';

export interface Tab {
  key: string;
  title: string;
  content(): ComponentChildren;
}

/** One of several contents; the arrow keys lead from tab to tab. What is not known is the first one. */
export function Tabs({ label, tabs, selected, onSelect }: { label: string; tabs: readonly Tab[]; selected: string | undefined; onSelect(key: string): void }): JSX.Element {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const here = tabs.find(({ key }) => key === selected) ?? tabs[0];
  const move = (event: KeyboardEvent, from: number) => {
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs.at(to % tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next.key);
    list.current?.querySelectorAll('button')[tabs.indexOf(next)]?.focus();
  };
  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label={label}>
        {tabs.map(({ key, title }, i) => (
          <button key={key} type="button" role="tab" id={`${id}-${key}`} aria-selected={key === here?.key} aria-controls={`${id}-panel`} tabIndex={key === here?.key ? 0 : -1} onClick={() => onSelect(key)} onKeyDown={(event) => move(event, i)}>
            {title}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${here?.key ?? ''}`} class="tab-body">
        {here?.content()}
      </div>
    </>
  );
}
