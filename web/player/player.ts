import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { Timers } from '../state/timers.ts';
import { eventAfter } from './cast.ts';
import type { Cast } from './cast.ts';

/** What a recording is drawn on. */
export interface CastScreen {
  /** Empty, in this size. */
  reset(columns: number, rows: number): void;
  resize(columns: number, rows: number): void;
  write(data: string): void;
}

export const SPEEDS = [0.5, 1, 2, 4, 8] as const;
const FRAME_MS = 50;

/** Plays a recording: where it is, whether it runs, how fast. */
export class Player {
  readonly cast: Cast;
  /** Seconds. */
  readonly at: Signal<number> = signal(0);
  readonly playing = signal(false);
  readonly speed: Signal<number> = signal(1);
  readonly #screen: CastScreen;
  readonly #timers: Timers;
  /** The first event not yet drawn. */
  #next = 0;
  #cancel: (() => void) | undefined;

  constructor(cast: Cast, screen: CastScreen, timers: Timers) {
    this.cast = cast;
    this.#screen = screen;
    this.#timers = timers;
    screen.reset(cast.columns, cast.rows);
  }

  play(): void {
    if (this.playing.value) return;
    if (this.at.value >= this.cast.duration) this.seek(0);
    this.playing.value = true;
    this.#tick(this.#timers.now());
  }

  pause(): void {
    this.playing.value = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  toggle(): void {
    if (this.playing.value) this.pause();
    else this.play();
  }

  /** Draws the screen as it was at that moment: backwards from the beginning, forwards what is missing. */
  seek(to: number): void {
    const at = Math.min(this.cast.duration, Math.max(0, to));
    if (at < this.at.value) {
      this.#screen.reset(this.cast.columns, this.cast.rows);
      this.#next = 0;
    }
    this.#draw(at);
  }

  /** To the next or the last moment with a name. */
  toMarker(direction: 1 | -1): void {
    const now = this.at.value;
    const target = direction === 1 ? this.cast.markers.find((marker) => marker.at > now + 0.01) : this.cast.markers.findLast((marker) => marker.at < now - 1);
    this.seek(target?.at ?? (direction === 1 ? this.cast.duration : 0));
  }

  faster(direction: 1 | -1): void {
    const i = SPEEDS.findIndex((speed) => speed === this.speed.value);
    this.speed.value = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, i + direction))] ?? 1;
  }

  stop(): void {
    this.pause();
  }

  #tick(since: number): void {
    this.#cancel = this.#timers.after(FRAME_MS, () => {
      const now = this.#timers.now();
      this.#draw(Math.min(this.cast.duration, this.at.value + ((now - since) / 1000) * this.speed.value));
      if (this.at.value >= this.cast.duration) this.pause();
      else this.#tick(now);
    });
  }

  #draw(at: number): void {
    const end = eventAfter(this.cast, at);
    let pending = '';
    for (; this.#next < end; this.#next += 1) {
      const event = this.cast.events[this.#next];
      if (event?.type === 'output') pending += event.data;
      else if (event?.type === 'resize') {
        if (pending !== '') this.#screen.write(pending);
        pending = '';
        this.#screen.resize(event.columns, event.rows);
      }
    }
    if (pending !== '') this.#screen.write(pending);
    this.at.value = at;
  }
}
