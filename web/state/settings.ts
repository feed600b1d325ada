import { effect, signal } from '@preact/signals';
import { z } from 'zod';

const Settings = z.object({
  /** `system` follows the machine. */
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  screenReader: z.boolean().default(false),
  fontSize: z.number().min(10).max(24).default(14),
  /** Width of the step's pane in percent. */
  split: z.number().min(25).max(75).default(44),
  /** Height of the editor above the terminals in percent. */
  editorSplit: z.number().min(15).max(85).default(55),
  /** Height of the upper of two terminals in percent of what the terminals have. */
  terminalSplit: z.number().min(15).max(85).default(50),
  /** Width of the editor's tree in percent. */
  treeSplit: z.number().min(10).max(60).default(26),
  /** Language of the pages and of the checks' words, where a scenario has several. */
  language: z.string().max(35).optional(),
});
export type Settings = z.infer<typeof Settings>;

const KEY = 'argo-lab.settings';

export function readSettings(stored: string | null): Settings {
  try {
    const parsed = Settings.safeParse(JSON.parse(stored ?? '{}'));
    return parsed.success ? parsed.data : Settings.parse({});
  } catch {
    return Settings.parse({});
  }
}

/** What this learner likes, kept in this browser. */
export const settings = signal<Settings>(Settings.parse({}));

export function changeSettings(change: Partial<Settings>): void {
  settings.value = { ...settings.value, ...change };
}

/** Reads the stored settings and keeps storage and the page's theme in step with them. */
export function startSettings(storage: Pick<Storage, 'getItem' | 'setItem'>, root: HTMLElement): () => void {
  settings.value = readSettings(storage.getItem(KEY));
  return effect(() => {
    storage.setItem(KEY, JSON.stringify(settings.value));
    if (settings.value.theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = settings.value.theme;
  });
}

/** The theme the button switches to, given what is shown now. */
export function otherTheme(shown: Settings['theme'], machineIsDark: boolean): 'light' | 'dark' {
  const dark = shown === 'dark' || (shown === 'system' && machineIsDark);
  return dark ? 'light' : 'dark';
}
