import './no-eval.ts';
import { render } from 'preact';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
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
import '../style/editor.css';
import '../style/author.css';
import '../style/player.css';
import '../style/phone.css';
import { Announcer } from './announcer.tsx';
import { browserEvents, browserSocket } from './browser-streams.ts';
import { lazy } from './lazy.ts';
import type { Lazy } from './lazy.ts';
import { route, startNavigation } from './navigation.ts';
import type { Machine } from './scenario-page.tsx';
import { StartPage } from './start-page.tsx';
import { TroubleBox } from './trouble-box.tsx';

const storage = browserStorage();
const machine: Machine = {
  api: new LabApi((path, init) => fetch(path, init)),
  timers: browserTimers,
  storage,
  openEvents: browserEvents,
  openSocket: browserSocket,
};

/** The terminal makes up most of the page's code: the start page does not wait for it. */
const scenarioPage = lazy(() => import('./scenario-page.tsx').then((module) => module.ScenarioPage));
/** The player of recordings is a page of its own. */
const playPage = lazy(() => import('../player/play-page.tsx').then((module) => module.PlayPage));

function App(): JSX.Element {
  const now = route.value;
  const Scenario = scenarioPage.value.value;
  const Play = playPage.value.value;
  useEffect(() => {
    if (now.name === 'play') playPage.load();
    // Also from the start page, where it is needed next.
    else scenarioPage.load();
  }, [now.name]);
  return (
    <>
      {now.name === 'start' && <StartPage machine={machine} />}
      {now.name === 'scenario' && (Scenario === undefined ? <Missing part={scenarioPage} /> : <Scenario key={now.id} id={now.id} page={now.page} provider={now.provider} machine={machine} />)}
      {now.name === 'play' && (Play === undefined ? <Missing part={playPage} /> : <Play key={now.id ?? ''} id={now.id} machine={machine} />)}
      <Announcer />
    </>
  );
}

/** Nothing while the code is on its way; what to do when it does not come. */
function Missing({ part }: { part: Lazy<unknown> }): JSX.Element | null {
  if (!part.failed.value) return null;
  return (
    <main class="start-main">
      <h1 class="sr-only">argo-lab</h1>
      <TroubleBox trouble={{ code: 'page', message: 'This page could not be loaded.', next: 'Is argo-lab still running? After a new version, the page has to be loaded again.' }} action="Load again" onAction={() => location.reload()} />
    </main>
  );
}

installStyleGuard(document);
startSettings(storage, document.documentElement);
startNavigation();
// How the focus came where it is: what is told to those who use the keyboard is not shown to others.
addEventListener('keydown', (event) => (event.key === 'Tab' || event.key === 'F6') && document.documentElement.setAttribute('data-by-key', ''), true);
addEventListener('pointerdown', () => document.documentElement.removeAttribute('data-by-key'), true);
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
