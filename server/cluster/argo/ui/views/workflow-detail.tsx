import { useSignal } from '@preact/signals';
import { z } from 'zod';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { ArgoError, get } from '../api/client.ts';
import { isFinal, keepUp } from '../api/keep-up.ts';
import { WatchEvent, Workflow } from '../api/shapes.ts';
import type { NodeStatus } from '../api/shapes.ts';
import { streamLatest } from '../api/stream.ts';
import { actionsFor, isFinished, isInCluster } from '../state/actions.ts';
import type { Action } from '../state/actions.ts';
import { findArtifact } from '../state/artifacts.ts';
import { lasted } from '../state/format.ts';
import { linksFor } from '../state/links.ts';
import { originLinks } from '../state/origin.ts';
import { readSidePanel } from '../state/nodes.ts';
import { podName } from '../state/pod-name.ts';
import { go, place, setQuery } from '../state/router.ts';
import { now } from '../state/time.ts';
import { ActionDialog, ResumeNodeDialog, RetryNodeDialog } from './action-dialog.tsx';
import { ArtifactPanel } from './artifact-panel.tsx';
import { ErrorNotice, info, Page, rememberNamespace, SlidingPanel } from './common.tsx';
import type { ToolButton } from './common.tsx';
import { ObjectText } from './editor.tsx';
import { Events } from './events.tsx';
import { GraphView } from './graph-view.tsx';
import { PhaseIcon } from './icons.tsx';
import { Logs } from './logs.tsx';
import { NodePanel } from './node-panel.tsx';
import { SharePanel } from './share.tsx';
import { isWarning, Summary } from './summary.tsx';
import { TimelineView } from './timeline-view.tsx';

const VIEWS = [
  { tab: 'summary', title: 'Summary' },
  { tab: 'events', title: 'Events' },
  { tab: 'timeline', title: 'Timeline' },
  { tab: 'workflow', title: 'Graph' },
] as const;

/** One workflow: its graph or its summary, and the node that is selected. */
export function WorkflowDetailPage({ namespace, name }: { namespace: string; name: string }): JSX.Element {
  const { query } = place.value;
  const workflow = useSignal<Workflow | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const asked = useSignal<Action | undefined>(undefined);
  const resuming = useSignal<string | undefined>(undefined);
  const retrying = useSignal<string | undefined>(undefined);
  const turn = useSignal(0);
  const uid = query.get('uid') ?? undefined;
  const nodeId = query.get('nodeId') ?? undefined;
  const panel = readSidePanel(query.get('sidePanel') ?? undefined);
  const view = VIEWS.find(({ tab }) => tab === query.get('tab'))?.tab ?? 'workflow';

  useEffect(() => {
    const stop = new AbortController();
    const load = async () => {
      const loaded = await get(Workflow, `workflows/${namespace}/${name}`, { uid });
      if (stop.signal.aborted) return;
      rememberNamespace(namespace);
      workflow.value = loaded;
      error.value = undefined;
    };
    const onEvent = (event: WatchEvent) => {
      if (event.type === 'DELETED') error.value = new ArgoError(404, 'Workflow gone');
      else workflow.value = event.object;
    };
    let watches = true;
    const round = async (): Promise<boolean> => {
      await load();
      if (stop.signal.aborted || (workflow.value !== undefined && isFinished(workflow.value) && !isInCluster(workflow.value))) return false;
      if (watches) {
        // The server ends its streams from time to time: then it is asked for another. Without the right to watch, it is asked again and again.
        await streamLatest(WatchEvent, `workflow-events/${namespace}`, { 'listOptions.fieldSelector': `metadata.name=${name}`, 'listOptions.resourceVersion': workflow.value?.metadata.resourceVersion }, stop.signal, onEvent).catch((reason: unknown) => {
          watches = !isFinal(reason);
        });
      }
      return error.value === undefined;
    };
    void keepUp({ round, onError: (reason) => (error.value = reason), signal: stop.signal });
    return () => stop.abort();
  }, [namespace, name, turn.value]);

  const now_ = workflow.value;
  const manifest = useMemo(() => withoutManagedFields(now_), [now_]);
  const nodes = now_?.status.nodes ?? {};
  const phase = now_?.status.phase ?? 'Pending';
  const tools: ToolButton[] =
    now_ === undefined
      ? []
      : [
          ...actionsFor(now_).map((action) => ({ title: action.title, icon: action.icon, action: () => (asked.value = action) }) satisfies ToolButton),
          { title: 'Logs', icon: 'workflows', action: () => setQuery({ sidePanel: 'logs' }) },
          { title: 'Share', icon: 'share', action: () => setQuery({ sidePanel: 'share' }) },
          ...linksFor(info.value, 'workflow', { metadata: now_.metadata, workflow: now_, status: now_.status }, now.value).map(({ name: title, url }) => ({ title, icon: 'outside', action: () => location.assign(url) }) satisfies ToolButton),
          ...originLinks(now_).map(({ title, icon, path, query: filter }) => ({ title, icon, action: () => go(path, filter) }) satisfies ToolButton),
          { title: 'Manifest', icon: 'code', action: () => setQuery({ sidePanel: 'workflow' }) },
        ];
  const done = (action: Action, answer: Workflow | undefined) => {
    asked.value = undefined;
    if (action.verb === 'delete') go(`workflows/${namespace}`);
    else if (action.verb === 'resubmit') go(`workflows/${answer?.metadata.namespace ?? namespace}/${answer?.metadata.name ?? name}`);
    else turn.value += 1;
  };
  const select = (id: string) => setQuery({ nodeId: id === nodeId ? undefined : id });
  const node: NodeStatus | undefined = nodeId === undefined ? undefined : nodes[nodeId];
  const artifact = nodeId === undefined || now_ === undefined ? undefined : findArtifact(now_, nodeId);
  return (
    <Page
      title="Workflow Details"
      crumbs={[{ text: 'Workflows', path: 'workflows' }, { text: namespace, path: `workflows/${namespace}` }, { text: name }]}
      tools={tools}
      aside={
        <span class="view-switch">
          {VIEWS.map(({ tab, title }) => (
            <button key={tab} type="button" class={view === tab ? 'pill solid' : 'pill'} aria-pressed={view === tab} onClick={() => setQuery({ tab: tab === 'workflow' ? undefined : tab })}>
              {title}
              {tab === 'summary' && now_?.status.conditions?.some(isWarning) === true && <span class="badge" role="img" aria-label="with warnings" />}
            </button>
          ))}
        </span>
      }
    >
      <ErrorNotice error={error.value} onRetry={() => (turn.value += 1)} />
      {now_ === undefined && error.value === undefined && <p role="status">Loading...</p>}
      {now_ !== undefined && view === 'summary' && <Summary workflow={now_} manifest={manifest} />}
      {now_ !== undefined && view === 'events' && <Events namespace={namespace} kind="Workflow" name={name} />}
      {now_ !== undefined && (view === 'timeline' || view === 'workflow') && (
        <div class={node === undefined && artifact === undefined ? 'detail' : 'detail detail-split'}>
          <div class="graph-pane">
            <p class="graph-status">
              <PhaseIcon phase={phase} /> <strong>{phase}</strong> <span>{lasted(now_.status.startedAt, now_.status.finishedAt, now.value)}</span>
              {now_.status.message !== undefined && <span class="graph-message">{now_.status.message}</span>}
            </p>
            {Object.keys(nodes).length === 0 && <p>No nodes yet: the workflow has not started.</p>}
            {Object.keys(nodes).length > 0 && (view === 'timeline' ? <TimelineView nodes={nodes} selected={nodeId} onSelect={select} /> : <GraphView nodes={nodes} selected={nodeId} onSelect={select} />)}
          </div>
          {node !== undefined && (
            <NodePanel
              key={node.id}
              workflow={now_}
              node={node}
              tab={query.get('nodePanelView') ?? undefined}
              onTab={(tab) => setQuery({ nodePanelView: tab })}
              onLogs={(id, container) => setQuery({ sidePanel: `logs:${id}:${container}` })}
              onEvents={() => setQuery({ sidePanel: `events:${node.id}` })}
              onManifest={() => setQuery({ sidePanel: `yaml:${node.id}` })}
              onResume={() => (resuming.value = node.id)}
              onRetry={() => (retrying.value = node.id)}
              onClose={() => setQuery({ nodeId: undefined })}
            />
          )}
          {artifact !== undefined && <ArtifactPanel key={artifact.id} workflow={now_} found={artifact} onClose={() => setQuery({ nodeId: undefined })} />}
        </div>
      )}
      {now_ !== undefined && panel.type === 'logs' && (
        <SlidingPanel label="Logs" onClose={() => setQuery({ sidePanel: undefined })}>
          <Logs workflow={now_} nodeId={panel.nodeId ?? nodeId} container={panel.container} />
        </SlidingPanel>
      )}
      {panel.type === 'share' && (
        <SlidingPanel label="Share" onClose={() => setQuery({ sidePanel: undefined })}>
          <SharePanel namespace={namespace} query={{ name }} />
        </SlidingPanel>
      )}
      {now_ !== undefined && asked.value !== undefined && <ActionDialog key={asked.value.verb} action={asked.value} workflows={[now_]} onDone={(answer) => asked.value !== undefined && done(asked.value, answer)} onClose={() => (asked.value = undefined)} />}
      {now_ !== undefined && node !== undefined && retrying.value === node.id && (
        <RetryNodeDialog
          workflow={now_}
          node={node}
          onDone={() => {
            retrying.value = undefined;
            turn.value += 1;
          }}
          onClose={() => (retrying.value = undefined)}
        />
      )}
      {now_ !== undefined && node !== undefined && resuming.value === node.id && (
        <ResumeNodeDialog
          workflow={now_}
          node={node}
          onDone={() => {
            resuming.value = undefined;
            turn.value += 1;
          }}
          onClose={() => (resuming.value = undefined)}
        />
      )}
      {now_ !== undefined && panel.type === 'workflow' && (
        <SlidingPanel label="Workflow" onClose={() => setQuery({ sidePanel: undefined })}>
          <h2>{name}</h2>
          <ObjectText label="Workflow" value={manifest} />
        </SlidingPanel>
      )}
      {now_ !== undefined && node !== undefined && panel.type === 'events' && (
        <SlidingPanel label="Events" onClose={() => setQuery({ sidePanel: undefined })}>
          <Events namespace={namespace} kind="Pod" name={podName(now_, node)} />
        </SlidingPanel>
      )}
      {node !== undefined && panel.type === 'yaml' && (
        <SlidingPanel label="Node" onClose={() => setQuery({ sidePanel: undefined })}>
          <h2>{node.name}</h2>
          <ObjectText label="Node" value={node} />
        </SlidingPanel>
      )}
    </Page>
  );
}

const Loose = z.looseObject({ metadata: z.looseObject({ managedFields: z.unknown().optional() }) });

export function withoutManagedFields(object: unknown): unknown {
  const parsed = Loose.safeParse(object);
  if (!parsed.success) return object;
  const { managedFields: _dropped, ...metadata } = parsed.data.metadata;
  return { ...parsed.data, metadata };
}
