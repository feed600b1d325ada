import type { JSX } from 'preact';

/** Line drawings of our own, 24 × 24. */
const PATHS = {
  workflows: 'M4 6.5h16M7 12h13M4 17.5h16',
  template: 'M4.5 5h15v14h-15zM4.5 9h15',
  templates: 'M8 4.5h12v11H8zM4 8.5v11h12',
  clock: 'M12 4a8 8 0 100 16 8 8 0 000-16zM12 7.5V12l3.2 2',
  flow: 'M12 10v10M8.5 13.5a5 5 0 117 0M5.6 16.4a9 9 0 1112.8 0',
  bolt: 'M13 3.5L5.5 13.5H11l-1 7 7.5-10H12z',
  dish: 'M5 6a10.5 10.5 0 0013 13zM12.5 11.5L17 7M14 4.5A5.5 5.5 0 0119.5 10',
  link: 'M10 14l4-4M8.5 11l-3 3a3.5 3.5 0 005 5l3-3M15.5 13l3-3a3.5 3.5 0 00-5-5l-3 3',
  report: 'M4.5 4.5v15h15M8 15v-4M12 15V8M16 15v-6',
  user: 'M12 4.5a4 4 0 100 8 4 4 0 000-8zM4.5 20c.6-4 3.6-6 7.5-6s6.900 2 7.500 6',
  code: 'M8.500 7L4 12l4.500 5M15.500 7l4.500 5-4.500 5M13.500 4.500l-3 15',
  plugin: 'M5 9.500h4V8a2.500 2.500 0 015 0v1.500h4V13h1a2.200 2.200 0 010 4.400h-1V20H5z',
  help: 'M12 4a8 8 0 100 16 8 8 0 000-16zM9.800 9.800a2.300 2.300 0 114 1.500c-.9.7-1.800 1.200-1.800 2.400M12 16.500v.2',
  plus: 'M12 5v14M5 12h14',
  save: 'M5 5h11l3 3v11H5zM8.500 5v5h6V5M8.500 19v-5.500h7V19',
  copy: 'M9 9h10.500v11H9zM5 15V4h10.500',
  outside: 'M13.500 4.500h6v6M19.500 4.500l-9 9M16.500 13v6.500h-12v-12H11',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  cross: 'M6.500 6.500l11 11M17.500 6.500l-11 11',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5.500l11 6.500-11 6.500z',
  stop: 'M7 7h10v10H7z',
  trash: 'M5 7h14M9 7V4.500h6V7M7 7l1 12.500h8L17 7',
  again: 'M19 12a7 7 0 11-2.200-5.100M19 4.500v4h-4',
  shield: 'M12 3.500l7.500 3V12c0 4.500-3 7.300-7.500 8.700C7.500 19.300 4.500 16.500 4.500 12V6.500z',
  login: 'M13 5h6v14h-6M4 12h10M10.500 8.500L14 12l-3.500 3.500',
  info: 'M12 4a8 8 0 100 16 8 8 0 000-16zM12 11v5.500M12 7.700v.2',
  cloud: 'M7 18.500a4 4 0 01-.500-8 5.500 5.500 0 0110.600 1A3.500 3.500 0 0117 18.500z',
  down: 'M6 9.500l6 6 6-6',
  right: 'M9.500 6l6 6-6 6',
  up: 'M6 14.500l6-6 6 6',
  file: 'M7 3.500h7l4 4v13H7zM14 3.500v4h4M9.500 12h6M9.500 15.500h6',
  filter: 'M4.500 5h15l-6 7.500V19l-3-2v-4.500z',
  fold: 'M12 3.500v6M9 7l3 3 3-3M12 20.500v-6M9 17l3-3 3 3M5 12h14',
  unfold: 'M12 10V4M9 6.500l3-3 3 3M12 14v6M9 17.500l3 3 3-3M5 12h14',
  tag: 'M4.500 4.500h7l8 8-7 7-8-8zM8.500 8.500v.2',
  arrowDown: 'M12 4v15M6.500 13.500L12 19l5.500-5.500',
  arrowRight: 'M4 12h15M13.500 6.500L19 12l-5.500 5.500',
  share: 'M7 9.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5zM17 4a2.500 2.500 0 100 5 2.500 2.500 0 000-5zM17 15a2.500 2.500 0 100 5 2.500 2.500 0 000-5zM9.300 10.900l5.500-3.200M9.300 13.100l5.500 3.200',
  warning: 'M12 4.500l8.500 15h-17zM12 10v4.500M12 17v.2',
  search: 'M10.500 4.500a6 6 0 100 12 6 6 0 000-12zM15 15l5 5',
  bell: 'M6.500 16.500V11a5.500 5.500 0 0111 0v5.500l1.500 1.500H5zM10.500 20.500h3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

const PHASES: Record<string, IconName | undefined> = { Succeeded: 'check', Failed: 'cross', Error: 'cross', Running: 'again', Suspended: 'pause', Planned: 'clock' };

/** The round sign of a phase; `title` names it. */
export function PhaseIcon({ phase }: { phase: string | undefined }): JSX.Element {
  const name = phase === undefined || phase === '' ? 'Pending' : phase;
  const icon = PHASES[name];
  return (
    <span class={`phase phase-${name}`} role="img" aria-label={name} title={name}>
      {icon !== undefined && <Icon name={icon} />}
    </span>
  );
}

export function phaseIconPath(phase: string): string {
  return iconPath(PHASES[phase]);
}

export function iconPath(icon: IconName | undefined): string {
  return icon === undefined ? '' : PATHS[icon];
}
