import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { formatRoute } from '../state/route.ts';
import { progress } from '../state/steps.ts';
import { ClockDialog } from './clock-dialog.tsx';
import { Dialog } from './dialog.tsx';
import { Icon, StateMark } from './icons.tsx';
import { navigate } from './navigation.ts';
import { Popup } from './popup.tsx';
import { Brand } from './brand.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** Course, scenario, how far, the list of steps, and what can be done with the session. */
export function TopBar({ store, go }: { store: ScenarioStore; go(page: string): void }): JSX.Element {
  const scenario = store.model.value.scenario;
  const steps = store.steps.value;
  const { done, total } = progress(steps);
  const asking = useSignal<'reset' | 'end' | 'clock' | undefined>(undefined);
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
      <button
        type="button"
        class="icon-button text-toggle"
        aria-pressed={store.arrangement.value.text}
        aria-label="Text beside the terminal"
        title={store.arrangement.value.text ? 'Hide the text: the terminal gets the whole width' : 'Show the text'}
        onClick={() => store.arrange({ text: !store.arrangement.value.text })}
      >
        <Icon name="text" />
      </button>
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
            {(scenario?.languages?.length ?? 0) > 1 && (
              <label class="menu-row">
                Language
                <select
                  value={settings.value.language ?? scenario?.languages?.[0]}
                  onChange={(event) => {
                    changeSettings({ language: event.currentTarget.value });
                    void store.changeLanguage();
                  }}
                >
                  {scenario?.languages?.map((language) => (
                    <option key={language} value={language}>
                      {languageName(language)}
                    </option>
                  ))}
                </select>
              </label>
            )}
            {scenario?.recording === true && (
              <a class="button" href={formatRoute({ name: 'play', id: store.id })} target="_blank" rel="noopener">
                <Icon name="film" /> Watch a recording
              </a>
            )}
            <p class="quiet menu-note">
              <kbd>F6</kbd> moves between the text, the editor and the terminal, <kbd>Ctrl+Shift+F</kbd> finds in the terminal.
            </p>
            {store.model.value.session?.clock === true && (
              <button
                type="button"
                class="button"
                onClick={() => {
                  close();
                  asking.value = 'clock';
                }}
              >
                <Icon name="clock" /> Move the cluster’s clock forward …
              </button>
            )}
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
      {asking.value === 'clock' && <ClockDialog store={store} onClose={() => (asking.value = undefined)} />}
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

/** `de` → `Deutsch`. */
function languageName(tag: string): string {
  if (tag === 'und') return 'As written';
  try {
    return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
