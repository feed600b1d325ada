import './no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { PlayPage } from '../player/play-page.tsx';
import { LabApi } from '../state/api.ts';
import { startSettings } from '../state/settings.ts';
import { browserStorage } from '../state/storage.ts';
import { browserTimers } from '../state/timers.ts';
import { installStyleGuard } from '../terminal/style-guard.ts';
import '@xterm/xterm/css/xterm.css';
import '../style/base.css';
import '../style/start.css';
import '../style/scenario.css';
import '../style/prose.css';
import '../style/workspace.css';
import { Announcer } from './announcer.tsx';
import { route, startNavigation } from './navigation.ts';
import { browserSocket, browserEvents } from './browser-streams.ts';
import type { Machine, ScenarioPage } from './scenario-page.tsx';
import { StartPage } from './start-page.tsx';

const storage = browserStorage();
const machine: Machine = {
  api: new LabApi((path, init) => fetch(path, init)),
  timers: browserTimers,
  storage,
  openEvents: browserEvents,
  openSocket: browserSocket,
};

/** The terminal makes up most of the page's code: the start page does not wait for it. */
const scenarioPage = signal<typeof ScenarioPage | undefined>(undefined);
const loadScenarioPage = () => void import('./scenario-page.tsx').then((module) => (scenarioPage.value = module.ScenarioPage));

/** The player of recordings is a page of its own. */
const playPage = signal<typeof PlayPage | undefined>(undefined);
const loadPlayPage = () => void import('../player/play-page.tsx').then((module) => (playPage.value = module.PlayPage));

function App(): JSX.Element {
  const now = route.value;
  const Scenario = scenarioPage.value;
  const Play = playPage.value;
  useEffect(() => {
    if (now.name === 'play' && Play === undefined) loadPlayPage();
  }, [now.name]);
  return (
    <>
      {now.name === 'start' && <StartPage machine={machine} />}
      {now.name === 'scenario' && Scenario !== undefined && <Scenario key={now.id} id={now.id} page={now.page} provider={now.provider} machine={machine} />}
      {now.name === 'play' && Play !== undefined && <Play key={now.id ?? ''} id={now.id} machine={machine} />}
      <Announcer />
    </>
  );
}

installStyleGuard(document);
startSettings(storage, document.documentElement);
startNavigation();
loadScenarioPage();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
