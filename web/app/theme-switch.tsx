import type { JSX } from 'preact';
import { changeSettings, otherTheme, settings } from '../state/settings.ts';
import { Icon } from './icons.tsx';

export function ThemeSwitch(): JSX.Element {
  const next = otherTheme(settings.value.theme, matchMedia('(prefers-color-scheme: dark)').matches);
  const label = next === 'dark' ? 'Switch to dark colours' : 'Switch to light colours';
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={() => changeSettings({ theme: next })}>
      <Icon name={next === 'dark' ? 'moon' : 'sun'} />
    </button>
  );
}
