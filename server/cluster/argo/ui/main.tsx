import './api/no-eval.ts';
import { render } from 'preact';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { signal } from '@preact/signals';
import { ArgoError } from './api/client.ts';
import { EVENT_KINDS } from './state/event-kinds.ts';
import { KINDS } from './state/kinds.ts';
import { go, href, place, startRouter } from './state/router.ts';
import { startClock } from './state/time.ts';
import './style/base.css';
import './style/list.css';
import './style/forms.css';
import './style/workflow.css';
import './style/graph.css';
import './style/pages.css';
import './style/phone.css';
import { defaultNamespace, loadCaller, version } from './views/common.tsx';
import { DefinitionDetailPage } from './views/definition-detail.tsx';
import { DefinitionListPage } from './views/definitions.tsx';
import { EventDetailPage } from './views/event-detail.tsx';
import { EventFlowPage } from './views/event-flow-page.tsx';
import { EventListPage } from './views/event-pages.tsx';
import { Icon } from './views/icons.tsx';
import type { IconName } from './views/icons.tsx';
import { LoginPage } from './views/login.tsx';
import { Notice } from './views/notice.tsx';
import { ApiDocsPage, EventBindingsPage, HelpPage, PluginsPage, UserInfoPage } from './views/other-pages.tsx';
import { ReportsPage } from './views/reports.tsx';
import { WidgetPage } from './views/share.tsx';
import { WorkflowDetailPage } from './views/workflow-detail.tsx';
import { WorkflowListPage } from './views/workflow-list.tsx';

const MENU: readonly { path: string; title: string; icon: IconName; namespaced?: boolean }[] = [
  { path: 'workflows', title: 'Workflows', icon: 'workflows', namespaced: true },
  { path: 'workflow-templates', title: 'Workflow Templates', icon: 'template', namespaced: true },
  { path: 'cluster-workflow-templates', title: 'Cluster Workflow Templates', icon: 'templates' },
  { path: 'cron-workflows', title: 'Cron Workflows', icon: 'clock', namespaced: true },
  { path: 'event-flow', title: 'Event Flow', icon: 'flow', namespaced: true },
  { path: 'event-sources', title: 'Event Sources', icon: 'bolt', namespaced: true },
  { path: 'sensors', title: 'Sensors', icon: 'dish', namespaced: true },
  { path: 'workflow-event-bindings', title: 'Workflow Event Bindings', icon: 'link', namespaced: true },
  { path: 'reports', title: 'Reports', icon: 'report', namespaced: true },
  { path: 'userinfo', title: 'User', icon: 'user' },
  { path: 'apidocs', title: 'API Docs', icon: 'code' },
  { path: 'plugins', title: 'Plugins', icon: 'plugin' },
  { path: 'help', title: 'Help', icon: 'help' },
];

const NAMESPACED = new Set(['workflows', 'workflow-event-bindings', 'event-flow', 'sensors', 'event-sources', 'reports']);

/** False until the server said (or refused to say) who the caller is, where the namespace to start with hangs on it. */
const started = signal(false);

function App(): JSX.Element {
  const { path, query } = place.value;
  const section = path[0] ?? '';
  if (section === 'widgets') {
    const [name, label] = [query.get('name'), query.get('label')];
    return <WidgetPage widget={path[1] ?? ''} namespace={path[2] ?? ''} query={{ ...(name === null ? {} : { name }), ...(label === null ? {} : { label }) }} target={query.get('target') ?? '_top'} />;
  }
  return (
    <div class="shell-grid">
      <nav class="menu" aria-label="Main">
        <button type="button" class="skip" onClick={() => document.querySelector('main')?.focus()}>
          Skip to content
        </button>
        <a class="menu-mark" href={href('')} aria-label="Argo: all workflows">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <circle class="mark-warm" cx="16" cy="9" r="4.500" />
            <circle cx="8.500" cy="23" r="4.500" />
            <circle cx="23.500" cy="23" r="4.500" />
            <path d="M14 13L10.500 19M18 13L21.500 19" />
          </svg>
        </a>
        <span class="menu-version">{version.value ?? 'unknown'}</span>
        {MENU.map((item) => (
          <a key={item.path} href={href(item.namespaced === true ? `${item.path}/${defaultNamespace()}` : item.path)} class={section === item.path ? 'menu-item here' : 'menu-item'} aria-current={section === item.path ? 'page' : undefined} aria-label={item.title} title={item.title}>
            <Icon name={item.icon} />
          </a>
        ))}
      </nav>
      {started.value ? <Content /> : <p role="status">Loading...</p>}
      <Notice />
    </div>
  );
}

function Content(): JSX.Element {
  const [section = '', first, second] = place.value.path;
  if (section === 'login') return <LoginPage />;
  if (section === 'userinfo') return <UserInfoPage />;
  if (section === 'apidocs') return <ApiDocsPage />;
  if (section === 'help') return <HelpPage />;
  const kind = KINDS.find((candidate) => candidate.path === section);
  if (kind !== undefined && !kind.namespaced) return first === undefined ? <DefinitionListPage kind={kind} namespace="" /> : <DefinitionDetailPage key={first} kind={kind} namespace="" name={first} />;
  if (section === 'plugins') return <PluginsPage />;
  if (!NAMESPACED.has(section) && kind === undefined) return <Redirect to={`workflows/${defaultNamespace()}`} />;
  const namespace = first ?? (place.value.query.get('allNamespaces') === 'true' ? '' : undefined);
  if (namespace === undefined) return <Redirect to={`${section}/${defaultNamespace()}`} />;
  if (section === 'workflow-event-bindings') return <EventBindingsPage namespace={namespace} />;
  if (section === 'event-flow') return <EventFlowPage namespace={namespace} />;
  const eventKind = EVENT_KINDS.find((candidate) => candidate.path === section);
  if (eventKind !== undefined) return second === undefined ? <EventListPage key={section} kind={eventKind} namespace={namespace} /> : <EventDetailPage key={`${section} ${second}`} kind={eventKind} namespace={namespace} name={second} />;
  if (section === 'reports') return <ReportsPage namespace={namespace} />;
  if (kind !== undefined) return second === undefined ? <DefinitionListPage key={kind.path} kind={kind} namespace={namespace} /> : <DefinitionDetailPage key={`${kind.path} ${second}`} kind={kind} namespace={namespace} name={second} />;
  return second === undefined ? <WorkflowListPage namespace={namespace} /> : <WorkflowDetailPage key={second} namespace={namespace} name={second} />;
}

function Redirect({ to }: { to: string }): JSX.Element {
  useEffect(() => go(to, {}, true), [to]);
  return <p role="status">Loading...</p>;
}

async function start(): Promise<void> {
  startRouter();
  startClock();
  // An address that names its namespace needs no answer about the caller first.
  if (place.value.path.length > 1) started.value = true;
  await loadCaller().catch((error: unknown) => {
    if (!(error instanceof ArgoError) || error.status !== 401 || place.value.path[0] === 'login') return;
    // Where no page was asked for, where to go after the login hangs on who that will be.
    go('login', place.value.path.length === 0 ? {} : { redirect: location.pathname + location.search }, true);
  });
  started.value = true;
}

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
void start();
