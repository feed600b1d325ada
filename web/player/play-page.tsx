import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Brand } from '../app/brand.tsx';
import { Icon } from '../app/icons.tsx';
import { ThemeSwitch } from '../app/theme-switch.tsx';
import { TroubleBox } from '../app/trouble-box.tsx';
import type { LabApi } from '../state/api.ts';
import { formatRoute } from '../state/route.ts';
import { troubleOf } from '../state/scenario-store.ts';
import type { Trouble } from '../state/session-model.ts';
import type { Timers } from '../state/timers.ts';
import { parseCast } from './cast.ts';
import type { Cast } from './cast.ts';
import { PlayerView } from './player-view.tsx';

/** Larger files are no recordings of a lesson, and would freeze the page. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Plays the recording of a scenario, or of a file that is dropped here. */
export function PlayPage({ id, machine }: { id: string | undefined; machine: { api: LabApi; timers: Timers } }): JSX.Element {
  const cast = useSignal<{ cast: Cast; name: string } | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const over = useSignal(false);
  const picker = useRef<HTMLInputElement>(null);
  const take = (text: string, name: string) => {
    try {
      cast.value = { cast: parseCast(text), name };
      trouble.value = undefined;
    } catch (error) {
      trouble.value = troubleOf(error);
    }
  };
  const load = () => {
    if (id === undefined) return;
    trouble.value = undefined;
    machine.api.recording(id).then(
      (text) => take(text, id),
      (error: unknown) => (trouble.value = troubleOf(error)),
    );
  };
  useEffect(load, [id]);
  const title = cast.value?.cast.title ?? cast.value?.name ?? 'Recording';
  useEffect(() => {
    document.title = `${title} · argo-lab`;
  }, [title]);
  const takeFile = (file: File | null | undefined) => {
    if (file === null || file === undefined) return;
    if (file.size > MAX_BYTES) trouble.value = { code: 'large', message: `${file.name} is too long to be played here.`, next: 'Play it with `asciinema play`.' };
    else void file.text().then((text) => take(text, file.name));
  };
  return (
    <div
      class={over.value ? 'start play drop-here' : 'start play'}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        takeFile(event.dataTransfer?.files[0]);
      }}
    >
      <header class="start-bar">
        <Brand />
        <span class="grow" />
        <ThemeSwitch />
      </header>
      <main class="start-main play-main">
        <div class="play-head">
          <h1>{title}</h1>
          {id !== undefined && (
            <a class="button" data-route href={formatRoute({ name: 'scenario', id })}>
              To the scenario <Icon name="right" />
            </a>
          )}
          <button type="button" class="button" onClick={() => picker.current?.click()}>
            <Icon name="folder" /> Open a file …
          </button>
          <input ref={picker} type="file" hidden accept=".cast,.json,application/x-asciicast" onChange={(event) => takeFile(event.currentTarget.files?.[0])} />
        </div>
        {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
        {cast.value !== undefined && <PlayerView key={cast.value.name} cast={cast.value.cast} timers={machine.timers} />}
        {cast.value === undefined && trouble.value === undefined && (
          <p class="quiet drop-note" role="status">
            {id === undefined ? 'Drop a recording (asciicast, .cast) here, or open a file: argo-lab test writes one a scenario.' : 'Loading the recording …'}
          </p>
        )}
      </main>
    </div>
  );
}
