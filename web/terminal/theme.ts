import type { ITheme } from '@xterm/xterm';

export const FONT_FAMILY = 'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** One palette for both themes of the page; every colour keeps 4.5:1 on the background. */
export const THEME: ITheme = {
  background: '#10171f',
  foreground: '#dce4ec',
  cursor: '#5eead4',
  cursorAccent: '#10171f',
  selectionBackground: '#2f5d6b',
  black: '#7b8794',
  red: '#ff8a80',
  green: '#7ee2a8',
  yellow: '#ffd479',
  blue: '#8ab4ff',
  magenta: '#d9a5ff',
  cyan: '#6fe3e1',
  white: '#dce4ec',
  brightBlack: '#93a1b0',
  brightRed: '#ffa9a2',
  brightGreen: '#a4f0c3',
  brightYellow: '#ffe3a3',
  brightBlue: '#b0ccff',
  brightMagenta: '#e7c6ff',
  brightCyan: '#a0f1ef',
  brightWhite: '#ffffff',
};
