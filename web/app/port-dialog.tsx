import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { Dialog } from './dialog.tsx';

/** Asks which port of the session to look at; offers those on which something listens. */
export function PortDialog({ store, onClose }: { store: ScenarioStore; onClose(): void }): JSX.Element {
  const ports = store.model.value.ports;
  const port = useSignal(String(ports[0] ?? 8080));
  const number = Number(port.value);
  const fits = Number.isInteger(number) && number >= 1 && number <= 65535;
  return (
    <Dialog title="Open a port" confirm="Open" onConfirm={() => fits && store.preview(number, '/')} onClose={onClose}>
      <label class="field">
        Port of your session
        <input type="number" min={1} max={65535} list="open-ports" value={port.value} onInput={(event) => (port.value = event.currentTarget.value)} required />
      </label>
      <datalist id="open-ports">
        {ports.map((open) => (
          <option key={open} value={String(open)} />
        ))}
      </datalist>
      <p class="quiet">{ports.length === 0 ? 'Nothing listens yet, as far as the lab knows.' : `Something listens on ${ports.join(', ')}.`}</p>
    </Dialog>
  );
}
