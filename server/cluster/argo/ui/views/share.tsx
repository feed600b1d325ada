import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { get } from '../api/client.ts';
import { listOf, Workflow } from '../api/shapes.ts';
import { isFinished } from '../state/actions.ts';
import { lasted } from '../state/format.ts';
import { byNewest } from '../state/list-query.ts';
import { href } from '../state/router.ts';
import { now, pause } from '../state/time.ts';
import { ErrorNotice } from './common.tsx';
import { CopyButton } from './copy.tsx';
import { GraphView } from './graph-view.tsx';
import { Icon, PhaseIcon } from './icons.tsx';

/** Which workflow a widget shows: one by its name, or the latest with a label. */
export interface WidgetQuery {
  name?: string;
  label?: string;
}

const WIDGETS = [
  { path: 'workflow-graphs', title: 'Graph', height: 400, width: 400 },
  { path: 'workflow-status-badges', title: 'Status badge', height: 40, width: 280 },
] as const;

/** What of a workflow can be shown on other pages, and the text that puts it there. */
export function SharePanel({ namespace, query }: { namespace: string; query: WidgetQuery }): JSX.Element {
  const link = new URL(query.name === undefined ? href(`workflows/${namespace}`, { label: query.label }) : href(`workflows/${namespace}/${query.name}`), location.href).href;
  return (
    <>
      <section class="box">
        <h2>
          <Icon name="share" /> Share
        </h2>
        <p>
          Link: <a href={link}>{link}</a>
        </p>
        <p class="quiet">Whoever opens it needs a login of their own. A server lets others put its pages into theirs where its X-Frame-Options allow it.</p>
      </section>
      {WIDGETS.map(({ path, title, height, width }) => {
        const address = new URL(href(`widgets/${path}/${namespace}`, { ...query, target: '_top' }), location.href).href;
        const text = `<iframe frameborder="0" width="${width}" height="${height}" title="${title}" src="${address.replaceAll('&', '&amp;')}"></iframe>`;
        return (
          <section key={path} class="box" aria-label={title}>
            <h3>{title}</h3>
            <p>
              <a href={address}>Open</a>
            </p>
            <pre class="shell" tabIndex={0}>
              {text}
            </pre>
            <CopyButton text={text} />
          </section>
        );
      })}
    </>
  );
}

const POLL_MS = 3000;

/** A page without the frame around it, for other pages: `widgets/workflow-graphs/NAMESPACE?name=…` or `?label=…`. */
export function WidgetPage({ widget, namespace, query, target }: { widget: string; namespace: string; query: WidgetQuery; target: string }): JSX.Element {
  const workflow = useSignal<Workflow | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    document.title = `${query.name ?? query.label ?? namespace} / Argo`;
    const stop = new AbortController();
    const load = async (): Promise<Workflow | undefined> => {
      if (query.name !== undefined) return get(Workflow, `workflows/${namespace}/${query.name}`);
      const list = await get(listOf(Workflow), `workflows/${namespace}`, { 'listOptions.labelSelector': query.label, 'listOptions.limit': 1 });
      return (list.items ?? []).toSorted(byNewest)[0];
    };
    const follow = async () => {
      while (!stop.signal.aborted) {
        workflow.value = await load();
        error.value = undefined;
        // A workflow of this name does not change any more; with a label there may be another.
        if (query.name !== undefined && workflow.value !== undefined && isFinished(workflow.value)) return;
        await pause(POLL_MS, stop.signal);
      }
    };
    follow().catch((reason: unknown) => {
      if (!stop.signal.aborted) error.value = reason;
    });
    return () => stop.abort();
  }, [namespace, query.name, query.label]);
  const one = workflow.value;
  const { name = '' } = one?.metadata ?? {};
  return (
    <main class="widget">
      <h1 class="sr-only">Workflow {name}</h1>
      <ErrorNotice error={error.value} />
      {one === undefined && error.value === undefined && <p role="status">No workflow</p>}
      {one !== undefined && (
        <a class="widget-badge" href={href(`workflows/${namespace}/${name}`)} target={target}>
          <PhaseIcon phase={one.status.phase} /> {name} <span class="quiet">{lasted(one.status.startedAt, one.status.finishedAt, now.value)}</span>
        </a>
      )}
      {one !== undefined && widget === 'workflow-graphs' && <GraphView nodes={one.status.nodes ?? {}} selected={undefined} onSelect={(nodeId) => open(href(`workflows/${namespace}/${name}`, { nodeId }), target)} tools={false} />}
    </main>
  );
}
