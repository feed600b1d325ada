import { useSignal } from '@preact/signals';
import { z } from 'zod';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ArgoError, call, get, remove, stream } from '../api/client.ts';
import { WatchEvent, Workflow } from '../api/shapes.ts';
import type { NodeStatus } from '../api/shapes.ts';
import { lasted, valueText } from '../state/format.ts';
import { go, href, place, setQuery } from '../state/router.ts';
import { now, pause } from '../state/time.ts';
import { ErrorNotice, Page, rememberNamespace, SlidingPanel } from './common.tsx';
import type { ToolButton } from './common.tsx';
import { ObjectEditor } from './editor.tsx';
import { GraphView } from './graph-view.tsx';
import { Icon, PhaseIcon } from './icons.tsx';
import { Logs } from './logs.tsx';
import { Facts, NodePanel } from './node-panel.tsx';

const POLL_MS = 2000;

/** One workflow: its graph or its summary, and the node that is selected. */
export function WorkflowDetailPage({ namespace, name }: { namespace: string; name: string }): JSX.Element {
  const { query } = place.value;
  const workflow = useSignal<Workflow | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const failed = useSignal<unknown>(undefined);
  const zoom = useSignal(1);
  const turn = useSignal(0);
  const nodeId = query.get('nodeId') ?? undefined;
  const panel = query.get('sidePanel') ?? undefined;
  const summary = query.get('tab') === 'summary';

  useEffect(() => {
    const stop = new AbortController();
    const load = async () => {
      const loaded = await get(Workflow, `workflows/${namespace}/${name}`);
      if (stop.signal.aborted) return;
      rememberNamespace(namespace);
      workflow.value = loaded;
      error.value = undefined;
    };
    const onEvent = (event: WatchEvent) => {
      if (event.type === 'DELETED') error.value = new ArgoError(404, 'Workflow gone');
      else workflow.value = event.object;
    };
    const run = async () => {
      try {
        await load();
      } catch (reason) {
        if (!stop.signal.aborted) error.value = reason;
        return;
      }
      try {
        await stream(WatchEvent, `workflow-events/${namespace}`, { 'listOptions.fieldSelector': `metadata.name=${name}` }, stop.signal, onEvent);
      } catch {
        // No right to watch: ask again and again instead.
      }
      while (!stop.signal.aborted) {
        await pause(POLL_MS, stop.signal);
        if (!stop.signal.aborted) await load().catch((reason: unknown) => (error.value = reason));
      }
    };
    void run();
    return () => stop.abort();
  }, [namespace, name, turn.value]);

  const now_ = workflow.value;
  const act = (verb: string, body: Record<string, unknown> = {}, question?: string) => {
    if (question !== undefined && !confirm(question)) return;
    call(Workflow, 'PUT', `workflows/${namespace}/${name}/${verb}`, { namespace, name, ...body }).then(
      (answer) => {
        failed.value = undefined;
        if (verb === 'resubmit') go(`workflows/${answer.metadata.namespace ?? namespace}/${answer.metadata.name ?? name}`);
        else turn.value += 1;
      },
      (reason: unknown) => (failed.value = reason),
    );
  };
  const erase = () => {
    if (!confirm(`Are you sure you want to delete workflow ${namespace}/${name}?`)) return;
    remove(`workflows/${namespace}/${name}`).then(
      () => go(`workflows/${namespace}`),
      (reason: unknown) => (failed.value = reason),
    );
  };
  const phase = now_?.status.phase ?? 'Pending';
  const fulfilled = ['Succeeded', 'Failed', 'Error'].includes(phase);
  const nodes = now_?.status.nodes ?? {};
  const suspended = now_?.spec.suspend === true || Object.values(nodes).some((node) => node.type === 'Suspend' && node.phase === 'Running');
  const template = now_?.spec.workflowTemplateRef;
  const tools: ToolButton[] = [
    ...(phase === 'Failed' || phase === 'Error' ? [{ title: 'Retry', icon: 'again', action: () => act('retry') } satisfies ToolButton] : []),
    { title: 'Resubmit', icon: 'plus', action: () => act('resubmit') },
    ...(fulfilled || suspended ? [] : [{ title: 'Suspend', icon: 'pause', action: () => act('suspend') } satisfies ToolButton]),
    ...(fulfilled || !suspended ? [] : [{ title: 'Resume', icon: 'play', action: () => act('resume') } satisfies ToolButton]),
    ...(fulfilled
      ? []
      : ([
          { title: 'Stop', icon: 'stop', action: () => act('stop', {}, `Are you sure you want to stop workflow ${name}?`) },
          { title: 'Terminate', icon: 'cross', action: () => act('terminate', {}, `Are you sure you want to terminate workflow ${name}?`) },
        ] satisfies ToolButton[])),
    { title: 'Delete', icon: 'trash', action: erase },
    { title: 'Logs', icon: 'workflows', action: () => setQuery({ sidePanel: 'logs' }) },
    ...(template?.name === undefined
      ? []
      : [{ title: 'Open Workflow Template', icon: 'template', action: () => go(template.clusterScope === true ? `cluster-workflow-templates/${template.name ?? ''}` : `workflow-templates/${namespace}/${template.name ?? ''}`) } satisfies ToolButton]),
  ];
  const node: NodeStatus | undefined = nodeId === undefined ? undefined : nodes[nodeId];
  return (
    <Page
      title="Workflow Details"
      crumbs={[{ text: 'Workflows', path: 'workflows' }, { text: namespace, path: `workflows/${namespace}` }, { text: name }]}
      tools={now_ === undefined ? [] : tools}
      aside={
        <span class="view-switch">
          <button type="button" class={summary ? 'pill solid' : 'pill'} aria-pressed={summary} onClick={() => setQuery({ tab: 'summary' })}>
            Summary
          </button>
          <button type="button" class={summary ? 'pill' : 'pill solid'} aria-pressed={!summary} onClick={() => setQuery({ tab: undefined })}>
            Graph
          </button>
        </span>
      }
    >
      <ErrorNotice error={error.value} onRetry={() => (turn.value += 1)} />
      <ErrorNotice error={failed.value} />
      {now_ === undefined && error.value === undefined && <p role="status">Loading...</p>}
      {now_ !== undefined && summary && <Summary workflow={now_} />}
      {now_ !== undefined && !summary && (
        <div class={node === undefined ? 'detail' : 'detail detail-split'}>
          <div class="graph-pane">
            <p class="graph-status">
              <PhaseIcon phase={phase} /> <strong>{phase}</strong> <span>{lasted(now_.status.startedAt, now_.status.finishedAt, now.value)}</span>
              {now_.status.message !== undefined && <span>{now_.status.message}</span>}
              <span class="grow" />
              <button type="button" class="pill" onClick={() => (zoom.value = Math.min(2.5, zoom.value * 1.25))} aria-label="Zoom in">
                +
              </button>
              <button type="button" class="pill" onClick={() => (zoom.value = Math.max(0.3, zoom.value / 1.25))} aria-label="Zoom out">
                −
              </button>
            </p>
            {Object.keys(nodes).length === 0 ? <p>No nodes yet: the workflow has not started.</p> : <GraphView nodes={nodes} selected={nodeId} zoom={zoom.value} onSelect={(id) => setQuery({ nodeId: id === nodeId ? undefined : id })} />}
          </div>
          {node !== undefined && <NodePanel key={node.id} workflow={now_} node={node} onLogs={() => setQuery({ sidePanel: 'logs' })} onManifest={() => setQuery({ sidePanel: 'manifest' })} onClose={() => setQuery({ nodeId: undefined })} />}
        </div>
      )}
      {now_ !== undefined && panel === 'logs' && (
        <SlidingPanel label="Logs" onClose={() => setQuery({ sidePanel: undefined })}>
          <Logs workflow={now_} nodeId={nodeId} />
        </SlidingPanel>
      )}
      {node !== undefined && panel === 'manifest' && (
        <SlidingPanel label="Node" onClose={() => setQuery({ sidePanel: undefined })}>
          <h2>{node.name}</h2>
          <ObjectEditor label="Node" value={node} readOnly />
        </SlidingPanel>
      )}
    </Page>
  );
}

function Summary({ workflow }: { workflow: Workflow }): JSX.Element {
  const { metadata, status } = workflow;
  const labels = Object.entries(metadata.labels ?? {});
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration');
  const chips = (pairs: [string, string][]) =>
    pairs.length === 0 ? undefined : (
      <ul class="chips">
        {pairs.map(([name, value]) => (
          <li key={name}>
            <code>
              {name}={value}
            </code>
          </li>
        ))}
      </ul>
    );
  return (
    <>
      <section class="box">
        <Facts
          rows={[
            ['Status', <><PhaseIcon phase={status.phase} /> {status.phase ?? 'Pending'}</>],
            ['Message', status.message],
            ['Name', metadata.name],
            ['Namespace', metadata.namespace],
            ['From', workflow.spec.workflowTemplateRef?.name === undefined ? undefined : <a href={href(`workflow-templates/${metadata.namespace ?? ''}/${workflow.spec.workflowTemplateRef.name}`)}>{workflow.spec.workflowTemplateRef.name}</a>],
            ['Labels', chips(labels)],
            ['Annotations', chips(annotations)],
            ['Started', status.startedAt],
            ['Finished', status.finishedAt],
            ['Duration', lasted(status.startedAt, status.finishedAt, now.value)],
            ['Progress', status.progress],
            ['Parameters', (workflow.spec.arguments?.parameters ?? []).length === 0 ? undefined : <Facts rows={(workflow.spec.arguments?.parameters ?? []).map((parameter) => [parameter.name, valueText(parameter.value)])} />],
          ]}
        />
      </section>
      <section class="box">
        <h2>
          <Icon name="template" /> Workflow
        </h2>
        <ObjectEditor label="Workflow" value={withoutManagedFields(workflow)} readOnly />
      </section>
    </>
  );
}

const Loose = z.looseObject({ metadata: z.looseObject({ managedFields: z.unknown().optional() }) });

export function withoutManagedFields(object: unknown): unknown {
  const parsed = Loose.safeParse(object);
  if (!parsed.success) return object;
  const { managedFields: _dropped, ...metadata } = parsed.data.metadata;
  return { ...parsed.data, metadata };
}
