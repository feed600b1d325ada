import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { KubeEvent } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import { ErrorNotice, Note } from './common.tsx';
import { Icon } from './icons.tsx';
import { Headings, Time, TimeHeading } from './tables.tsx';

/** What Kubernetes has on record about an object, the latest first, followed while it is shown. */
export function Events({ namespace, kind, name }: { namespace: string; kind: string; name: string }): JSX.Element {
  const events = useSignal<readonly KubeEvent[]>([]);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    const stop = new AbortController();
    const seen = new Map<string, KubeEvent>();
    let planned = false;
    stream(KubeEvent, `stream/events/${namespace}`, { 'listOptions.fieldSelector': `involvedObject.kind=${kind},involvedObject.name=${name}` }, stop.signal, (event) => {
      seen.set(event.metadata.uid ?? event.metadata.name ?? '', event);
      if (planned) return;
      planned = true;
      requestAnimationFrame(() => {
        planned = false;
        if (!stop.signal.aborted) events.value = [...seen.values()].reverse();
      });
    }).catch((reason: unknown) => {
      if (!stop.signal.aborted) error.value = reason;
    });
    return () => stop.abort();
  }, [namespace, kind, name]);
  return (
    <section aria-label="Events">
      <h2>Events</h2>
      <ErrorNotice error={error.value} />
      {events.value.length === 0 && error.value === undefined && <Note>No events to show. Kubernetes forgets them after an hour; new ones come here as they happen.</Note>}
      {events.value.length > 0 && (
        <table class="rows plain">
          <thead>
            <tr>
              <Headings titles={['Type']} />
              <TimeHeading title="Last seen" />
              <Headings titles={['Reason', 'Object', 'Message']} />
            </tr>
          </thead>
          <tbody>
            {events.value.map((event) => (
              <tr key={event.metadata.uid}>
                <td>
                  <Icon name={event.type === 'Normal' ? 'info' : 'cross'} /> {event.type}
                </td>
                <td>
                  <Time value={event.lastTimestamp} />
                </td>
                <td>{event.reason}</td>
                <td>
                  {event.involvedObject?.kind}/{event.involvedObject?.name}
                </td>
                <td>{event.message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
