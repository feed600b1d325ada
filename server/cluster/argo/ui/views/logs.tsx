import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { LogEntry } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import { logContainers } from '../state/containers.ts';
import { isArchived } from '../state/actions.ts';
import { artifactPath } from '../state/artifacts.ts';
import { linksFor } from '../state/links.ts';
import { fieldsOf, foundParts } from '../state/log-lines.ts';
import { podName } from '../state/pod-name.ts';
import { href } from '../state/router.ts';
import { now } from '../state/time.ts';
import type { Workflow } from '../api/shapes.ts';
import { DOCUMENTATION, ErrorNotice, info } from './common.tsx';
import { Icon } from './icons.tsx';

/** More lines than these are not drawn: the last ones are. */
const DRAWN = 3000;
/** Whoever is as near to the end as this stays at the end, in pixels. */
const NEAR = 40;

export interface LogsProps {
  workflow: Workflow;
  /** Of all pods where there is none. */
  nodeId: string | undefined;
  container: string;
}

/** The logs of one pod or of all, followed while the workflow runs. */
export function Logs({ workflow, nodeId, container: wanted }: LogsProps): JSX.Element {
  const pods = Object.values(workflow.status.nodes ?? {}).filter((node) => node.type === 'Pod');
  const pod = useSignal(nodeId === undefined ? '' : (pods.find((node) => node.id === nodeId)?.id ?? ''));
  const container = useSignal(wanted);
  const grep = useSignal('');
  const fields = useSignal<readonly string[]>([]);
  const follow = useSignal(true);
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  const lines = useSignal<LogEntry[]>([]);
  const state = useSignal<'loading' | 'done'>('loading');
  const error = useSignal<unknown>(undefined);
  const turn = useSignal(0);
  const { name = '', namespace = '' } = workflow.metadata;
  const chosen = pods.find((node) => node.id === pod.value);
  const containers = logContainers(workflow, chosen);
  if (!containers.includes(container.value)) container.value = 'main';
  useEffect(() => {
    const stop = new AbortController();
    lines.value = [];
    state.value = 'loading';
    error.value = undefined;
    const collected: LogEntry[] = [];
    let planned = false;
    stream(
      LogEntry,
      `workflows/${namespace}/${name}/log`,
      { podName: chosen === undefined ? undefined : podName(workflow, chosen), grep: grep.value, 'logOptions.container': container.value, 'logOptions.follow': follow.value },
      stop.signal,
      (entry) => {
        collected.push(entry);
        if (planned) return;
        planned = true;
        // Many lines come at once: they are drawn together.
        requestAnimationFrame(() => {
          planned = false;
          if (!stop.signal.aborted) lines.value = [...collected];
        });
      },
    ).then(
      () => (state.value = 'done'),
      (reason: unknown) => {
        if (stop.signal.aborted) return;
        error.value = reason;
        state.value = 'done';
      },
    );
    return () => stop.abort();
  }, [name, namespace, pod.value, container.value, grep.value, follow.value, turn.value]);
  useLayoutEffect(() => {
    if (box.current !== null && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.value]);
  const drawn = lines.value.slice(-DRAWN);
  const left = lines.value.length - drawn.length;
  const severalPods = pod.value === '' && pods.length > 1;
  const podGC = workflow.spec['podGC'];
  const links = linksFor(info.value, chosen === undefined ? 'workflow' : 'pod-logs', { metadata: { namespace, name: chosen === undefined ? name : podName(workflow, chosen) }, workflow, status: workflow.status }, now.value);
  return (
    <section>
      <h2>Logs</h2>
      {isArchived(workflow) && (
        <p>
          <Icon name="warning" /> Logs for archived workflows may be overwritten by a more recent workflow with the same name.
        </p>
      )}
      <div class="log-tools">
        <label>
          Pod{' '}
          <select value={pod.value} onChange={(event) => (pod.value = event.currentTarget.value)}>
            <option value="">All</option>
            {pods.map((node) => (
              <option key={node.id} value={node.id}>
                {node.displayName ?? node.name} ({podName(workflow, node)})
              </option>
            ))}
          </select>
        </label>
        <label>
          Container{' '}
          <select value={container.value} onChange={(event) => (container.value = event.currentTarget.value)}>
            {containers.map((value) => (
              <option key={value} value={value}>
                {value}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="sr-only">Filter</span>
          <input type="search" placeholder="Filter (regexp)..." onChange={(event) => (grep.value = event.currentTarget.value)} />
        </label>
        <label>
          Log Fields <input type="text" placeholder="msg, error.code" title="Of lines that are JSON, only these fields are shown" onChange={(event) => (fields.value = event.currentTarget.value.split(',').map((field) => field.trim()).filter(Boolean))} />
        </label>
        <label class="check-row">
          <input type="checkbox" checked={follow.value} onChange={(event) => (follow.value = event.currentTarget.checked)} /> Follow
        </label>
      </div>
      <ErrorNotice error={error.value} onRetry={() => (turn.value += 1)} />
      <pre
        ref={box}
        class="log"
        tabIndex={0}
        role="log"
        aria-label="Logs"
        onScroll={({ currentTarget }) => (atEnd.current = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < NEAR)}
      >
        {left > 0 && <div class="log-pod">{left} earlier lines are not shown: the filter finds them too.</div>}
        {drawn.map((line, i) => (
          <div key={left + i}>
            {severalPods && <span class="log-pod">{line.podName}: </span>}
            {foundParts(fieldsOf(line.content, fields.value), grep.value).map((part, n) => (part.found ? <mark key={n}>{part.text}</mark> : part.text))}
          </div>
        ))}
        {state.value === 'done' && lines.value.length === 0 && error.value === undefined && <div class="log-pod">No logs. The pod may be gone, or it printed nothing.</div>}
        {state.value === 'loading' && <div class="log-pod">Waiting for data...</div>}
      </pre>
      <p class="quiet">
        {container.value === 'init' && 'Init containers logs are useful when debugging input artifact problems. '}
        {container.value === 'wait' && 'Wait containers logs are useful when debugging output artifact problems. '}
        {chosen !== undefined && (
          <>
            Still waiting for data or an error? Try getting{' '}
            <a data-plain href={href(artifactPath(workflow, chosen, 'outputs', `${container.value}-logs`))}>
              logs from the artifacts
            </a>
            .{' '}
          </>
        )}
        {podGC !== undefined && podGC !== null && 'Your pod GC settings will delete pods on completion. '}
        Logs may not appear for pods that are deleted unless you have{' '}
        <a href={`${DOCUMENTATION}configure-archive-logs/`} target="_blank" rel="noreferrer">
          archive logs
        </a>{' '}
        enabled.{' '}
        {links.map((link) => (
          <a key={link.name} href={link.url} data-plain>
            {link.name}{' '}
          </a>
        ))}
      </p>
    </section>
  );
}
