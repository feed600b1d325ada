import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { LogEntry } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import { podName } from '../state/pod-name.ts';
import type { Workflow } from '../api/shapes.ts';
import { ErrorNotice } from './common.tsx';

const CONTAINERS = ['main', 'init', 'wait'];

/** The logs of one pod or of all, followed while the workflow runs. */
export function Logs({ workflow, nodeId }: { workflow: Workflow; nodeId: string | undefined }): JSX.Element {
  const pods = Object.values(workflow.status.nodes ?? {}).filter((node) => node.type === 'Pod');
  const pod = useSignal(nodeId === undefined ? '' : (pods.find((node) => node.id === nodeId)?.id ?? ''));
  const container = useSignal('main');
  const grep = useSignal('');
  const lines = useSignal<LogEntry[]>([]);
  const state = useSignal<'loading' | 'done'>('loading');
  const error = useSignal<unknown>(undefined);
  const { name = '', namespace = '' } = workflow.metadata;
  useEffect(() => {
    const stop = new AbortController();
    lines.value = [];
    state.value = 'loading';
    error.value = undefined;
    const node = pods.find((candidate) => candidate.id === pod.value);
    const collected: LogEntry[] = [];
    let planned = false;
    stream(
      LogEntry,
      `workflows/${namespace}/${name}/log`,
      { podName: node === undefined ? undefined : podName(workflow, node), grep: grep.value, 'logOptions.container': container.value, 'logOptions.follow': true },
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
  }, [name, namespace, pod.value, container.value, grep.value]);
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
            {CONTAINERS.map((value) => (
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
      </div>
      <ErrorNotice error={error.value instanceof Error ? error.value : undefined} />
      <pre class="log" tabIndex={0} role="log" aria-label="Logs">
        {lines.value.map((line, i) => (
          <div key={i}>
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
