import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { EventLogEntry } from '../api/shapes.ts';
import type { EventSource, Sensor } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import type { EventKind } from '../state/event-kinds.ts';
import { valueText } from '../state/format.ts';
import { linksFor } from '../state/links.ts';
import { now } from '../state/time.ts';
import { ErrorNotice, info } from './common.tsx';
import { Events } from './events.tsx';
import { Tabs } from './tabs.tsx';
import type { Tab } from './tabs.tsx';

const TAIL = 50;
/** More lines than these are not kept. */
const KEPT = 2000;

/** What an event source or a sensor logs, and what Kubernetes has on record about it. */
export function EventSidePanel({ kind, object, namespace, before = [] }: { kind: EventKind; object: EventSource | Sensor; namespace: string; before?: readonly Tab[] }): JSX.Element {
  const tab = useSignal<string | undefined>(undefined);
  const name = object.metadata.name ?? '';
  return (
    <Tabs
      label={`${kind.kind} ${name}`}
      selected={tab.value}
      onSelect={(key) => (tab.value = key)}
      tabs={[
        ...before,
        { key: 'logs', title: 'Logs', content: () => <EventLogs kind={kind} object={object} namespace={namespace} /> },
        { key: 'events', title: 'Events', content: () => <Events namespace={namespace} kind={kind.involved} name={name} /> },
      ]}
    />
  );
}

function EventLogs({ kind, object, namespace }: { kind: EventKind; object: EventSource | Sensor; namespace: string }): JSX.Element {
  const name = object.metadata.name ?? '';
  const parts = kind.partsOf(object.spec);
  const chosen = useSignal('');
  const lines = useSignal<readonly EventLogEntry[]>([]);
  const error = useSignal<unknown>(undefined);
  const part = parts.find((one) => one.name === chosen.value);
  useEffect(() => {
    const stop = new AbortController();
    const collected: EventLogEntry[] = [];
    let planned = false;
    lines.value = [];
    error.value = undefined;
    stream(EventLogEntry, `stream/${kind.path}/${namespace}/logs`, { name, ...part?.query, 'podLogOptions.follow': true, 'podLogOptions.tailLines': TAIL }, stop.signal, (entry) => {
      collected.push(entry);
      if (collected.length > KEPT) collected.shift();
      if (planned) return;
      planned = true;
      requestAnimationFrame(() => {
        planned = false;
        if (!stop.signal.aborted) lines.value = [...collected];
      });
    }).catch((reason: unknown) => {
      if (!stop.signal.aborted) error.value = reason;
    });
    return () => stop.abort();
  }, [kind.path, namespace, name, chosen.value]);
  return (
    <section aria-label="Logs">
      <div class="log-tools">
        <label>
          {kind.parts}{' '}
          <select value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
            <option value="">all</option>
            {parts.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
      </div>
      <ErrorNotice error={error.value} />
      <pre class="log" tabIndex={0} role="log" aria-label="Logs">
        {lines.value.length === 0 && error.value === undefined && <div class="log-pod">Waiting for data...</div>}
        {lines.value.map((line, i) => (
          <div key={i}>{Object.entries(line).map(([field, value]) => `${field}=${valueText(value)}`).join(', ')}</div>
        ))}
      </pre>
      {linksFor(info.value, kind.kind === 'Sensor' ? 'sensor-logs' : 'event-source-logs', object, now.value).map((link) => (
        <a key={link.name} href={link.url} data-plain>
          {link.name}{' '}
        </a>
      ))}
    </section>
  );
}
