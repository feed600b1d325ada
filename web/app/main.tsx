import './no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import type { JSX } from 'preact';
import { LabApi } from '../state/api.ts';
import { startSettings } from '../state/settings.ts';
import { browserTimers } from '../state/timers.ts';
import { installStyleGuard } from '../terminal/style-guard.ts';
import '@xterm/xterm/css/xterm.css';
import '../style/base.css';
import '../style/start.css';
import '../style/scenario.css';
import '../style/prose.css';
import { Announcer } from './announcer.tsx';
import { route, startNavigation } from './navigation.ts';
import { browserSocket, browserEvents } from './browser-streams.ts';
import type { Machine, ScenarioPage } from './scenario-page.tsx';
import { StartPage } from './start-page.tsx';

const machine: Machine = {
  api: new LabApi((path, init) => fetch(path, init)),
  timers: browserTimers,
  openEvents: browserEvents,
  openSocket: browserSocket,
};

/** The terminal makes up most of the page's code: the start page does not wait for it. */
const scenarioPage = signal<typeof ScenarioPage | undefined>(undefined);
const loadScenarioPage = () => void import('./scenario-page.tsx').then((module) => (scenarioPage.value = module.ScenarioPage));

/** Where the browser allows no storage at all, settings last as long as the page. */
function localStore(): Pick<Storage, 'getItem' | 'setItem'> {
  try {
    return localStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}

function App(): JSX.Element {
  const now = route.value;
  const Scenario = scenarioPage.value;
  return (
    <>
      {now.name === 'start' ? <StartPage api={machine.api} /> : Scenario !== undefined && <Scenario key={now.id} id={now.id} page={now.page} machine={machine} />}
      <Announcer />
    </>
  );
}

installStyleGuard(document);
startSettings(localStore(), document.documentElement);
startNavigation();
loadScenarioPage();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
