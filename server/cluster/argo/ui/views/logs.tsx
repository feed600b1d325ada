import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { LogEntry } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import { logContainers } from '../state/containers.ts';
import { podName } from '../state/pod-name.ts';
import type { Workflow } from '../api/shapes.ts';
import { ErrorNotice } from './common.tsx';

/** More lines than these are not drawn: the last ones are. */
const DRAWN = 3000;
/** Whoever is as near to the end as this stays at the end, in pixels. */
const NEAR = 40;

/** The logs of one pod or of all, followed while the workflow runs. */
export function Logs({ workflow, nodeId }: { workflow: Workflow; nodeId: string | undefined }): JSX.Element {
  const pods = Object.values(workflow.status.nodes ?? {}).filter((node) => node.type === 'Pod');
  const pod = useSignal(nodeId === undefined ? '' : (pods.find((node) => node.id === nodeId)?.id ?? ''));
  const container = useSignal('main');
  const grep = useSignal('');
  const follow = useSignal(true);
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  const lines = useSignal<LogEntry[]>([]);
  const state = useSignal<'loading' | 'done'>('loading');
  const error = useSignal<unknown>(undefined);
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
  }, [name, namespace, pod.value, container.value, grep.value, follow.value]);
  useLayoutEffect(() => {
    if (box.current !== null && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.value]);
  const drawn = lines.value.slice(-DRAWN);
  const left = lines.value.length - drawn.length;
  const severalPods = pod.value === '' && pods.length > 1;
  return (
    <section>
      <h2>Logs</h2>
      <div class="log-tools">
        <label>
          Pod{' '}
          <select value={pod.value} onChange={(event) => (pod.value = event.currentTarget.value)}>
            <option value="">All</option>
            {pods.map((node) => (
              <option key={node.id} value={node.id}>
                {node.displayName ?? node.name}
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
          Filter (regexp){' '}
          <input type="text" onChange={(event) => (grep.value = event.currentTarget.value)} />
        </label>
        <label class="check-row">
          <input type="checkbox" checked={follow.value} onChange={(event) => (follow.value = event.currentTarget.checked)} /> Follow
        </label>
      </div>
      <ErrorNotice error={error.value instanceof Error ? error.value : undefined} />
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
            {line.content}
          </div>
        ))}
        {state.value === 'done' && lines.value.length === 0 && error.value === undefined && <div class="log-pod">No logs. The pod may be gone, or it printed nothing.</div>}
        {state.value === 'loading' && <div class="log-pod">Waiting for data...</div>}
      </pre>
    </section>
  );
}
