import { Terminal } from '@xterm/xterm';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../app/icons.tsx';
import type { Timers } from '../state/timers.ts';
import { FONT_FAMILY, THEME } from '../terminal/theme.ts';
import { clockTime } from './cast.ts';
import type { Cast } from './cast.ts';
import { Player, SPEEDS } from './player.ts';

const MAX_FONT = 16;
const MIN_FONT = 5;

/** A recording on an xterm that only shows; the bar below moves through it. */
export function PlayerView({ cast, timers }: { cast: Cast; timers: Timers }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const [player, setPlayer] = useState<Player | undefined>(undefined);
  useEffect(() => {
    const place = host.current;
    if (place === null) return;
    const terminal = new Terminal({ allowProposedApi: true, disableStdin: true, cursorBlink: false, cols: cast.columns, rows: cast.rows, fontFamily: FONT_FAMILY, fontSize: MAX_FONT, lineHeight: 1.15, minimumContrastRatio: 4.5, scrollback: 5000, theme: THEME });
    terminal.open(place);
    // Only looked at: the bar has the keys.
    terminal.textarea?.setAttribute('tabindex', '-1');
    terminal.textarea?.setAttribute('aria-hidden', 'true');
    const fit = () => {
      const width = place.clientWidth - 24;
      const screen = terminal.element?.querySelector<HTMLElement>('.xterm-screen');
      const now = screen?.offsetWidth ?? 0;
      const font = terminal.options.fontSize ?? MAX_FONT;
      if (width < 50 || now === 0) return;
      const wanted = Math.max(MIN_FONT, Math.min(MAX_FONT, Math.floor(((font * width) / now) * 2) / 2));
      if (wanted !== font) terminal.options.fontSize = wanted;
    };
    const observer = new ResizeObserver(fit);
    observer.observe(place);
    const made = new Player(
      cast,
      {
        reset: (columns, rows) => {
          terminal.reset();
          terminal.resize(columns, rows);
        },
        resize: (columns, rows) => {
          terminal.resize(columns, rows);
          fit();
        },
        write: (data) => terminal.write(data),
      },
      timers,
    );
    setPlayer(made);
    // For tests in a browser: what the screen shows.
    const peek = () => [{ name: 'recording', text: Array.from({ length: terminal.buffer.active.length }, (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? '').join('\n').trimEnd() }];
    Object.assign(window, { argoLabTerminals: peek });
    made.play();
    return () => {
      observer.disconnect();
      made.stop();
      terminal.dispose();
    };
  }, [cast]);
  return (
    <section class="player" aria-label="Recording" onKeyDown={(event) => player !== undefined && onKey(event, player)}>
      <div class="player-screen" ref={host} />
      {player !== undefined && <Controls player={player} />}
    </section>
  );
}

function onKey(event: KeyboardEvent, player: Player): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const onButton = event.target instanceof HTMLButtonElement || event.target instanceof HTMLSelectElement;
  const onSlider = event.target instanceof HTMLInputElement;
  if (event.key === ' ' && !onButton) player.toggle();
  else if (event.key === 'ArrowLeft' && !onSlider) player.seek(player.at.value - 5);
  else if (event.key === 'ArrowRight' && !onSlider) player.seek(player.at.value + 5);
  else if (event.key === 'Home' && !onSlider) player.seek(0);
  else if (event.key === '[') player.toMarker(-1);
  else if (event.key === ']') player.toMarker(1);
  else if (event.key === '<' || event.key === '-') player.faster(-1);
  else if (event.key === '>' || event.key === '+') player.faster(1);
  else return;
  event.preventDefault();
}

function Controls({ player }: { player: Player }): JSX.Element {
  const at = player.at.value;
  const { duration, markers } = player.cast;
  const playing = player.playing.value;
  const here = markers.findLast((marker) => marker.at <= at);
  return (
    <>
      <div class="player-bar">
        <button type="button" class="icon-button" aria-label={playing ? 'Pause' : 'Play'} title={playing ? 'Pause (Space)' : 'Play (Space)'} onClick={() => player.toggle()}>
          <Icon name={playing ? 'pause' : 'play'} />
        </button>
        <input
          class="player-seek"
          type="range"
          min={0}
          max={Math.max(0.1, duration)}
          step={0.1}
          value={at}
          aria-label="Position"
          aria-valuetext={`${clockTime(at)} of ${clockTime(duration)}${here === undefined ? '' : `, ${here.label}`}`}
          onInput={(event) => player.seek(Number(event.currentTarget.value))}
        />
        <span class="player-time quiet">
          {clockTime(at)} / {clockTime(duration)}
        </span>
        <label class="player-speed">
          <span class="sr-only">Speed</span>
          <select value={String(player.speed.value)} title="Speed (< and >)" onChange={(event) => (player.speed.value = Number(event.currentTarget.value))}>
            {SPEEDS.map((speed) => (
              <option key={speed} value={String(speed)}>
                {speed}×
              </option>
            ))}
          </select>
        </label>
      </div>
      {markers.length > 0 && (
        <ol class="player-markers" aria-label="Parts">
          {markers.map((marker, i) => (
            <li key={i}>
              <button type="button" aria-current={marker === here} onClick={() => player.seek(marker.at)}>
                <span class="quiet">{clockTime(marker.at)}</span> {marker.label}
              </button>
            </li>
          ))}
        </ol>
      )}
      <p class="quiet player-keys">
        <kbd>Space</kbd> plays and pauses, <kbd>←</kbd> <kbd>→</kbd> move by 5 s, <kbd>[</kbd> <kbd>]</kbd> go from part to part, <kbd>&lt;</kbd> <kbd>&gt;</kbd> change the speed.
      </p>
    </>
  );
}
