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
  const all = useSignal(false);
  const hideNormal = useSignal(false);
  useEffect(() => {
    const stop = new AbortController();
    const seen = new Map<string, KubeEvent>();
    let planned = false;
    events.value = [];
    stream(KubeEvent, `stream/events/${namespace}`, all.value ? {} : { 'listOptions.fieldSelector': `involvedObject.kind=${kind},involvedObject.name=${name}` }, stop.signal, (event) => {
      seen.set(event.metadata.uid ?? event.metadata.name ?? '', event);
      if (planned) return;
      planned = true;
      requestAnimationFrame(() => {
        planned = false;
        if (!stop.signal.aborted) events.value = [...seen.values()].sort((a, b) => (b.lastTimestamp ?? '').localeCompare(a.lastTimestamp ?? ''));
      });
    }).catch((reason: unknown) => {
      if (!stop.signal.aborted) error.value = reason;
    });
    return () => stop.abort();
  }, [namespace, kind, name, all.value]);
  const shown = events.value.filter((event) => !hideNormal.value || event.type !== 'Normal');
  const toggle = (title: string, hint: string, state: { value: boolean }) => (
    <button type="button" class={state.value ? 'pill solid' : 'pill'} aria-pressed={state.value} title={hint} onClick={() => (state.value = !state.value)}>
      {title}
    </button>
  );
  return (
    <section aria-label="Events">
      <h2>Events</h2>
      <p class="editor-buttons">
        {toggle('Show All', 'Show all events in the namespace', all)}
        {toggle('Hide normal', 'Hide normal events', hideNormal)}
      </p>
      <ErrorNotice error={error.value} />
      {shown.length === 0 && error.value === undefined && <Note>Waiting for events. Still waiting for data? Try changing the filters. Kubernetes forgets them after an hour; new ones come here as they happen.</Note>}
      {shown.length > 0 && (
        <table class="rows plain">
          <thead>
            <tr>
              <Headings titles={['Type']} />
              <TimeHeading title="Last seen" />
              <Headings titles={['Reason', 'Object', 'Message']} />
            </tr>
          </thead>
          <tbody>
            {shown.map((event) => (
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
