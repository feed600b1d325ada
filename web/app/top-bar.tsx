import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { progress } from '../state/steps.ts';
import { Dialog } from './dialog.tsx';
import { Icon, StateMark } from './icons.tsx';
import { navigate } from './navigation.ts';
import { Brand } from './start-page.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** Course, scenario, how far, the list of steps, and what can be done with the session. */
export function TopBar({ store, go }: { store: ScenarioStore; go(page: string): void }): JSX.Element {
  const scenario = store.model.value.scenario;
  const steps = store.steps.value;
  const { done, total } = progress(steps);
  const asking = useSignal<'reset' | 'end' | undefined>(undefined);
  const current = steps.find((step) => step.current);
  return (
    <header class="top-bar">
      <Brand />
      <div class="top-titles">
        <span class="top-course">{scenario?.course.title ?? ''}</span>
        <span class="top-scenario">{scenario?.title ?? store.id}</span>
      </div>
      <div class="top-progress">
        <ol class="dots" aria-hidden="true">
          {steps.map((step) => (
            <li key={step.id} class={`dot dot-${step.state} ${step.current ? 'dot-here' : ''}`} />
          ))}
        </ol>
        <progress class="sr-only" max={Math.max(1, total)} value={done} aria-label="Steps done" />
        <span class="quiet top-count">
          {done} / {total}
        </span>
      </div>
      <Popup label={`Steps, now: ${current?.title ?? ''}`} text="Steps" icon="list">
        {(close) => (
          <ol class="step-list">
            {steps.map((step) => (
              <li key={step.id}>
                <button
                  type="button"
                  aria-current={step.current ? 'step' : undefined}
                  onClick={() => {
                    close();
                    go(step.id);
                  }}
                >
                  <StateMark state={step.state} />
                  <span class="step-list-label">{step.label}</span>
                  <span>{step.title}</span>
                </button>
              </li>
            ))}
          </ol>
        )}
      </Popup>
      <ThemeSwitch />
      <Popup label="Session and settings" icon="more">
        {(close) => (
          <div class="menu">
            <p class="quiet">
              Cluster: {store.model.value.session?.provider ?? '…'}
            </p>
            <label class="menu-row">
              <input type="checkbox" checked={settings.value.screenReader} onChange={(event) => changeSettings({ screenReader: event.currentTarget.checked })} />
              Terminal for screen readers
            </label>
            <label class="menu-row">
              Terminal text size
              <input
                type="number"
                min={10}
                max={24}
                value={settings.value.fontSize}
                onChange={(event) => {
                  const size = Number(event.currentTarget.value);
                  if (size >= 10 && size <= 24) changeSettings({ fontSize: size });
                }}
              />
            </label>
            <p class="quiet menu-note">
              <kbd>F6</kbd> moves between the text and the terminal, <kbd>Ctrl+Shift+F</kbd> finds in the terminal.
            </p>
            <button
              type="button"
              class="button"
              onClick={() => {
                close();
                asking.value = 'reset';
              }}
            >
              <Icon name="reload" /> Reset the session …
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                close();
                asking.value = 'end';
              }}
            >
              <Icon name="cross" /> End the session …
            </button>
          </div>
        )}
      </Popup>
      {asking.value === 'reset' && (
        <Dialog title="Reset the session?" confirm="Reset" danger onConfirm={() => void store.reset().then((page) => page !== undefined && go(page))} onClose={() => (asking.value = undefined)}>
          <p>You get a clean home folder, new terminals and a new cluster. Files and objects that you made in this session are gone; the steps you have done stay done.</p>
        </Dialog>
      )}
      {asking.value === 'end' && (
        <Dialog title="End the session?" confirm="End" danger onConfirm={() => void store.end().then((ended) => ended && navigate({ name: 'start' }))} onClose={() => (asking.value = undefined)}>
          <p>The terminals and the cluster of this session are stopped and their files deleted. The steps you have done stay done.</p>
        </Dialog>
      )}
    </header>
  );
}

/** A button with a panel below it: Escape and a click outside close it. */
function Popup(props: { label: string; text?: string; icon: 'list' | 'more'; children: (close: () => void) => JSX.Element }): JSX.Element {
  const open = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    open.value = false;
    button.current?.focus();
  };
  useEffect(() => {
    if (!open.value) return;
    const outside = (event: PointerEvent | FocusEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) open.value = false;
    };
    addEventListener('pointerdown', outside);
    addEventListener('focusin', outside);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('focusin', outside);
    };
  }, [open.value]);
  return (
    <div
      class="popup"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && open.value) {
          event.stopPropagation();
          close();
        }
      }}
    >
      <button ref={button} type="button" class={props.text === undefined ? 'icon-button' : 'button'} aria-label={props.label} aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name={props.icon} />
        {props.text !== undefined && <span class="button-text">{props.text}</span>}
      </button>
      {open.value && <div class="popup-panel">{props.children(close)}</div>}
    </div>
  );
}
